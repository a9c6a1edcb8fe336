"""Let's Encrypt's own test authority (Pebble) in the network of the tests, with a name server that
knows the VPS.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.authority import Authority
from tests.deploy.machine import Machine
from tests.deploy.network import CUSTOMER, VPS, Network
from tests.servers import stop

NAME, PORT, MANAGEMENT, DNS = "acme.example", 14000, 15000, 8053
# Pebble refuses some nonces and sleeps on purpose, to teach clients patience; certbot has learnt
# that elsewhere.
CALM = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}


@contextmanager
def acme(net: Network, authority: Authority, folder: Path) -> Iterator[Path]:
    """Run the authority where the customers are; yield the root certificate that its certificates
    lead to.
    """
    net.run(
        "router",
        "nft",
        f"add rule inet firewall forward iifname vps oifname customer tcp dport {PORT} accept",
    )
    authority.issue(NAME, folder)
    settings = {
        "listenAddress": f"0.0.0.0:{PORT}",
        "managementListenAddress": f"127.0.0.1:{MANAGEMENT}",
    }
    settings |= {"certificate": f"{folder}/fullchain.pem", "privateKey": f"{folder}/privkey.pem"}
    (folder / "pebble.json").write_text(
        json.dumps({"pebble": settings | {"httpPort": 80, "tlsPort": 443}})
    )
    names = [
        "pebble-challtestsrv",
        "-defaultIPv4",
        VPS,
        "-defaultIPv6",
        "",
        "-dns01",
        f"127.0.0.1:{DNS}",
    ]
    names += ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", "127.0.0.1:8055"]
    pebble = ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{DNS}"]
    with ExitStack() as running, (folder / "acme.log").open("wb") as log:
        for command in (names, pebble):
            process = subprocess.Popen(
                net.command("customer", *command),
                env={**os.environ, **CALM},
                stdout=log,
                stderr=log,
            )
            running.callback(stop, process)
        yield _root(net, folder)


def _root(net: Network, folder: Path) -> Path:
    path, deadline = folder / "root.pem", time.monotonic() + 20
    # Its management page, for which nobody vouches.
    command = net.command("customer", "curl", "-sk", f"https://127.0.0.1:{MANAGEMENT}/roots/0")
    while time.monotonic() < deadline:
        path.write_bytes(subprocess.run(command, capture_output=True, check=False).stdout)
        if path.read_bytes().startswith(b"-----BEGIN CERTIFICATE"):
            return path
        time.sleep(0.2)
    raise RuntimeError(f"Pebble does not answer: {(folder / 'acme.log').read_text()}")


def use_it(vps: Machine) -> None:
    """Have certbot ask this authority instead of Let's Encrypt, by its own configuration."""
    with vps.path("/etc/hosts").open("a") as hosts:
        hosts.write(f"\n{CUSTOMER} {NAME}\n")
    with vps.path("/etc/letsencrypt/cli.ini").open("a") as settings:
        settings.write(f"\nserver = https://{NAME}:{PORT}/dir\nno-verify-ssl = True\n")
