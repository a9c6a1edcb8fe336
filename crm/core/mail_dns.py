"""What the name service must say about the sender's domain, so that reminders do not end in the
spam folder.

SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489) and reverse DNS. Others set these up: each says
what to ask for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr
from ipaddress import ip_address

import dns.exception
import dns.resolver
import dns.reversename
from django.conf import settings

from crm.core.health import Finding

LIFETIME_SECONDS = 5


class NoResolverError(Exception):
    """No name server answers here: nothing can be said."""


def check_sender_domain(now: datetime) -> Iterator[Finding]:
    """Look at SPF, DKIM and DMARC of the domain of DEFAULT_FROM_EMAIL, and at the mail server's
    reverse DNS.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if not domain:
        yield Finding(
            "sender domain",
            "Set DEFAULT_FROM_EMAIL to the address that reminders come from.",
            is_ok=False,
        )
        return
    try:
        yield _check_spf(domain)
        yield _check_dkim(domain)
        yield _check_dmarc(domain)
        yield _check_reverse(settings.EMAIL_HOST or "localhost")
    except NoResolverError:
        yield Finding(
            "sender domain", f"No name server answers here, so nothing was checked of {domain}."
        )


def _check_spf(domain: str) -> Finding:
    records = [text for text in _texts(domain) if text.lower().startswith("v=spf1")]
    if not records:
        hint = "Ask for a TXT record such as “v=spf1 mx include:<your mail provider> -all” for your mail server."
        return Finding(
            "SPF",
            f"{domain} has none: receivers cannot know who may send for it. {hint}",
            is_ok=False,
        )
    if len(records) > 1:
        detail = f"{domain} has {len(records)} records, so that receivers ignore all of them. Have them made one."
        return Finding("SPF", detail, is_ok=False)
    if records[0].lower().rstrip().endswith(("+all", " all")):
        detail = (
            f"{domain} lets everybody send in its name. Have the record end in “-all” or “~all”."
        )
        return Finding("SPF", detail, is_ok=False)
    return Finding(
        "SPF",
        f"{domain} says who may send. Make sure that your mail server is among them: {records[0]}",
    )


def _check_dkim(domain: str) -> Finding:
    selectors = settings.EMAIL_DKIM_SELECTORS
    found = [
        name
        for name in selectors
        if any("p=" in text for text in _texts(f"{name}._domainkey.{domain}"))
    ]
    if found:
        return Finding("DKIM", f"{domain} has a key under {', '.join(found)}.")
    detail = (
        f"No key of {domain} was found under {', '.join(selectors)}. Have your mail server sign with DKIM, and name its"
        " selector in EMAIL_DKIM_SELECTORS."
    )
    return Finding("DKIM", detail, is_ok=False)


def _check_dmarc(domain: str) -> Finding:
    records = [text for text in _texts(f"_dmarc.{domain}") if text.lower().startswith("v=dmarc1")]
    if len(records) == 1 and "p=" in records[0].lower():
        return Finding("DMARC", f"{domain} has a policy.")
    detail = (
        f"_dmarc.{domain} needs exactly one TXT record and has {len(records)}. Begin with “v=DMARC1; p=none;"
        f" rua=mailto:postmaster@{domain}”."
    )
    return Finding("DMARC", detail, is_ok=False)


def _check_reverse(host: str) -> Finding:
    addresses = [host] if _is_address(host) else _look_up(host, "A") + _look_up(host, "AAAA")
    if not addresses:
        return Finding(
            "reverse DNS", f"The mail server {host} of EMAIL_URL has no address.", is_ok=False
        )
    if not any(ip_address(address).is_global for address in addresses):
        detail = f"{host} stands inside. Ask whether the address under which it sends has a name that leads back to it."
        return Finding("reverse DNS", detail)
    for address in addresses:
        names = _look_up(str(dns.reversename.from_address(address)), "PTR")
        if not any(address in _look_up(name, "A") + _look_up(name, "AAAA") for name in names):
            detail = f"{address} ({host}) has no name that leads back to it. Ask its provider for a PTR record."
            return Finding("reverse DNS", detail, is_ok=False)
    return Finding("reverse DNS", f"The addresses of {host} have names that lead back to them.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _texts(name: str) -> list[str]:
    return [text.strip() for text in _look_up(name, "TXT")]


def _look_up(name: str, kind: str) -> list[str]:
    """Return what the name service says, nothing when there is no such record. Raises
    NoResolverError.
    """
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=LIFETIME_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoResolverError(str(error)) from error
    if kind == "TXT":
        # A long text comes in pieces, which belong together without a space (RFC 7208, 3.3).
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    return [record.to_text() for record in answer]
