from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from feedback.backoffice import api_client as module
from feedback.backoffice.api_client import ApiClient
from tests.feedback.fault_proxy import fault_proxy
from tests.public_service import API_KEY, PublicService, public_service
from tests.servers import free_port


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """A web server that always says the same, as a wrong address or a middleman would."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(url: str, key: str = API_KEY) -> object:
    with ApiClient(url, key) as client:
        return client.get_feedbacks()


def test_the_service_says_who_it_is(running_service: PublicService) -> None:
    with ApiClient(running_service.url, API_KEY) as client:
        assert client.get_status()["schema"] == 1


def test_a_wrong_key_is_told_with_the_name_of_the_setting(running_service: PublicService) -> None:
    with pytest.raises(module.SyncError, match="FEEDBACK_API_KEY"):
        ask(running_service.url, "wrong")


@pytest.mark.parametrize(
    ("key", "size", "error", "words"),
    [
        ("wrong", 4_000_000, module.SyncError, "FEEDBACK_API_KEY"),
        (API_KEY, 5_500_000, module.ContractError, "413"),
    ],
    ids=["wrong key", "too large"],
)
def test_a_page_that_is_refused_unread_is_told_with_its_reason(
    running_service: PublicService, key: str, size: int, error: type[Exception], words: str
) -> None:
    page = [
        {"card": random.Random(1).randbytes(size).hex()}
    ]  # each digit takes half a byte of gzip at the least
    with ApiClient(running_service.url, key) as client, pytest.raises(error, match=words):
        client.put_invitations(page)


def test_the_whole_body_of_a_refused_call_is_taken(running_service: PublicService) -> None:
    """Else nginx, still sending, may say 502 in the place of what is wrong. http.client sends all
    before it reads.
    """
    connection = HTTPConnection(running_service.url.removeprefix("http://"), timeout=20)
    with closing(connection):
        connection.request(
            "PUT", "/api/invitations", bytes(5_500_000), {"Authorization": "Api-Key wrong"}
        )
        assert connection.getresponse().status == 401


def test_a_password_in_netrc_does_not_replace_the_key(
    running_service: PublicService, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ask(running_service.url)


def test_a_wrong_network_is_told_with_the_name_of_the_setting(tmp_path: Any) -> None:
    with (
        public_service(tmp_path, FEEDBACK_API_ALLOWED_NETWORKS="10.0.0.0/8") as service,
        pytest.raises(module.SyncError, match="FEEDBACK_API_ALLOWED_NETWORKS"),
    ):
        ask(service.url)


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(module.UnreachableError, match=r"127\.0\.0\.1"):
        ask(f"http://127.0.0.1:{free_port()}")


def test_one_who_takes_the_call_and_says_nothing_is_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(module.UnreachableError):
        ask(f"http://127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"", module.UnreachableError),
        (503, b"<html>", module.UnreachableError),
        (200, b'{"feedbacks": [', module.UnreachableError),
        (200, b"<html>Welcome to nginx!</html>", module.UnreachableError),
        (200, b"[]", module.ContractError),
        (200, b"{}", module.ContractError),
        (
            200,
            b'{"feedbacks": 1, "remaining": 0, "server_time": "2026-11-16T12:00:00Z"}',
            module.ContractError,
        ),
        (404, b"", module.ContractError),
        (400, b'{"error": "bad_request", "detail": "limit: too large"}', module.ContractError),
        (413, b"", module.ContractError),
        (301, b"", module.ContractError),
        (429, b"", module.SyncError),
    ],
)
def test_each_failure_has_its_own_error(status: int, body: bytes, error: type[Exception]) -> None:
    with answering(status, body) as url, pytest.raises(error):
        ask(url)


def test_the_words_of_the_service_are_passed_on() -> None:
    with (
        answering(400, b'{"detail": "limit: too large"}') as url,
        pytest.raises(module.ContractError, match="too large"),
    ):
        ask(url)


def test_how_long_to_wait_is_told() -> None:
    with (
        answering(429, b"", Retry_After="37") as url,
        pytest.raises(module.SyncError, match="37"),
    ):
        ask(url)


def test_the_key_does_not_follow_a_redirect(running_service: PublicService) -> None:
    with (
        answering(302, b"", Location=running_service.url) as url,
        pytest.raises(module.ContractError),
    ):
        ask(url)


@pytest.mark.parametrize(
    ("url", "key"), [("", "key"), ("https://feedback.test", ""), ("feedback.test", "key")]
)
def test_a_missing_setting_is_named(url: str, key: str) -> None:
    with pytest.raises(module.SyncError, match="FEEDBACK_API_"):
        ask(url, key)


@pytest.mark.parametrize(
    "fault", ["cut_before", "cut_after", "error", "cut_json", "doubled", "delayed"]
)
def test_it_tries_again_after_every_fault_that_passes(
    running_service: PublicService, fault: str
) -> None:
    with fault_proxy(running_service.url, seed=1, faults={fault: 0.5}) as proxy:
        for _ in range(4):
            ask(proxy.url)
    assert proxy.seen[fault]


def test_all_calls_go_over_one_connection(running_service: PublicService) -> None:
    with (
        fault_proxy(running_service.url, seed=1, faults={}) as proxy,
        ApiClient(proxy.url, API_KEY) as client,
    ):
        for _ in range(3):
            client.get_feedbacks()
    assert (proxy.connections, proxy.seen["passed"]) == (1, 3)
