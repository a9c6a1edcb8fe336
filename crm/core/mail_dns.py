"""Check the DNS records of the sender's domain, so that reminders do not end in the spam folder.

SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489) and reverse DNS. Other people set these up, so
each finding says what to ask them for.
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
    """No name server answers, so a domain cannot be checked."""


def check_sender_domain(now: datetime) -> Iterator[Finding]:
    """Check the domain of DEFAULT_FROM_EMAIL and the reverse DNS of the mail server."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if not domain:
        detail = "Set DEFAULT_FROM_EMAIL to the address that reminders come from."
        yield _fault("sender domain", detail)
        return
    try:
        yield _check_spf(domain)
        yield _check_dkim(domain)
        yield _check_dmarc(domain)
        yield _check_reverse(settings.EMAIL_HOST or "localhost")
    except NoResolverError:
        detail = f"No name server answers here, so nothing was checked of {domain}."
        yield Finding("sender domain", detail)


def _fault(name: str, detail: str) -> Finding:
    return Finding(name, detail, is_ok=False)


def _check_spf(domain: str) -> Finding:
    records = _find_texts(domain, beginning="v=spf1")
    if not records:
        return _fault(
            "SPF",
            f"{domain} has none: receivers cannot know who may send for it. Ask for a TXT record"
            " such as “v=spf1 mx include:<your mail provider> -all” for your mail server.",
        )
    if len(records) > 1:
        return _fault(
            "SPF",
            f"{domain} has {len(records)} records, so that receivers ignore all of them."
            " Have them made one.",
        )
    if records[0].lower().endswith(("+all", " all")):
        return _fault(
            "SPF",
            f"{domain} lets everybody send in its name. Have the record end in “-all” or “~all”.",
        )
    return Finding(
        "SPF",
        f"{domain} says who may send. Make sure that your mail server is among them: {records[0]}",
    )


def _check_dkim(domain: str) -> Finding:
    selectors = ", ".join(settings.EMAIL_DKIM_SELECTORS)
    for selector in settings.EMAIL_DKIM_SELECTORS:
        for record in _find_texts(f"{selector}._domainkey.{domain}"):
            if "p=" in record:
                return Finding("DKIM", f"{domain} has a key under {selector}.")
    return _fault(
        "DKIM",
        f"No key of {domain} was found under {selectors}. Have your mail server sign"
        " with DKIM, and name its selector in EMAIL_DKIM_SELECTORS.",
    )


def _check_dmarc(domain: str) -> Finding:
    records = _find_texts(f"_dmarc.{domain}", beginning="v=dmarc1")
    if len(records) == 1 and "p=" in records[0].lower():
        return Finding("DMARC", f"{domain} has a policy.")
    return _fault(
        "DMARC",
        f"_dmarc.{domain} needs exactly one TXT record and has {len(records)}. Begin with"
        f" “v=DMARC1; p=none; rua=mailto:postmaster@{domain}”.",
    )


def _check_reverse(host: str) -> Finding:
    addresses = _find_addresses(host)
    if not addresses:
        return _fault("reverse DNS", f"The mail server {host} of EMAIL_URL has no address.")
    if not any(ip_address(address).is_global for address in addresses):
        return Finding(
            "reverse DNS",
            f"{host} stands inside. Ask whether the address under which it sends has a name that"
            " leads back to it.",
        )
    for address in addresses:
        if not _has_name_that_leads_back(address):
            return _fault(
                "reverse DNS",
                f"{address} ({host}) has no name that leads back to it."
                " Ask its provider for a PTR record.",
            )
    return Finding("reverse DNS", f"The addresses of {host} have names that lead back to them.")


def _has_name_that_leads_back(address: str) -> bool:
    names = _look_up(str(dns.reversename.from_address(address)), "PTR")
    return any(address in _find_addresses(name) for name in names)


def _find_addresses(host: str) -> list[str]:
    """Return the IP addresses of a host, which may itself be one."""
    try:
        ip_address(host)
    except ValueError:
        return _look_up(host, "A") + _look_up(host, "AAAA")
    return [host]


def _find_texts(name: str, *, beginning: str = "") -> list[str]:
    """Return the TXT records of a name that begin so, in lower case or not."""
    records = [record.strip() for record in _look_up(name, "TXT")]
    return [record for record in records if record.lower().startswith(beginning)]


def _look_up(name: str, kind: str) -> list[str]:
    """Return the records of a name, none when there are none. Raises NoResolverError."""
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
