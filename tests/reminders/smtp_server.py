"""A real SMTP server in a process of its own, which keeps every mail it accepted as one file.

`python -m tests.reminders.smtp_server PORT FOLDER`; the tests start it with `running_smtp`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.servers import free_port, stop, wait_for_port


@dataclass(frozen=True)
class Receiver:
    """Where the server listens and what it has accepted so far."""

    port: int
    folder: Path

    @property
    def mails(self) -> list[EmailMessage]:
        """All accepted mails, oldest first."""
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[misc]
            for path in sorted(
                self.folder.glob("*.eml"), key=lambda path: int(path.stem.partition("-")[0])
            )
        ]

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of every accepted mail, as often as it came."""
        found = []
        for path in self.folder.glob("*.eml"):
            head = path.read_bytes().partition(b"\r\n\r\n")[0]
            found += [
                line[11:].strip().decode()
                for line in head.split(b"\r\n")
                if line.startswith(b"Message-ID:")
            ]
        return found


class TakesGroups:
    """Says that it takes commands in groups (RFC 2920), as most mail servers do."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]


class Keeper(TakesGroups):
    """Writes each mail to a file before it says 250, as a mail server must."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.count += 1
        part = self.folder / f"{self.count}.part"
        part.write_bytes(
            b"X-Rcpt: " + ",".join(envelope.rcpt_tos).encode() + b"\r\n" + envelope.content
        )
        part.rename(self.folder / f"{self.count}-{os.getpid()}.eml")
        return "250 Kept"


async def serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="receiver.test", loop=loop), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


@contextmanager
def running_smtp(folder: Path) -> Iterator[Receiver]:
    """Start the server on a free port and stop it again."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.reminders.smtp_server", str(port), str(folder)]
    )
    try:
        wait_for_port(port, process)
        yield Receiver(port, folder)
    finally:
        stop(process)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
