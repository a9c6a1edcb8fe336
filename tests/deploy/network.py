"""A small internet in network namespaces: an office behind its firewall, a VPS, customers, and a
router.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

OFFICE, VPS, CUSTOMER = "10.77.1.2", "10.77.2.2", "10.77.3.2"
ADDRESSES = {"office": OFFICE, "vps": VPS, "customer": CUSTOMER}
# What docs/install_office_linux.md asks the company's admin for: outgoing HTTPS, and nothing that
# comes in.
FIREWALL = """
flush ruleset
table inet firewall {
  chain loss {
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    jump loss
    ct state established,related accept
    iifname "office" oifname "vps" tcp dport 443 accept
    iifname "customer" oifname "vps" tcp dport { 80, 443 } accept
  }
}
"""


@dataclass(frozen=True)
class Network:
    """The namespaces by their roles: office, vps, customer, router."""

    prefix: str

    def namespace(self, role: str) -> str:
        return f"{self.prefix}{role}"

    def command(self, role: str, *command: str) -> list[str]:
        """Return the command line that runs `command` at that place of the network."""
        return ["ip", "netns", "exec", self.namespace(role), *command]

    def run(self, role: str, *command: str, text: str | None = None) -> str:
        done = subprocess.run(
            self.command(role, *command), check=False, capture_output=True, text=True, input=text
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed in {role}: {done.stdout}{done.stderr}")
        return done.stdout

    def lose_packets(self, percent: int) -> None:
        """Drop so many of a hundred packets, in both directions; 0 ends it."""
        self.run("router", "nft", "flush chain inet firewall loss")
        if percent:
            self.run(
                "router",
                "nft",
                f"add rule inet firewall loss numgen random mod 100 < {percent} drop",
            )

    def set_line(self, role: str, state: str) -> None:
        """Cut a place off (`down`) or connect it again (`up`)."""
        self.run("router", "ip", "link", "set", role, state)
        if state == "up":
            self.run("router", "ip", "neigh", "flush", "all")


@contextmanager
def network() -> Iterator[Network]:
    """Make the namespaces and what connects them; all of it is gone at the end."""
    net = Network(f"nf{os.getpid()}-")
    made = []
    try:
        for role in ("router", *ADDRESSES):
            ip("netns", "add", net.namespace(role))
            made.append(role)
            net.run(role, "ip", "link", "set", "lo", "up")
        for role, address in ADDRESSES.items():
            ip(
                "link",
                "add",
                role,
                "netns",
                net.namespace("router"),
                "type",
                "veth",
                *peer(net, role),
            )
            gateway = address.rpartition(".")[0] + ".1"
            net.run("router", "ip", "address", "add", f"{gateway}/24", "dev", role)
            net.run("router", "ip", "link", "set", role, "up")
            net.run(role, "ip", "address", "add", f"{address}/24", "dev", "eth0")
            net.run(role, "ip", "link", "set", "eth0", "up")
            net.run(role, "ip", "route", "add", "default", "via", gateway)
        net.run("router", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        net.run("router", "nft", "-f", "-", text=FIREWALL)
        yield net
    finally:
        for role in made:
            ip("netns", "delete", net.namespace(role))


def peer(net: Network, role: str) -> list[str]:
    return ["peer", "name", "eth0", "netns", net.namespace(role)]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
