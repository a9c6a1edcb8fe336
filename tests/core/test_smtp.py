from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.mail import EmailMessage

from crm.core.mail_backend import EmailBackend
from crm.core.oauth import OAuthClient
from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError, Stage, classify
from tests.smtp_server import SmtpServer, smtp_server

MAIL = b"Subject: Offer\n\n.dot\nlast"


def connect(port: int, **fields: Any) -> Connection:
    return Connection(Server("127.0.0.1", port, **{"timeout_seconds": 0.4, **fields}))


def send(connection: Connection, **arguments: Any) -> Any:
    return connection.send("a@x.test", ["b@y.test"], MAIL, **arguments)


def names(server: SmtpServer) -> list[str]:
    """What the client said after its greeting, in short: the verb, and whom a RCPT names."""
    said = [command.decode().lower() for command in server.commands]
    return [
        line.replace("@y.test>", "").replace("rcpt to:<", "rcpt ").split(" from:")[0]
        for line in said
    ][1:]


def test_several_mails_go_over_one_connection():
    with smtp_server() as server:
        with connect(server.port) as connection:
            results = [send(connection).outcome for _ in range(3)]
        assert results == [SendOutcome.ACCEPTED] * 3
        assert server.commands.count(b"data") == 3
        assert sum(command.lower().startswith(b"ehlo") for command in server.commands) == 1
        assert server.accepted[0] == b"Subject: Offer\r\n\r\n..dot\r\nlast\r\n"


def test_before_data_is_called_once_before_data():
    with smtp_server() as server, connect(server.port) as connection:
        seen: list[list[str]] = []

        def look() -> bool:
            seen.append(names(server))
            return True

        connection.send("a@x.test", ["b@y.test", "c@y.test"], MAIL, before_data=look)
        assert len(seen) == 1
        assert seen[0] == ["mail", "rcpt b", "rcpt c"]


@pytest.mark.parametrize(
    ("fault", "first", "second"),
    [
        (550, SendOutcome.REFUSED, SendOutcome.ACCEPTED),
        (450, SendOutcome.TRY_LATER, SendOutcome.ACCEPTED),
        (199, SendOutcome.UNKNOWN, SendOutcome.ACCEPTED),
        (421, SendOutcome.TRY_LATER, SendOutcome.TRY_LATER),
        ("reset", SendOutcome.UNKNOWN, SendOutcome.TRY_LATER),
        ("half a line", SendOutcome.UNKNOWN, SendOutcome.TRY_LATER),
    ],
)
def test_a_fault_at_the_final_dot_says_nothing_about_the_next_mail(
    fault: int | str, first: SendOutcome, second: SendOutcome
):
    with (
        smtp_server({"final dot 1": fault}) as server,
        connect(server.port) as connection,
    ):
        assert send(connection).outcome is first
        assert send(connection).outcome is second
        assert len(server.accepted) == (second is SendOutcome.ACCEPTED)


def test_a_withheld_mail_is_not_sent_and_the_next_one_is():
    with smtp_server() as server, connect(server.port) as connection:
        assert send(connection, before_data=lambda: False).outcome is SendOutcome.WITHHELD
        assert send(connection).outcome is SendOutcome.ACCEPTED
        assert len(server.accepted) == 1


NO_MAILBOX = {"RCPT": b"550 5.1.1 No such user\r\n"}


def test_before_data_is_not_asked_about_a_recipient_that_is_refused():
    with smtp_server(NO_MAILBOX) as server, connect(server.port) as connection:
        result = send(connection, before_data=lambda: pytest.fail("asked"))
        assert (result.outcome, result.is_bad_address, result.is_about_us) == (
            SendOutcome.REFUSED,
            True,
            False,
        )
        assert b"data" not in server.commands
        assert connection.is_open


@pytest.mark.parametrize("error", [OSError("the disk"), ValueError("a value"), KeyboardInterrupt()])
def test_what_before_data_raises_comes_out_and_nothing_is_sent(error: BaseException):
    def fail() -> bool:
        raise error

    with smtp_server() as server, connect(server.port) as connection:
        with pytest.raises(type(error)):
            send(connection, before_data=fail)
        assert not connection.is_open
        assert (server.accepted, b"data" in server.commands) == ([], False)


def test_a_line_that_breaks_before_the_last_recipient_was_named_is_no_decision():
    with smtp_server({"MAIL": "reset"}) as server, connect(server.port) as connection:
        result = send(connection, before_data=lambda: pytest.fail("asked"))
        assert (result.outcome, result.stage, result.code) == (SendOutcome.TRY_LATER, Stage.MAIL, 0)


def test_half_a_success_is_no_success():
    with smtp_server({"final dot": "half a line"}) as server, connect(server.port) as connection:
        assert send(connection).outcome is SendOutcome.UNKNOWN
        assert not connection.is_open


def test_a_reply_of_many_lines_is_one_reply():
    with (
        smtp_server({"final dot": b"250-kept\r\n250 as 17\r\n"}) as server,
        connect(server.port) as connection,
    ):
        assert send(connection).reply_text == "kept\nas 17"


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<x@y.test>", "ü@y.test"])
def test_an_address_that_cannot_be_sent_is_refused_and_harms_no_other(address: str):
    with smtp_server() as server, connect(server.port) as connection:
        assert connection.send("a@x.test", [address], MAIL).outcome is SendOutcome.REFUSED
        assert send(connection).outcome is SendOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("stage", "code", "outcome"),
    [
        (Stage.DATA, 354, SendOutcome.ACCEPTED),
        (Stage.DATA, 250, SendOutcome.UNKNOWN),
        (Stage.FINAL_DOT, 250, SendOutcome.ACCEPTED),
        (Stage.FINAL_DOT, 0, SendOutcome.UNKNOWN),
        (Stage.MAIL, 0, SendOutcome.TRY_LATER),
        (Stage.RCPT, 251, SendOutcome.ACCEPTED),
        (Stage.RCPT, 552, SendOutcome.TRY_LATER),
        (Stage.FINAL_DOT, 552, SendOutcome.REFUSED),
        (Stage.MAIL, 530, SendOutcome.TRY_LATER),
        (Stage.MAIL, 199, SendOutcome.TRY_LATER),
    ],
)
def test_a_reply_means(stage: Stage, code: int, outcome: SendOutcome):
    assert classify(stage, code) is outcome


def test_a_closed_port_is_said_to_be_unavailable():
    with smtp_server() as server:
        port = server.port
    with pytest.raises(SmtpUnavailableError) as caught:
        connect(port).open()
    assert caught.value.stage is Stage.CONNECT


@dataclass
class TokenService:
    """Hands out T1, T2 and so on; with another status than 200 it repeats what it was asked."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    status: int = 200

    @property
    def newest(self) -> str:
        return f"T{len(self.requests)}"


@pytest.fixture
def tokens() -> Iterator[TokenService]:
    """A token service over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.requests.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(service.status)
            self.end_headers()
            answer = json.dumps({"access_token": service.newest, "expires_in": 3600}).encode()
            self.wfile.write(answer if service.status == 200 else service.requests[-1])

        def log_message(self, *_arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        service = TokenService(f"http://127.0.0.1:{http.server_port}/token")
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield service
        http.shutdown()
        thread.join()


def test_it_logs_in_with_a_token_and_keeps_it(tokens: TokenService):
    oauth = OAuthClient(tokens.url, "id", "secret")
    with smtp_server() as server:
        for _ in range(2):
            with connect(server.port, user="box@x.test", oauth=oauth) as connection:
                assert send(connection).outcome is SendOutcome.ACCEPTED
        [said, _again] = [command for command in server.commands if command.startswith(b"AUTH")]
    assert base64.b64decode(said.split()[2]) == b"user=box@x.test\x01auth=Bearer T1\x01\x01"
    assert len(tokens.requests) == 1
    assert b"grant_type=client_credentials" in tokens.requests[0]


def is_good(command: bytes, tokens: TokenService) -> bool:
    """What Exchange Online does with the XOAUTH2 string: is it this mailbox with the token that is
    valid now?
    """
    said = base64.b64decode(command.split()[2]) if command.startswith(b"AUTH XOAUTH2 ") else b""
    return said == f"user=box@x.test\x01auth=Bearer {tokens.newest}\x01\x01".encode()


class ExpiringScript(dict[str, Any]):
    """Takes a log-in only with the newest token; else 334 with the reason, and 535 after the empty
    line.
    """

    def __init__(self, tokens: TokenService, server: SmtpServer) -> None:
        super().__init__()
        self.tokens, self.server = tokens, server

    def get(self, key: str, default: Any = None) -> Any:
        if key != "AUTH" or is_good(self.server.commands[-1], self.tokens):
            return default
        return b"535 5.7.3 Authentication unsuccessful\r\n"


def test_an_expired_token_is_renewed_once_within_the_log_in(tokens: TokenService):
    oauth = OAuthClient(tokens.url, "expiring", "secret")
    with smtp_server() as server:
        server.script = ExpiringScript(tokens, server)
        with connect(server.port, user="box@x.test", oauth=oauth) as connection:
            assert send(connection).outcome is SendOutcome.ACCEPTED
        tokens.requests.append(b"another client got a token: ours is revoked")
        with connect(server.port, user="box@x.test", oauth=oauth) as connection:
            assert send(connection).outcome is SendOutcome.ACCEPTED
    assert (len(server.accepted), tokens.newest) == (2, "T3")


def test_a_log_in_that_stays_refused_asks_for_a_fresh_token_each_time_but_only_once(
    tokens: TokenService,
):
    oauth = OAuthClient(tokens.url, "other", "secret")
    with smtp_server({"AUTH": 535}) as server:
        for _ in range(2):
            with pytest.raises(SmtpUnavailableError) as caught:
                connect(server.port, user="box@x.test", oauth=oauth).open()
            assert (caught.value.stage, caught.value.code) == (Stage.AUTH, 535)
    assert len(tokens.requests) == 2


def test_no_secret_stands_in_a_log_or_an_error(
    tokens: TokenService, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    tokens.status = 400
    server = Server(
        "127.0.0.1",
        25,
        password="p4ssw0rd",
        oauth=OAuthClient(tokens.url, "fourth", "s3cret-of-ours"),
    )
    with smtp_server() as smtp, pytest.raises(SmtpUnavailableError) as caught:
        connect(smtp.port, user="box@x.test", oauth=server.oauth).open()
    assert b"s3cret-of-ours" in tokens.requests[0]
    for text in (str(caught.value), caplog.text, repr(server)):
        assert "s3cret-of-ours" not in text
        assert "p4ssw0rd" not in text


def test_a_token_service_that_refuses_stops_before_the_log_in(tokens: TokenService):
    tokens.status = 401
    with smtp_server() as server, pytest.raises(SmtpUnavailableError, match="401"):
        connect(
            server.port, user="box@x.test", oauth=OAuthClient(tokens.url, "third", "secret")
        ).open()


def test_a_token_is_only_asked_for_over_https():
    with smtp_server() as server, pytest.raises(SmtpUnavailableError, match="https"):
        connect(
            server.port, user="u", oauth=OAuthClient("http://login.test/token", "id", "secret")
        ).open()


def test_djangos_mails_go_the_same_way(settings: Any):
    with smtp_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        mail = EmailMessage("Grüße", "Text", "A <a@x.test>", ["B <b@y.test>", "c@y.test"])
        assert EmailBackend().send_messages([mail]) == 1
    assert server.commands.count(b"rcpt TO:<c@y.test>") == 1
    assert len(server.accepted) == 1


def test_a_refused_notice_is_an_error_unless_it_may_fail(settings: Any):
    with smtp_server({"RCPT": 550}) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        mail = EmailMessage("S", "T", "a@x.test", ["b@y.test"])
        assert EmailBackend(fail_silently=True).send_messages([mail]) == 0
        with pytest.raises(SmtpUnavailableError):
            EmailBackend().send_messages([mail])
