"""Slows down whoever guesses passwords: sign-ins are counted per account and address, for all processes together."""

from __future__ import annotations

import hashlib
import ipaddress

from django.core.cache import caches
from django.http import HttpRequest

WINDOW_SECONDS = 15 * 60
PER_ACCOUNT = 10
PER_ADDRESS = 50


def address_of(request: HttpRequest) -> str:
    """Return the peer's address; IPv6 by /64, an IPv4 address in IPv6 clothes as IPv4; "" on a unix socket."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def _key(kind: str, value: str) -> str:
    return f"signin:{kind}:{hashlib.sha256(value.strip().casefold().encode()).hexdigest()[:32]}"


def may_try(request: HttpRequest, username: str) -> bool:
    """Count an attempt, before the password is looked at; False when account or address has had too many."""
    account = _count(_key("account", username))
    address = _count(_key("address", address_of(request)))
    return account <= PER_ACCOUNT and address <= PER_ADDRESS


def succeeded(request: HttpRequest, username: str) -> None:
    """Forget the attempts of an account whose owner got in."""
    caches["counters"].delete(_key("account", username))
    caches["counters"].incr(_key("address", address_of(request)), -1)


def _count(key: str) -> int:
    counters = caches["counters"]
    counters.add(key, 0, WINDOW_SECONDS)
    return int(counters.incr(key))
