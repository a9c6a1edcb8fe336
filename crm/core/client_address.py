"""Who is calling: the client's address as far as it can be trusted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

# The one header that counts, and only from a configured proxy, which overwrites what the client
# sent (deploy/).
HEADER = "HTTP_X_REAL_IP"
# A proxy that connects through a unix socket has no address: it is configured by this word.
UNIX = "unix"


def client_address(request: HttpRequest) -> Address | None:
    """Return the client's address, IPv4 in its plain form; None when it cannot be known."""
    peer = request.META.get("REMOTE_ADDR", "")
    if not is_trusted_proxy(peer):
        return _parse(peer)
    return _parse(request.META.get(HEADER, "")) or _parse(peer)


def is_trusted_proxy(peer: str) -> bool:
    """Return whether the directly connected peer may tell us the client's address."""
    if not peer:
        return UNIX in settings.TRUSTED_PROXIES
    return is_in_networks(
        _parse(peer), [entry for entry in settings.TRUSTED_PROXIES if entry != UNIX]
    )


def is_in_networks(address: Address | None, networks: list[str]) -> bool:
    """Return whether the address lies in one of the networks, given as `10.0.0.0/8` or a single
    address.
    """
    return address is not None and any(
        address in ip_network(network, strict=False) for network in networks
    )


def is_network(entry: str) -> bool:
    """Return whether the text is an address or a network."""
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def rate_key(address: Address | None) -> str:
    """Return whom the rate limits count: an IPv4 address, or the /64 that an IPv6 client can roam
    in at will.
    """
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    # `::ffff:192.0.2.1`: without this all IPv4 clients would share one /64, and no IPv4 network
    # would match.
    return getattr(address, "ipv4_mapped", None) or address
