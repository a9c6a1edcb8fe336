"""A local mail server that delivers nothing: each mail becomes an .eml file.

`python -m crm.demo.smtp_server PORT FOLDER`
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

# Addresses that the demo's mail server does not know, so that a refusal can be seen.
UNKNOWN = "unbekannt"


class MailWriter:
    """Writes each mail under its own date, its recipient and a running number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count(1)

    async def handle_RCPT(  # noqa: N802  (the name aiosmtpd calls)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(UNKNOWN):
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        date = message_from_bytes(content)["Date"]
        stamp = f"{parsedate_to_datetime(date):%Y-%m-%d %H%M%S}" if date else "undated"
        recipient = re.sub(r"[^\w@.+-]", "_", ", ".join(envelope.rcpt_tos))[:100]
        path = self.folder / f"{stamp} {recipient}.eml"
        while path.exists():
            path = self.folder / f"{stamp} {recipient} {next(self.numbers)}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.rename(path)
        return "250 2.0.0 Stored"


async def serve(port: int, folder: Path) -> None:
    """Receive mails on the loopback interface until SIGTERM or Ctrl-C."""
    folder.mkdir(parents=True, exist_ok=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    writer = MailWriter(folder)
    server = await loop.create_server(lambda: SMTP(writer, enable_SMTPUTF8=True), "127.0.0.1", port)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
