"""The address of the client, as far as it can be trusted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

# Read only when a configured proxy has connected, which overwrites what the client sent.
HEADER = "HTTP_X_REAL_IP"
# A proxy that connects through a unix socket has no address: it is configured by this word.
UNIX = "unix"


def client_address(request: HttpRequest) -> Address | None:
    """Return the client's address, IPv4 in its plain form; None when it cannot be known."""
    peer = request.META.get("REMOTE_ADDR", "")
    if not _is_trusted_proxy(peer):
        return _parse(peer)
    return _parse(request.META.get(HEADER, "")) or _parse(peer)


def _is_trusted_proxy(peer: str) -> bool:
    if not peer:
        return UNIX in settings.TRUSTED_PROXIES
    networks = [entry for entry in settings.TRUSTED_PROXIES if entry != UNIX]
    return is_in_networks(_parse(peer), networks)


def is_in_networks(address: Address | None, networks: list[str]) -> bool:
    """Return whether the address is one of the networks (`10.0.0.0/8`) or addresses."""
    if address is None:
        return False
    return any(address in ip_network(network, strict=False) for network in networks)


def is_network(entry: str) -> bool:
    """Return whether the text is an address or a network."""
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def rate_key(address: Address | None) -> str:
    """Return the key of the rate limits."""
    if isinstance(address, IPv6Address):
        # The client can use any address of its network.
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def _parse(text: str) -> Address | None:
    try:
        # Without the zone of a link-local address, as in fe80::1%eth0.
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    # An IPv4 address written as `::ffff:192.0.2.1`: all of these would share one /64 network.
    return getattr(address, "ipv4_mapped", None) or address
