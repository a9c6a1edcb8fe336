"""Compare mailboxes: the spellings of one address, and the people of one company. Pure."""

from __future__ import annotations

from contextlib import suppress

import idna

from offers.parsing.addresses import encode_domain
from offers.parsing.mail_providers import MAIL_PROVIDERS

# Domains of one provider that lead to the same mailbox.
GMAIL = ("gmail.com", "googlemail.com")
_TWINS = (GMAIL, ("icloud.com", "me.com", "mac.com"), ("proton.me", "protonmail.com", "pm.me"))
_MAIN_DOMAIN = {domain: twins[0] for twins in _TWINS for domain in twins}


def find_domain(email: str) -> str:
    """Return the domain of an address as ASCII, in lower case."""
    return ascii_domain(email.rpartition("@")[2])


def ascii_domain(domain: str) -> str:
    """Return a domain as ASCII, in lower case; as it is where IDNA does not allow it."""
    domain = domain.lower()
    return domain if domain.isascii() else encode_domain(domain)


def mailbox_key(email: str) -> str:
    """Return what all spellings of an address have in common; an empty text stays empty."""
    local, _, domain = email.lower().rpartition("@")
    domain = ascii_domain(domain)
    domain = _MAIN_DOMAIN.get(domain, domain)
    if domain == GMAIL[0]:
        # Gmail takes no notice of dots, and delivers `name+anything` to `name`.
        local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def spell_address(email: str) -> set[str]:
    """Return the spellings of an address that may be stored, but for the dots of Gmail."""
    local, _, domain = email.lower().rpartition("@")
    domain = ascii_domain(domain)
    domains = {domain}
    for twins in _TWINS:
        if domain in twins:
            domains.update(twins)
    if "xn--" in domain:
        with suppress(UnicodeError):  # idna.IDNAError is one
            domains.add(idna.decode(domain))
    return {f"{local}@{each}" for each in domains} | {email.lower()}


def is_company(domain: str) -> bool:
    """Return whether the addresses of a domain belong to one company."""
    return bool(domain) and domain not in MAIL_PROVIDERS


def is_same_company(domain: str, other: str) -> bool:
    """Return whether two domains belong to one company: the same, or one below the other."""
    if not (is_company(domain) and is_company(other)):
        return False
    return domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}")
