"""The mail server of the tests: it keeps what it takes, and misbehaves at one stage where told to.

`python -m tests.smtp_server PORT` serves alone and forgets the mails, for benchmarks.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import IO

STAGES = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "final dot")
FAULTS = (421, 432, 450, 451, 452, 500, 535, 550, 552, 554, "timeout", "reset", "half a line")

_GOOD = {
    "connect": b"220 mail.test ESMTP\r\n",
    "EHLO": b"250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n",
    "AUTH": b"235 Welcome\r\n",
    "MAIL": b"250 Sender fine\r\n",
    "RCPT": b"250 Recipient fine\r\n",
    "DATA": b"354 Go on\r\n",
    "final dot": b"250 Kept\r\n",
}
_STAGE_OF = {b"EHLO": "EHLO", b"HELO": "EHLO", b"AUTH": "AUTH", b"MAIL": "MAIL", b"RCPT": "RCPT"}


@dataclass
class SmtpServer:
    """Says what `script` says at a stage: a number or whole reply, or one of the faults; else all
    is well.

    A fault at "MAIL 2" concerns the second mail of a connection alone. `commands` is what clients
    said; `accepted` are the contents that they were promised to have delivered, as they came over
    the line, and `recipients` whom each of these mails went to.
    """

    script: dict[str, int | str | bytes] = field(default_factory=dict)
    commands: list[bytes] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    port: int = 0
    keeps: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def mails(self) -> list[EmailMessage]:
        """All accepted mails, oldest first."""
        contents = (re.sub(rb"(?m)^\.", b"", content) for content in self.accepted)
        return [message_from_bytes(content, policy=policy.default) for content in contents]  # type: ignore[misc]

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of every accepted mail, as often as it came."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    def to(self, address: str) -> list[EmailMessage]:
        """Return the accepted mails to somebody."""
        return [mail for mail in self.mails if address in str(mail["To"])]

    def clear(self) -> None:
        """Forget all that came, and behave."""
        for kept in (self.commands, self.accepted, self.recipients):
            kept.clear()
        self.script = {}

    def serve(self, connection: socket.socket) -> None:
        """Talk to one client until it goes or the script throws it out."""
        count, recipients = 0, []
        with connection, connection.makefile("rb") as lines:
            if not self.say(connection, "connect"):
                return
            for line in lines:
                if self.keeps:
                    self.commands.append(line.strip())
                verb = line[:4].upper()
                if verb == b"MAIL":
                    count, recipients = count + 1, []
                if verb == b"RCPT":
                    recipients.append(line.strip().decode().partition("<")[2].rstrip(">"))
                if verb == b"DATA":
                    if not self.take_message(connection, lines, count, recipients):
                        return
                elif verb in _STAGE_OF:
                    if not self.say(connection, _STAGE_OF[verb], count):
                        return
                else:
                    connection.sendall(b"221 Bye\r\n" if verb == b"QUIT" else b"250 Fine\r\n")

    def take_message(
        self, connection: socket.socket, lines: IO[bytes], count: int, recipients: list[str]
    ) -> bool:
        """Play DATA and the final dot; False when the connection is over."""
        if not self.say(connection, "DATA", count):
            return False
        if self.reply("DATA", count)[:3] != b"354":
            return True
        content = []
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False
            content.append(line)
        if self.keeps and self.reply("final dot", count)[:1] == b"2":
            with self.lock:
                self.accepted.append(b"".join(content))
                self.recipients.append(recipients)
        return self.say(connection, "final dot", count)

    def reply(self, stage: str, count: int = 0) -> bytes:
        """Return what is said at a stage, or the name of a fault."""
        told = self.script.get(f"{stage} {count}", self.script.get(stage))
        if told is None:
            return _GOOD[stage]
        if isinstance(told, int):
            return b"%d Told to say so\r\n" % told
        return told if isinstance(told, bytes) else told.encode()

    def say(self, connection: socket.socket, stage: str, count: int = 0) -> bool:
        """Say it; False when the connection is over."""
        reply = self.reply(stage, count)
        if reply == b"timeout":
            connection.settimeout(10)
            while connection.recv(4096):
                pass
            return False
        if reply == b"reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if reply == b"half a line":
            connection.sendall(_GOOD[stage][:5])
            return False
        connection.sendall(reply)
        return reply[:3] != b"421" and not (stage == "connect" and reply[:1] != b"2")


@contextmanager
def smtp_server(script: dict[str, int | str | bytes] | None = None) -> Iterator[SmtpServer]:
    """Start a server that follows the script, on a free port."""
    server = SmtpServer(script or {})
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    server.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threads.append(threading.Thread(target=_talk, args=[server, connection], daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


def _talk(server: SmtpServer, connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):  # the client is gone
        server.serve(connection)


def serve_forever(port: int) -> None:
    """Take all mails and forget them, in as many connections as come."""
    server = SmtpServer(keeps=False)
    with socket.create_server(("127.0.0.1", port), backlog=100) as listener:
        while True:
            connection, _address = listener.accept()
            threading.Thread(target=_talk, args=[server, connection], daemon=True).start()


if __name__ == "__main__":
    serve_forever(int(sys.argv[1]))
