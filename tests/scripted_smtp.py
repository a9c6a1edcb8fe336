"""An SMTP server that misbehaves at one stage, exactly as told."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

STAGES = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "final dot")
FAULTS = (421, 432, 450, 451, 452, 500, 535, 550, 552, 554, "timeout", "reset", "half a line")

_GOOD = {
    "connect": b"220 scripted.test ESMTP\r\n",
    "EHLO": b"250-scripted.test\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n",
    "AUTH": b"235 Welcome\r\n",
    "MAIL": b"250 Sender fine\r\n",
    "RCPT": b"250 Recipient fine\r\n",
    "DATA": b"354 Go on\r\n",
    "final dot": b"250 Kept\r\n",
}


@dataclass
class ScriptedServer:
    """Says what `script` says at a stage: a number or whole reply, or one of the faults; else all
    is well.

    `commands` is what clients said, `accepted` what they were promised to have delivered. A fault
    at "MAIL 2" concerns the second mail of a connection alone. With `takes_groups` it says that it
    takes commands in groups (RFC 2920).
    """

    script: dict[str, int | str | bytes] = field(default_factory=dict)
    commands: list[bytes] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    port: int = 0
    takes_groups: bool = False

    def serve(self, connection: socket.socket) -> None:
        """Talk to one client until it goes or the script throws it out."""
        with connection, connection.makefile("rb") as lines:
            if not self.say(connection, "connect"):
                return
            count = 0
            for line in lines:
                self.commands.append(line.strip())
                verb = line[:4].upper()
                if verb == b"MAIL":
                    count += 1
                stage = {
                    b"EHLO": "EHLO",
                    b"HELO": "EHLO",
                    b"AUTH": "AUTH",
                    b"MAIL": "MAIL",
                    b"RCPT": "RCPT",
                }.get(verb)
                if verb == b"DATA":
                    if not self.take_message(connection, lines, count):
                        return
                elif stage is None:
                    connection.sendall(b"221 Bye\r\n" if verb == b"QUIT" else b"250 Fine\r\n")
                elif not self.say(connection, stage, count):
                    return

    def take_message(self, connection: socket.socket, lines: IO[bytes], count: int) -> bool:
        """Play DATA and the final dot; False when the connection is over."""
        if not self.say(connection, "DATA", count):
            return False
        if self.reply("DATA", count)[:3] != b"354":
            return True
        message = b"".join(iter(lines.readline, b".\r\n"))
        if self.reply("final dot", count)[:1] == b"2":
            self.accepted.append(message)
        return self.say(connection, "final dot", count)

    def reply(self, stage: str, count: int = 0) -> bytes:
        """Return what is said at a stage, or the name of a fault."""
        told = self.script.get(f"{stage} {count}", self.script.get(stage))
        if told is None:
            return _GOOD[stage].replace(
                b"250 AUTH", b"250-PIPELINING\r\n250 AUTH" if self.takes_groups else b"250 AUTH"
            )
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
def scripted_smtp(
    script: dict[str, int | str | bytes] | None = None, *, takes_groups: bool = False
) -> Iterator[ScriptedServer]:
    """Start a server that follows the script, on a free port."""
    server = ScriptedServer(script or {}, takes_groups=takes_groups)
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        try:
            server.serve(connection)
        except OSError:  # the client is gone
            return

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threads.append(threading.Thread(target=talk, args=[connection], daemon=True))
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
