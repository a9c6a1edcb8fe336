"""The calls of an office to its VPS as they went over the line: recorded by a proxy, and played
back.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

# What differs each time, or tells the release itself.
PASSING = {"server_time", "version", "last_pull_at"}


@dataclass(frozen=True)
class Exchange:
    """One call and its answer. `headers` are those of the request that say how to read its body."""

    method: str
    path: str
    headers: dict[str, str]
    request: Any
    status: int
    response: Any

    @property
    def call(self) -> tuple[str, str, bool]:
        """What was asked for: an office of another release may ask with other parameters."""
        address = urlsplit(self.path)
        return self.method, address.path, "since" in parse_qs(address.query)

    def repeat(self, url: str, key: str) -> requests.Response:
        """Send the same request again, byte for byte as to its form."""
        body = None if self.request is None else json.dumps(self.request).encode()
        if body is not None and self.headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body)
        headers = {**self.headers, "Authorization": f"Api-Key {key}"}
        return requests.request(
            self.method, f"{url}{self.path}", data=body, headers=headers, timeout=30
        )


Answer = Callable[["_Handler", bytes], tuple[int, bytes]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer: Answer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, content = type(self).answer(self, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_PUT = do_POST = do_GET  # noqa: N815 - names of the base class

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def _serve(answer: Answer) -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def recorded(url: str, exchanges: list[Exchange]) -> Iterator[str]:
    """Yield the address of a proxy to `url` that notes every exchange."""

    def pass_on(handler: _Handler, body: bytes) -> tuple[int, bytes]:
        kept = {
            name: handler.headers[name]
            for name in ("Content-Type", "Content-Encoding")
            if handler.headers[name]
        }
        key = {"Authorization": handler.headers["Authorization"]}
        reply = requests.request(
            handler.command,
            f"{url}{handler.path}",
            data=body or None,
            headers={**kept, **key},
            timeout=30,
        )
        plain = gzip.decompress(body) if kept.get("Content-Encoding") == "gzip" else body
        request = json.loads(plain) if plain else None
        exchanges.append(
            Exchange(handler.command, handler.path, kept, request, reply.status_code, reply.json())
        )
        return reply.status_code, reply.content

    with _serve(pass_on) as address:
        yield address


@contextmanager
def played_back(exchanges: list[Exchange], seen: list[tuple[str, str, Any]]) -> Iterator[str]:
    """Yield the address of a VPS that answers as it did then; what else it is asked, it does not
    know.

    Notes in `seen` what it was asked: method, path and content.
    """
    answers: dict[tuple[str, str, bool], list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        answers[exchange.call].append(exchange)

    def answer(handler: _Handler, body: bytes) -> tuple[int, bytes]:
        plain = gzip.decompress(body) if handler.headers.get("Content-Encoding") == "gzip" else body
        asked = Exchange(
            handler.command, handler.path, {}, json.loads(plain) if plain else None, 0, None
        )
        seen.append((asked.method, urlsplit(asked.path).path, asked.request))
        known = answers[asked.call]
        if not known:
            return 404, b'{"error": "not_found", "detail": "There is nothing here."}'
        # The last answer, such as an empty list, is also the answer to every later question.
        reply = known.pop(0) if len(known) > 1 else known[0]
        return reply.status, json.dumps(reply.response).encode()

    with _serve(answer) as address:
        yield address


def find_breaches(old: Any, new: Any, place: str = "answer") -> list[str]:
    """Return in sentences where an answer lacks or changes what it had in the older release. More
    is no breach.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        lost = [f"{place} has lost {key}." for key in old if key not in new]
        kept = [key for key in old if key in new and key not in PASSING]
        return lost + [
            breach for key in kept for breach in find_breaches(old[key], new[key], f"{place}.{key}")
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [
            breach
            for number, (was, is_) in pairs
            for breach in find_breaches(was, is_, f"{place}[{number}]")
        ]
    return [] if old == new else [f"{place} was {old!r} and is {new!r}."]
