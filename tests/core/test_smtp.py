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
from crm.core.smtp import Connection, OAuth, Outcome, Server, SmtpUnavailableError, Stage, classify
from tests.scripted_smtp import ScriptedServer, scripted_smtp

MAIL = b"Subject: Offer\n\n.dot\nlast"


def connect(port: int, **fields: Any) -> Connection:
    return Connection(Server("127.0.0.1", port, **{"timeout_seconds": 0.4, **fields}))


def send(connection: Connection, **arguments: Any) -> Any:
    return connection.send("a@x.test", ["b@y.test"], MAIL, **arguments)


GROUPS = pytest.mark.parametrize("takes_groups", [False, True], ids=["one by one", "in groups"])


def names(server: ScriptedServer) -> list[str]:
    """What the client said after its greeting, in short: the verb, and whom a RCPT names."""
    said = [command.decode().lower() for command in server.commands]
    return [
        line.replace("@y.test>", "").replace("rcpt to:<", "rcpt ").split(" from:")[0]
        for line in said
    ][1:]


@GROUPS
def test_several_mails_go_over_one_connection(takes_groups: bool):
    with scripted_smtp(takes_groups=takes_groups) as server:
        with connect(server.port) as connection:
            results = [send(connection).outcome for _ in range(3)]
        assert results == [Outcome.ACCEPTED] * 3
        assert server.commands.count(b"data") == 3
        assert sum(command.lower().startswith(b"ehlo") for command in server.commands) == 1
        assert server.accepted[0] == b"Subject: Offer\r\n\r\n..dot\r\nlast\r\n"


@GROUPS
def test_before_data_is_called_once_before_data(takes_groups: bool):
    with scripted_smtp(takes_groups=takes_groups) as server, connect(server.port) as connection:
        seen: list[list[str]] = []

        def look() -> bool:
            seen.append(names(server))
            return True

        connection.send("a@x.test", ["b@y.test", "c@y.test"], MAIL, before_data=look)
        assert len(seen) == 1
        assert "data" not in seen[0]
        # Of what is sent together the server may not have read anything yet.
        assert takes_groups or seen[0][:2] == ["mail", "rcpt b"]


def test_a_server_that_takes_groups_hears_of_the_next_mail_behind_the_content():
    with scripted_smtp(takes_groups=True) as server, connect(server.port) as connection:
        send(connection, upcoming=["c@y.test"])
        assert connection.send("a@x.test", ["c@y.test"], MAIL).outcome is Outcome.ACCEPTED
        assert names(server) == ["mail", "rcpt b", "data", "mail", "rcpt c", "data"]
        assert len(server.accepted) == 2


def test_other_servers_hear_of_one_mail_after_the_other():
    with scripted_smtp() as server, connect(server.port) as connection:
        assert send(connection, upcoming=["c@y.test"]).outcome is Outcome.ACCEPTED
        assert names(server) == ["mail", "rcpt b", "data"]


def test_what_was_named_and_does_not_come_is_taken_back():
    with scripted_smtp(takes_groups=True) as server:
        with connect(server.port) as connection:
            send(connection, upcoming=["c@y.test"])
            assert send(connection, upcoming=["c@y.test"]).outcome is Outcome.ACCEPTED
        expected = "mail, rcpt b, data, mail, rcpt c, rset, mail, rcpt b, data, mail, rcpt c, quit"
        assert ", ".join(names(server)) == expected
    assert len(server.accepted) == 2


def test_an_address_that_cannot_be_sent_is_not_named_early():
    with scripted_smtp(takes_groups=True) as server, connect(server.port) as connection:
        send(connection, upcoming=["c\r\nDATA@y.test"])
        assert names(server) == ["mail", "rcpt b", "data"]


def test_a_mail_that_was_named_early_may_be_withheld_or_refused_and_the_next_one_goes():
    with scripted_smtp({"RCPT 3": b"550 5.1.1 No such user\r\n"}, takes_groups=True) as server:
        with connect(server.port) as connection:
            outcomes = [
                send(
                    connection, before_data=lambda number=number: number != 1, upcoming=["b@y.test"]
                ).outcome
                for number in range(4)
            ]
        assert outcomes == [Outcome.ACCEPTED, Outcome.WITHHELD, Outcome.REFUSED, Outcome.ACCEPTED]
        assert len(server.accepted) == 2


@pytest.mark.parametrize(
    ("fault", "first", "second"),
    [
        (550, Outcome.REFUSED, Outcome.ACCEPTED),
        (450, Outcome.TRY_LATER, Outcome.ACCEPTED),
        (199, Outcome.UNKNOWN, Outcome.ACCEPTED),
        (421, Outcome.TRY_LATER, Outcome.TRY_LATER),
        ("reset", Outcome.UNKNOWN, Outcome.TRY_LATER),
        ("half a line", Outcome.UNKNOWN, Outcome.TRY_LATER),
    ],
)
def test_a_fault_at_the_final_dot_is_not_taken_for_an_answer_about_the_next_mail(
    fault: int | str, first: Outcome, second: Outcome
):
    with (
        scripted_smtp({"final dot 1": fault}, takes_groups=True) as server,
        connect(server.port) as connection,
    ):
        assert send(connection, upcoming=["b@y.test"]).outcome is first
        assert send(connection).outcome is second
        assert len(server.accepted) == (second is Outcome.ACCEPTED)


def test_work_goes_on_until_the_server_has_answered():
    done: list[Stage] = []

    def work(stage: Stage) -> bool:
        done.append(stage)
        return True

    with (
        scripted_smtp() as server,
        Connection(Server("127.0.0.1", server.port), work) as connection,
    ):
        assert send(connection).outcome is Outcome.ACCEPTED
    assert list(dict.fromkeys(done)) == [Stage.DATA, Stage.FINAL_DOT], (
        "the waits before are for `before_data`"
    )


@GROUPS
def test_a_withheld_mail_is_not_sent_and_the_next_one_is(takes_groups: bool):
    with scripted_smtp(takes_groups=takes_groups) as server, connect(server.port) as connection:
        assert send(connection, before_data=lambda: False).outcome is Outcome.WITHHELD
        assert send(connection).outcome is Outcome.ACCEPTED
        assert len(server.accepted) == 1


NO_MAILBOX = {"RCPT": b"550 5.1.1 No such user\r\n"}


@GROUPS
def test_a_recipient_may_be_refused_after_before_data_said_yes(takes_groups: bool):
    with (
        scripted_smtp(NO_MAILBOX, takes_groups=takes_groups) as server,
        connect(server.port) as connection,
    ):
        result = send(connection, before_data=lambda: True)
        assert (result.outcome, result.is_bad_address, result.is_about_us) == (
            Outcome.REFUSED,
            True,
            False,
        )
        assert b"data" not in server.commands


@GROUPS
def test_what_before_data_refused_is_withheld_whatever_the_server_says(takes_groups: bool):
    with (
        scripted_smtp(NO_MAILBOX, takes_groups=takes_groups) as server,
        connect(server.port) as connection,
    ):
        assert send(connection, before_data=lambda: False).outcome is Outcome.WITHHELD
        assert connection.is_open


@GROUPS
@pytest.mark.parametrize("error", [OSError("the disk"), ValueError("a value"), KeyboardInterrupt()])
def test_what_before_data_raises_comes_out_and_nothing_is_sent(
    error: BaseException, takes_groups: bool
):
    def fail() -> bool:
        raise error

    with scripted_smtp(takes_groups=takes_groups) as server, connect(server.port) as connection:
        with pytest.raises(type(error)):
            send(connection, before_data=fail)
        assert not connection.is_open
        assert (server.accepted, b"data" in server.commands) == ([], False)


def test_a_line_that_breaks_before_the_last_recipient_was_named_is_no_decision():
    with scripted_smtp({"MAIL": "reset"}) as server, connect(server.port) as connection:
        result = send(connection, before_data=lambda: pytest.fail("asked"))
        assert (result.outcome, result.stage, result.code) == (Outcome.TRY_LATER, Stage.MAIL, 0)


def test_half_a_success_is_no_success():
    with scripted_smtp({"final dot": "half a line"}) as server, connect(server.port) as connection:
        assert send(connection).outcome is Outcome.UNKNOWN
        assert not connection.is_open


def test_a_reply_of_many_lines_is_one_reply():
    with (
        scripted_smtp({"final dot": b"250-kept\r\n250 as 17\r\n"}) as server,
        connect(server.port) as connection,
    ):
        assert send(connection).words == "kept\nas 17"


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<x@y.test>", "ü@y.test"])
def test_an_address_that_cannot_be_sent_is_refused_and_harms_no_other(address: str):
    with scripted_smtp() as server, connect(server.port) as connection:
        assert connection.send("a@x.test", [address], MAIL).outcome is Outcome.REFUSED
        assert send(connection).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("stage", "code", "outcome"),
    [
        (Stage.DATA, 354, Outcome.ACCEPTED),
        (Stage.DATA, 250, Outcome.UNKNOWN),
        (Stage.FINAL_DOT, 250, Outcome.ACCEPTED),
        (Stage.FINAL_DOT, 0, Outcome.UNKNOWN),
        (Stage.MAIL, 0, Outcome.TRY_LATER),
        (Stage.RCPT, 251, Outcome.ACCEPTED),
        (Stage.RCPT, 552, Outcome.TRY_LATER),
        (Stage.FINAL_DOT, 552, Outcome.REFUSED),
        (Stage.MAIL, 530, Outcome.TRY_LATER),
        (Stage.MAIL, 199, Outcome.TRY_LATER),
    ],
)
def test_a_reply_means(stage: Stage, code: int, outcome: Outcome):
    assert classify(stage, code) is outcome


def test_a_closed_port_is_said_to_be_unavailable():
    with scripted_smtp() as server:
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
    oauth = OAuth(tokens.url, "id", "secret")
    with scripted_smtp() as server:
        for _ in range(2):
            with connect(server.port, user="box@x.test", oauth=oauth) as connection:
                assert send(connection).outcome is Outcome.ACCEPTED
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

    def __init__(self, tokens: TokenService, server: ScriptedServer) -> None:
        super().__init__()
        self.tokens, self.server = tokens, server

    def get(self, key: str, default: Any = None) -> Any:
        if key != "AUTH" or is_good(self.server.commands[-1], self.tokens):
            return default
        return b"535 5.7.3 Authentication unsuccessful\r\n"


def test_an_expired_token_is_renewed_once_within_the_log_in(tokens: TokenService):
    oauth = OAuth(tokens.url, "expiring", "secret")
    with scripted_smtp() as server:
        server.script = ExpiringScript(tokens, server)
        with connect(server.port, user="box@x.test", oauth=oauth) as connection:
            assert send(connection).outcome is Outcome.ACCEPTED
        tokens.requests.append(b"another client got a token: ours is revoked")
        with connect(server.port, user="box@x.test", oauth=oauth) as connection:
            assert send(connection).outcome is Outcome.ACCEPTED
    assert (len(server.accepted), tokens.newest) == (2, "T3")


def test_a_log_in_that_stays_refused_asks_for_a_fresh_token_each_time_but_only_once(
    tokens: TokenService,
):
    oauth = OAuth(tokens.url, "other", "secret")
    with scripted_smtp({"AUTH": 535}) as server:
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
        "127.0.0.1", 25, password="p4ssw0rd", oauth=OAuth(tokens.url, "fourth", "s3cret-of-ours")
    )
    with scripted_smtp() as smtp, pytest.raises(SmtpUnavailableError) as caught:
        connect(smtp.port, user="box@x.test", oauth=server.oauth).open()
    assert b"s3cret-of-ours" in tokens.requests[0]
    for text in (str(caught.value), caplog.text, repr(server)):
        assert "s3cret-of-ours" not in text
        assert "p4ssw0rd" not in text


def test_a_token_service_that_refuses_stops_before_the_log_in(tokens: TokenService):
    tokens.status = 401
    with scripted_smtp() as server, pytest.raises(SmtpUnavailableError, match="401"):
        connect(server.port, user="box@x.test", oauth=OAuth(tokens.url, "third", "secret")).open()


def test_a_token_is_only_asked_for_over_https():
    with scripted_smtp() as server, pytest.raises(SmtpUnavailableError, match="https"):
        connect(
            server.port, user="u", oauth=OAuth("http://login.test/token", "id", "secret")
        ).open()


def test_djangos_mails_go_the_same_way(settings: Any):
    with scripted_smtp() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        mail = EmailMessage("Grüße", "Text", "A <a@x.test>", ["B <b@y.test>", "c@y.test"])
        assert EmailBackend().send_messages([mail]) == 1
    assert server.commands.count(b"rcpt TO:<c@y.test>") == 1
    assert len(server.accepted) == 1


def test_a_refused_notice_is_an_error_unless_it_may_fail(settings: Any):
    with scripted_smtp({"RCPT": 550}) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        mail = EmailMessage("S", "T", "a@x.test", ["b@y.test"])
        assert EmailBackend(fail_silently=True).send_messages([mail]) == 0
        with pytest.raises(SmtpUnavailableError):
            EmailBackend().send_messages([mail])
