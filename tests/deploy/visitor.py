"""Visitors of the public service, run inside the customers' network: `python -m tests.deploy.visitor
WHAT NAME CA`.

Prints what they saw as JSON; `answer` takes a link as a further argument. They come from the addresses 10.77.3.2 and
10.77.3.10 to 10.77.3.59.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

VPS = ("10.77.2.2", 443)
MANY = [f"10.77.3.{last}" for last in range(10, 60)]
SPOOFED = [
    "X-Real-IP",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "Forwarded",
    "X-Client-IP",
    "True-Client-IP",
]
SPOOFED += [
    "CF-Connecting-IP",
    "X-Originating-IP",
    "X-Remote-Addr",
    "X-Cluster-Client-IP",
    "Client-IP",
    "X_Real_IP",
]
UNKNOWN = "/feedback/7d7e3f5a-93ab-4d20-a1c5-8f3f3c0a1b2d"


def connect(name: str, ca: str, source: str = "10.77.3.2") -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=ca)
    raw = socket.create_connection(VPS, timeout=30, source_address=(source, 0))
    return context.wrap_socket(raw, server_hostname=name)


def ask(
    name: str,
    ca: str,
    request: str,
    headers: str = "",
    *,
    body: str = "",
    source: str = "10.77.3.2",
) -> str:
    """Send one request (`GET /path`) over a connection of its own and return the whole answer."""
    if body:
        headers += (
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        )
    with connect(name, ca, source) as line:
        head = f"{request} HTTP/1.1\r\nHost: {name}\r\nAccept-Language: de\r\nUser-Agent: Mozilla/5.0 Firefox/140.0\r\n"
        line.sendall(f"{head}Connection: close\r\n{headers}\r\n{body}".encode())
        answer = b""
        while part := line.recv(65536):
            answer += part
    return answer.decode(errors="replace")


def get(
    name: str, ca: str, path: str, headers: str = "", source: str = "10.77.3.2"
) -> tuple[int, str]:
    """Return status and head of one GET."""
    head = ask(name, ca, f"GET {path}", headers, source=source).partition("\r\n\r\n")[0]
    return int(head.split()[1]), head


def answer(name: str, ca: str, link: str) -> object:
    """Open the form, read it, decline for the price; return the status of the thanks."""
    path = urlsplit(link).path
    stamp = re.search(r'name="stamp" value="([^"]+)"', ask(name, ca, f"GET {path}"))
    assert stamp is not None
    time.sleep(4.1)  # whoever is faster is taken for a robot
    body = urlencode(
        {"stamp": stamp.group(1), "website": "", "answer": "declined", "reason": "price"}
    )
    return int(ask(name, ca, f"POST {path}", body=body).split()[1])


def spoof(name: str, ca: str) -> object:
    """Claim another address in every header there is, until the product says 429; return after how
    many pages.
    """
    for number in range(200):
        address = f"198.51.{number}.7"
        headers = "".join(f"{header}: {address}\r\n" for header in SPOOFED)
        status, head = get(name, ca, UNKNOWN, headers)
        # nginx limits too, but only the product says when to come again.
        if status == 429 and "retry-after" in head.lower():
            return number
        time.sleep(0.1)
    return None


class SlowConnections:
    """Connections that send a byte a second: in the handshake, in the head or in the body of a
    request. Closed ones are opened again, until `stop`.
    """

    def __init__(self, name: str, ca: str) -> None:
        self.name, self.ca, self.is_over = name, ca, threading.Event()
        self.open: set[int] = set()
        self.threads = [threading.Thread(target=self._hold, args=[number]) for number in range(200)]

    def start(self) -> None:
        """Return when each of them has been open."""
        for thread in self.threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(self.open) < len(self.threads):
            assert time.monotonic() < deadline, f"Only {len(self.open)} connections were taken."
            time.sleep(0.1)

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def _hold(self, number: int) -> None:
        source = MANY[number % len(MANY)]
        while not self.is_over.is_set():
            with suppress(OSError):
                if number % 3 == 0:
                    line = socket.create_connection(VPS, timeout=5, source_address=(source, 0))
                    content = b"\x16\x03\x01" + bytes(1000)
                else:
                    line = connect(self.name, self.ca, source)
                    content = b"X-Slow: " + b"x" * 1000
                with line:
                    if number % 3 == 1:
                        head = (
                            f"POST {UNKNOWN} HTTP/1.1\r\nHost: {self.name}\r\nContent-Length: 60000"
                        )
                        line.sendall(f"{head}\r\n\r\n".encode())
                    self._drip(line, content, number)
            self.is_over.wait(0.2)

    def _drip(self, line: socket.socket, content: bytes, number: int) -> None:
        for byte in content:
            line.sendall(bytes([byte]))
            self.open.add(number)
            if self.is_over.wait(1):
                return


def slow(name: str, ca: str) -> object:
    """Open the page while 200 slow connections are held; return the seconds that each page took
    and its status.
    """
    connections = SlowConnections(name, ca)
    connections.start()
    seen = []
    try:
        for number in range(100):
            start = time.perf_counter()
            status, _head = get(name, ca, UNKNOWN, source=MANY[number % len(MANY)])
            seen.append((time.perf_counter() - start, status))
    finally:
        connections.stop()
    return seen


if __name__ == "__main__":
    what = {"spoof": spoof, "slow": slow, "answer": answer}[sys.argv[1]]
    print(json.dumps(what(*sys.argv[2:])))
