"""Encrypted connections, with a mail server and certificates that are real."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError, Stage
from tests.authority import Authority
from tests.servers import free_port
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.openssl
WAYS = pytest.mark.parametrize(
    "way", ["use_tls", "use_ssl"], ids=["STARTTLS", "TLS from the first byte"]
)


class Keeper:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.kept.append((envelope.rcpt_tos[0], envelope.content))
        return "250 Kept"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def encrypting_smtp(way: str, authority: Authority, folder: Path) -> Iterator[tuple[int, Keeper]]:
    """Start a server that takes mails over TLS only, with a certificate for localhost."""
    authority.issue("localhost", folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
    tls = (
        {"tls_context": context, "require_starttls": True}
        if way == "use_tls"
        else {"ssl_context": context}
    )
    keeper = Keeper()
    controller = Controller(keeper, hostname="127.0.0.1", port=free_port(), **tls)
    with suppress(
        ssl.SSLError
    ):  # it knocks to see whether it listens, and does not know the authority
        controller.start()
    try:
        yield controller.port, keeper
    finally:
        controller.stop(no_assert=True)


def connect(way: str, port: int, host: str = "localhost") -> Connection:
    return Connection(Server(host, port, timeout_seconds=30, **{way: True}))


@WAYS
def test_mails_go_over_one_encrypted_connection(
    way: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    people = ["b@y.test", "c@y.test", "d@y.test"]
    with encrypting_smtp(way, authority, tmp_path) as (port, keeper):
        with connect(way, port) as connection:
            for person in people:
                result = connection.send("a@x.test", [person], b"Subject: Offer\n\nText")
                assert result.outcome is SendOutcome.ACCEPTED
        assert [person for person, _content in keeper.kept] == people
        assert keeper.kept[0][1].startswith(b"Subject: Offer\r\n")


@WAYS
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_server_that_cannot_prove_who_it_is_gets_no_mail(
    way: str, wrong: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wrong == "name":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with encrypting_smtp(way, authority, tmp_path) as (port, keeper):
        with pytest.raises(SmtpUnavailableError, match="certificate verify failed") as caught:
            connect(way, port, "127.0.0.1" if wrong == "name" else "localhost").open()
        assert caught.value.stage is (Stage.EHLO if way == "use_tls" else Stage.CONNECT)
        assert not keeper.kept


def test_a_server_that_offers_no_encryption_gets_neither_password_nor_mail() -> None:
    with smtp_server() as server:
        with pytest.raises(SmtpUnavailableError, match="STARTTLS"):
            Connection(
                Server(
                    "127.0.0.1", server.port, "user", "password", use_tls=True, timeout_seconds=2
                )
            ).open()
        assert [command[:4].upper() for command in server.commands] == [b"EHLO"]
