"""`doctor` reads the real answers of a small name server and says what to ask for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import dns.flags
import dns.message
import dns.resolver
import dns.rrset
import pytest

from crm.core.health import Finding
from crm.core.mail_dns import check_sender_domain
from tests.servers import free_port

DOMAIN = "muster-metallbau.example"
GOOD = {
    (f"{DOMAIN}.", "TXT"): '"v=spf1 mx include:mail.example -all"',
    (f"selector1._domainkey.{DOMAIN}.", "TXT"): '"v=DKIM1; k=rsa; " "p=MIGf"',
    (f"_dmarc.{DOMAIN}.", "TXT"): '"v=DMARC1; p=none"',
    ("smtp.example.", "A"): "9.9.9.10",
    ("10.9.9.9.in-addr.arpa.", "PTR"): "smtp.example.",
}


class NameServer:
    """Answers over UDP from a table of (name, kind) → records, one a line."""

    def __init__(self) -> None:
        self.records = dict(GOOD)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.is_open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            wire, client = self.socket.recvfrom(4096)
            if not self.is_open:
                return
            reply = dns.message.make_response(dns.message.from_wire(wire))
            reply.flags |= dns.flags.RA
            question = reply.question[0]
            kind = question.rdtype.name
            if found := self.records.get((str(question.name), kind)):
                reply.answer.append(
                    dns.rrset.from_text(question.name, 60, "IN", kind, *found.splitlines())
                )
            elif not any(name == str(question.name) for name, _kind in self.records):
                reply.set_rcode(3)
            self.socket.sendto(reply.to_wire(), client)

    def close(self) -> None:
        self.is_open = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()


@pytest.fixture
def names(settings, monkeypatch) -> Iterator[NameServer]:
    settings.DEFAULT_FROM_EMAIL = f"Angebote <angebote@{DOMAIN}>"
    settings.EMAIL_HOST = "smtp.example"
    server = NameServer()
    use_resolver(monkeypatch, server.port)
    yield server
    server.close()


def use_resolver(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in check_sender_domain(datetime.now(UTC))}


def test_a_domain_in_order_passes(names: NameServer):
    found = findings()
    assert list(found) == ["SPF", "DKIM", "DMARC", "reverse DNS"]
    assert all(finding.is_ok for finding in found.values()), found


@pytest.mark.parametrize(
    ("key", "value", "name", "hint"),
    [
        ((f"{DOMAIN}.", "TXT"), None, "SPF", "v=spf1 mx"),
        ((f"{DOMAIN}.", "TXT"), '"v=spf1 -all"\n"v=spf1 mx ~all"', "SPF", "made one"),
        ((f"{DOMAIN}.", "TXT"), '"v=spf1 mx +all"', "SPF", "“-all”"),
        ((f"selector1._domainkey.{DOMAIN}.", "TXT"), None, "DKIM", "EMAIL_DKIM_SELECTORS"),
        ((f"_dmarc.{DOMAIN}.", "TXT"), None, "DMARC", "v=DMARC1"),
        (("smtp.example.", "A"), None, "reverse DNS", "has no address"),
        (("10.9.9.9.in-addr.arpa.", "PTR"), None, "reverse DNS", "PTR record"),
        (("10.9.9.9.in-addr.arpa.", "PTR"), "other.example.", "reverse DNS", "PTR record"),
    ],
    ids=[
        "no SPF",
        "two SPF",
        "SPF for all",
        "no DKIM",
        "no DMARC",
        "no address",
        "no PTR",
        "PTR leads elsewhere",
    ],
)
def test_what_is_missing_is_named_with_what_to_ask_for(
    names: NameServer, key, value, name: str, hint: str
):
    if value is None:
        del names.records[key]
    else:
        names.records[key] = value
    found = findings()
    assert [finding.name for finding in found.values() if not finding.is_ok] == [name]
    assert hint in found[name].detail


def test_a_relay_inside_the_company_is_left_to_its_admin(names: NameServer, settings):
    settings.EMAIL_HOST = "192.168.1.25"
    assert findings()["reverse DNS"].is_ok
    assert "stands inside" in findings()["reverse DNS"].detail


def test_without_a_name_server_nothing_is_claimed(settings, monkeypatch):
    settings.DEFAULT_FROM_EMAIL = f"angebote@{DOMAIN}"
    use_resolver(monkeypatch, free_port())
    monkeypatch.setattr("crm.core.mail_dns.LIFETIME_SECONDS", 0.5)
    (finding,) = findings().values()
    assert finding.is_ok
    assert "nothing was checked" in finding.detail


def test_a_sender_without_a_domain_is_told(settings):
    settings.DEFAULT_FROM_EMAIL = ""
    (finding,) = findings().values()
    assert not finding.is_ok
