"""Both sides installed by their own scripts, as the two guides in docs/ say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from tests.authority import Authority
from tests.commands import ROOT
from tests.deploy.machine import SOURCE, Machine, fetch_wheels, keep_packages

PUBLIC_NAME, OFFICE_NAME = "feedback.muster-metallbau.example", "nachfass.muster-metallbau.example"
ADMIN = "it@muster-metallbau.example"
INSTALL, UPDATE = str(SOURCE / "deploy" / "install.sh"), str(SOURCE / "deploy" / "update.sh")
# systemd's own measure: 0 is closed, 10 is open; it calls up to 2 "safe" and up to 4.5 "ok". The
# jobs and the worker need the network, the web server of the public service does not.
MOST_EXPOSED = 2.0


def install_public(vps: Machine, authority: Authority, keys: str) -> None:
    """Install the public service; the certificate is there already, as after certbot."""
    authority.issue(PUBLIC_NAME, vps.path(f"/etc/letsencrypt/live/{PUBLIC_NAME}"))
    run_public_install(vps, keys)


def run_public_install(vps: Machine, keys: str) -> None:
    """Do what docs/install_vps.md says, with the keys of the office."""
    vps.path("/etc/for-the-public-service.env").write_text(keys)
    wheels = str(fetch_wheels("public"))
    arguments = [
        "public",
        PUBLIC_NAME,
        "--mail",
        ADMIN,
        "--keys",
        "/etc/for-the-public-service.env",
    ]
    vps.run(INSTALL, *arguments, PIP_FIND_LINKS=wheels)
    keep_packages(vps)


def install_office(office: Machine, authority: Authority, vps: str, mail_server: str) -> str:
    """Install the office with PostgreSQL and the company's certificate; return the keys for the
    public service.
    """
    authority.issue(OFFICE_NAME, office.path("/etc/nachfass/tls"))
    office.path("/etc/nachfass/ca.pem").write_bytes(authority.certificate.read_bytes())
    with office.path("/etc/hosts").open("a") as hosts:
        hosts.write(f"\n{vps} {PUBLIC_NAME}\n")
    office.run("runuser", "-u", "postgres", "--", "createuser", "nachfass")
    office.run("runuser", "-u", "postgres", "--", "createdb", "--owner=nachfass", "nachfass")
    wheels, database = str(fetch_wheels("office")), "postgres:////var/run/postgresql/nachfass"
    arguments = ["office", OFFICE_NAME, "--mail", ADMIN, "--database", database]
    office.run(INSTALL, *arguments, PIP_FIND_LINKS=wheels)
    keep_packages(office)
    set_env(
        office,
        FEEDBACK_BASE_URL=f"https://{PUBLIC_NAME}",
        EMAIL_URL=f"smtp://{mail_server}",
        DEFAULT_FROM_EMAIL="angebote@muster-metallbau.example",
        OFFERS_OWN_DOMAINS="muster-metallbau.example",
        REMINDERS_ENABLED="true",
        REQUESTS_CA_BUNDLE="/etc/nachfass/ca.pem",
    )
    office.run("systemctl", "restart", "nachfass-web.service", "nachfass-worker.service")
    return office.path("/etc/nachfass/for-the-public-service.env").read_text()


def set_env(machine: Machine, **settings: str) -> None:
    """Write settings into the env file, as a person does with an editor."""
    path = machine.path("/etc/nachfass/nachfass.env")
    text = path.read_text()
    for name, value in settings.items():
        text, found = re.subn(rf"^(?:# )?{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        text += "" if found else f"{name}={value}\n"
    path.write_text(text)


def check_units(machine: Machine) -> None:
    """systemd finds nothing wrong with our units, and none of them is more exposed than it must
    be.
    """
    units = [
        path.name
        for path in machine.path("/etc/systemd/system").glob("*nachfass-*.*")
        if path.is_file()
    ]
    assert len(units) >= 6
    named = [unit.replace("@.", "@prune.") for unit in units]
    verdict = machine.try_run("systemd-analyze", "verify", *named)
    complaints = [
        line for line in (verdict.stdout + verdict.stderr).splitlines() if "nachfass" in line
    ]
    assert (verdict.returncode, complaints) == (0, [])
    for unit in named:
        if unit.endswith(".service"):
            said = machine.run("systemd-analyze", "security", "--no-pager", unit)
            exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
            assert exposure is not None, said
            assert float(exposure.group(1)) <= MOST_EXPOSED, (unit, exposure.group(1), said)


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL a command and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def source_copy(machine: Machine, inside: str) -> Path:
    """Copy this source tree into the machine, as a new version is unpacked; return where it lies,
    seen from outside.
    """
    target = machine.path(inside)
    target.mkdir()
    parts = re.search(r"PARTS=\((.+)\)", (ROOT / "deploy" / "lib.sh").read_text())
    assert parts is not None
    subprocess.run(["cp", "-r", *parts.group(1).split(), target], cwd=ROOT, check=True)
    return target
