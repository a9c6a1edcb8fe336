"""The certificate of the public service: fetched by install.sh from an ACME authority, renewed by
certbot's timer.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.operations.secrets import env_lines, make_secrets
from tests.authority import Authority
from tests.deploy.acme import acme, use_it
from tests.deploy.installed import PUBLIC_NAME, run_public_install
from tests.deploy.machine import Machine, machine
from tests.deploy.network import VPS, Network

pytestmark = [pytest.mark.machine, pytest.mark.restarts]
RENEWAL = f"/etc/letsencrypt/renewal/{PUBLIC_NAME}.conf"


@pytest.fixture
def root(net: Network, authority: Authority, tmp_path: Path) -> Iterator[Path]:
    with acme(net, authority, tmp_path) as certificate:
        yield certificate


@pytest.fixture
def vps(net: Network, root: Path) -> Iterator[Machine]:
    with machine("vps", net.namespace("vps")) as made:
        use_it(made)
        yield made


def served(net: Network, root: Path) -> str:
    """Return the serial number of the certificate that visitors get. Raises when their browser
    would not trust it.
    """
    there = ["-connect", f"{VPS}:443", "-servername", PUBLIC_NAME, "-verify_hostname", PUBLIC_NAME]
    command = ["openssl", "s_client", *there, "-CAfile", str(root), "-verify_return_error"]
    said = net.run("customer", *command, text="Q\n")
    return subprocess.run(
        ["openssl", "x509", "-noout", "-serial"],
        input=said,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def served_at_last(net: Network, root: Path, *, instead_of: str = "") -> str:
    """Wait for a certificate, or for another one: a reload of nginx returns before its new workers
    listen, and the old ones go on for a moment.
    """
    deadline = time.monotonic() + 120
    while True:
        try:
            if (serial := served(net, root)) != instead_of:
                return serial
            problem = f"nginx still serves {serial}."
        except RuntimeError as error:
            problem = str(error)
        assert time.monotonic() < deadline, problem
        time.sleep(0.2)


def test_the_certificate_is_fetched_renewed_and_served(
    vps: Machine, net: Network, root: Path
) -> None:
    run_public_install(vps, env_lines(make_secrets().public))
    first = served_at_last(net, root)
    assert vps.run("systemctl", "is-active", "certbot.timer") == "active\n"

    vps.run("systemctl", "start", "certbot.service")
    assert served(net, root) == first, "It is good for years: nothing to renew."

    pid = vps.run("systemctl", "show", "-p", "MainPID", "nginx")
    settings = vps.path(RENEWAL)
    settings.write_text("renew_before_expiry = 20 years\n" + settings.read_text())
    vps.run("systemctl", "start", "certbot.service")
    served_at_last(net, root, instead_of=first)
    assert vps.run("systemctl", "show", "-p", "MainPID", "nginx") == pid, "Nobody was cut off."
