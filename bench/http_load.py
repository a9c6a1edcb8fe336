"""A load generator on bare sockets: one request per connection, as nginx sends them to a sync
worker.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What came of a run: requests per second, latencies in seconds (sorted), how often which
    status came.
    """

    per_second: float
    latencies: list[float]
    statuses: dict[int, int]

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that this share of the requests stays under."""
        return 1000 * self.latencies[min(int(share * len(self.latencies)), len(self.latencies) - 1)]


def run(
    port: int, requests: list[bytes], *, clients: int = 4, per_second: float | None = None
) -> Load:
    """Send the requests from several client processes; as fast as they go, or at a fixed rate."""
    shares = [requests[number::clients] for number in range(clients)]
    interval = clients / per_second if per_second else 0.0
    start = time.time() + 0.3
    with ProcessPoolExecutor(clients) as pool:
        results = list(
            pool.map(_send, [port] * clients, shares, [interval] * clients, [start] * clients)
        )
    end = max(result[0] for result in results)
    statuses: dict[int, int] = {}
    for _, _, codes in results:
        for code in codes:
            statuses[code] = statuses.get(code, 0) + 1
    return Load(
        len(requests) / (end - start),
        sorted(one for result in results for one in result[1]),
        statuses,
    )


def _send(
    port: int, requests: list[bytes], interval: float, start: float
) -> tuple[float, list[float], list[int]]:
    latencies, codes = [], []
    time.sleep(max(start - time.time(), 0))
    for number, request in enumerate(requests):
        due = start + number * interval
        if interval:
            time.sleep(max(due - time.time(), 0))
        # At a fixed rate latency counts from when the request was due, so that a stall is not
        # hidden.
        began = due if interval else time.time()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request)
            response = connection.recv(65536)
            codes.append(int(response[9:12]))
            while connection.recv(65536):
                pass
        latencies.append(time.time() - began)
    return time.time(), latencies, codes


def get(path: str) -> bytes:
    """The bytes of a GET as a browser sends it through nginx."""
    return f"GET {path} HTTP/1.1\r\n{HEADERS}\r\n".encode()


def post(path: str, body: str) -> bytes:
    """The bytes of a POST of a form."""
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return f"POST {path} HTTP/1.1\r\n{HEADERS}{kind}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


HEADERS = (
    "Host: 127.0.0.1\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: de,en;q=0.5\r\nAccept-Encoding: gzip, br\r\n"
)
