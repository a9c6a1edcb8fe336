"""A bad line between the two machines: an HTTP proxy that loses, cuts, doubles and delays by a
seeded dice.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# What the issue asks for, in parts of all requests; the rest passes.
FAULTS = {
    "cut_before": 0.10,
    "cut_after": 0.10,
    "error": 0.10,
    "cut_json": 0.05,
    "doubled": 0.05,
    "delayed": 0.02,
}


class FaultProxy(ThreadingHTTPServer):
    """Relays to `upstream`; `seen` counts what was done to the requests."""

    daemon_threads = True

    def __init__(self, upstream: str, seed: int, faults: Mapping[str, float]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = urlsplit(upstream).netloc
        self.dice = random.Random(seed)
        self.faults = faults
        self.seen: Counter[str] = Counter()
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def throw(self) -> str:
        """Return the next fault, or `passed`."""
        names = [*self.faults, "passed"]
        weights = [*self.faults.values(), 1 - sum(self.faults.values())]
        fault = self.dice.choices(names, weights)[0]
        self.seen[fault] += 1
        return fault


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultProxy

    def relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.throw()
        if fault == "cut_before":
            self.close_connection = True
            return
        if fault == "error":
            self.reply(self.server.dice.choice([500, 502, 503, 504]), b"<html>Bad gateway</html>")
            return
        if fault == "delayed":
            time.sleep(0.3)
        status, answer = self.ask(body)
        if fault == "doubled":
            status, answer = self.ask(body)
        if fault == "cut_after":
            self.close_connection = True
            return
        if fault == "cut_json":
            self.cut(status, answer)
            return
        self.reply(status, answer)

    def ask(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=30)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name not in {"Host", "Accept-Encoding"}
        }
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def reply(self, status: int, body: bytes, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def cut(self, status: int, body: bytes) -> None:
        """Half of the answer: either the line breaks in its middle, or a careless middleman passes
        the half as all.
        """
        half = body[: len(body) // 2]
        is_line_broken = self.server.dice.random() < 0.5
        self.reply(status, half, length=len(body) if is_line_broken else None)
        self.close_connection = is_line_broken

    do_GET = do_PUT = do_POST = relay  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        """Quiet: the tests read `seen`."""


@contextmanager
def fault_proxy(
    upstream: str, *, seed: int, faults: Mapping[str, float] = FAULTS
) -> Iterator[FaultProxy]:
    """Run the proxy in a thread and stop it at the end."""
    proxy = FaultProxy(upstream, seed, faults)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
