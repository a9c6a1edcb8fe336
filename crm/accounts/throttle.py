"""Limit attempts to sign in per account and per client address, across all processes."""

from __future__ import annotations

import hashlib

from django.core.cache import caches
from django.http import HttpRequest

from crm.core.client_address import client_address, rate_key

WINDOW_SECONDS = 15 * 60
PER_ACCOUNT = 10
PER_ADDRESS = 50


def address_of(request: HttpRequest) -> str:
    """Return the client address for which attempts are counted; for IPv6 its /64 network."""
    return rate_key(client_address(request))


def _key(kind: str, value: str) -> str:
    return f"signin:{kind}:{hashlib.sha256(value.strip().casefold().encode()).hexdigest()[:32]}"


def may_try(request: HttpRequest, username: str) -> bool:
    """Count an attempt; return False when the account or the address has made too many."""
    # Both are counted before either is compared: a blocked account still counts for the address.
    account = _count(_key("account", username))
    address = _count(_key("address", address_of(request)))
    return account <= PER_ACCOUNT and address <= PER_ADDRESS


def succeeded(request: HttpRequest, username: str) -> None:
    """Reset the count of an account after a sign-in, and take the attempt off the address."""
    # The address keeps its failed attempts, else one valid account would allow endless guessing.
    caches["counters"].delete(_key("account", username))
    caches["counters"].incr(_key("address", address_of(request)), -1)


def _count(key: str) -> int:
    counters = caches["counters"]
    counters.add(key, 0, WINDOW_SECONDS)
    return int(counters.incr(key))
