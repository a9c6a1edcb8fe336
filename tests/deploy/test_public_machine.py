"""The public service as deploy/ installs it: real systemd, real nginx with TLS, real gunicorn, on a
machine of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.operations.secrets import env_lines, make_secrets
from tests.authority import Authority
from tests.commands import ROOT
from tests.deploy.installed import (
    INSTALL,
    PUBLIC_NAME,
    UPDATE,
    check_units,
    install_public,
    kill_group,
    source_copy,
)
from tests.deploy.machine import Machine, machine
from tests.deploy.network import VPS, Network

pytestmark = [pytest.mark.machine, pytest.mark.restarts]
SECRETS = make_secrets()
CANARY = "c0ffee00-aaaa-4bbb-8ccc-d15ea5ed0001"
# People wait no longer for a page, on a busy machine too; a slow connection lasts longer than that.
PAGE_SECONDS = 10
# What the update says when it begins each step.
STEPS = ["Copying", "Installing", "Preparing", "Checking", "Backing up", "Migrating", "Switching"]


@pytest.fixture(scope="module")
def vps(net: Network, authority: Authority) -> Iterator[Machine]:
    with machine("vps", net.namespace("vps")) as made:
        install_public(made, authority, env_lines(SECRETS.public))
        yield made


@pytest.fixture
def curl(net: Network, authority: Authority):
    """Ask the VPS from the customers' network; returns status, protocol and head."""

    def ask(path: str, *options: str, scheme: str = "https") -> tuple[int, str, str]:
        command = [
            "curl",
            "-sS",
            "-m",
            "60",
            "--cacert",
            str(authority.certificate),
            "--path-as-is",
        ]
        command += ["--resolve", f"{PUBLIC_NAME}:443:{VPS}", "--resolve", f"{PUBLIC_NAME}:80:{VPS}"]
        command += ["-D", "-", "-o", "/dev/null", "-w", "\n%{http_code} %{http_version}", *options]
        said = net.run("customer", *command, f"{scheme}://{PUBLIC_NAME}{path}")
        head, _newline, last = said.rpartition("\n")
        status, version = last.split()
        return int(status), version, head.lower()

    return ask


def is_running(curl) -> bool:
    """Ask until the health page says that all is well. While nginx takes new settings over it cuts
    connections, which browsers open again.
    """
    deadline = time.monotonic() + 60
    while True:
        try:
            return curl("/healthz")[0] == 200
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def visit(net: Network, what: str, authority: Authority) -> object:
    module = [
        sys.executable,
        "-m",
        "tests.deploy.visitor",
        what,
        PUBLIC_NAME,
        str(authority.certificate),
    ]
    done = subprocess.run(
        net.command("customer", *module), cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_installing_again_changes_nothing(vps: Machine) -> None:
    def state() -> str:
        return vps.run("bash", "-c", "sha256sum /etc/nachfass/* /etc/nginx/conf.d/*; ls /opt/nachfass/*; "
                       "stat -c '%n %U %a' /etc/nachfass/nachfass.env; systemctl show -p MainPID nginx")  # fmt: skip

    before = state()
    assert "nachfass.env nachfass 600" in before
    vps.run(INSTALL, "public", PUBLIC_NAME)
    assert state() == before
    refused = vps.try_run(INSTALL, "office", PUBLIC_NAME)
    assert refused.returncode == 1
    assert "This machine has the public profile already" in refused.stderr


def test_the_units_are_sound_and_closed(vps: Machine) -> None:
    check_units(vps)
    vps.run("nginx", "-t")
    timers = vps.run("systemctl", "list-timers", "--no-legend")
    assert {"nachfass-prune.timer", "nachfass-backup.timer", "nachfass-watch_pulls.timer"} <= set(
        timers.split()
    )
    vps.run("systemctl", "start", "nachfass-job@backup.service", "nachfass-job@prune.service")
    assert list(vps.path("/var/lib/nachfass/backups").glob("nachfass-*.sqlite3"))


def test_only_four_paths_are_open(vps: Machine, curl) -> None:
    closed = [
        "/",
        "/admin/",
        "/stats/",
        "/readyz",
        "/healthz/x",
        "/busy.html",
        "/.env",
        "/x/../admin/",
    ]
    assert {path: curl(path)[0] for path in closed} == dict.fromkeys(closed, 404)
    assert curl("/healthz")[:2] == (200, "2")
    assert curl("/feedback/unknown")[0] == 410
    assert curl("/api/status")[0] == 401
    assert curl("/static/feedback_public/form.css")[0] == 200
    for path in ("/healthz", "/", "/feedback/unknown", "/api/status"):
        assert (
            curl(path)[2].count("strict-transport-security: max-age=31536000; includesubdomains")
            == 1
        )
    status, _version, head = curl("/feedback/x?a=interested", scheme="http")
    assert status == 301
    assert f"location: https://{PUBLIC_NAME}/feedback/x?a=interested" in head


def test_bodies_are_limited_but_for_pages_of_invitations(
    vps: Machine, curl, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(b"x" * 66_000)
    (tmp_path / "page").write_bytes(b"x" * 5_000_000)
    (tmp_path / "huge").write_bytes(b"x" * 5_500_000)
    large, page, huge = (
        ["--data-binary", f"@{tmp_path}/{name}"] for name in ("large", "page", "huge")
    )
    assert curl("/feedback/x", *large)[0] == 413
    assert curl("/api/feedbacks/ack", *large)[0] == 413
    assert curl("/api/form", "-X", "PUT", *large)[0] == 413
    key = f"Authorization: Api-Key {SECRETS.office['FEEDBACK_API_KEY']}"
    put = ["/api/invitations", "-X", "PUT", "-H", "Content-Type: application/json", "-H"]
    assert curl(*put, key, *page)[0] == 400
    # Refused before it is read: nginx passes on what is wrong, not that the service did not take
    # the rest.
    assert curl(*put, f"{key}x", *page)[0] == 401
    assert curl(*put, key, *huge)[0] == 413
    assert curl("/api/invitations", *large)[0] == 403


def test_no_client_chooses_its_address(vps: Machine, net: Network, authority: Authority) -> None:
    pages = visit(net, "spoof", authority)
    assert pages is not None
    assert 40 <= int(str(pages)) <= 130, "60 a minute, whatever the headers say"


def test_no_token_reaches_a_log(vps: Machine, curl, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 66_000)
    places = [
        f"/feedback/{CANARY}",
        f"/feedback/{CANARY}/opt-out",
        f"/FEEDBACK/{CANARY}",
        f"/x/{CANARY}",
    ]
    places += [
        f"/feedback/{CANARY}?a={CANARY}",
        f"/api/{CANARY}",
        f"/static/{CANARY}",
        f"/feedback/%00{CANARY}",
    ]
    for path in places:
        curl(path, "-e", f"https://{PUBLIC_NAME}/feedback/{CANARY}", "-A", "Mozilla")
        curl(path, scheme="http")
    assert curl(f"/feedback/{CANARY}", "--data-binary", f"@{tmp_path}/large")[0] == 413
    vps.run("systemctl", "stop", "nachfass-web.socket", "nachfass-web.service")
    status, _version, head = curl(f"/feedback/{CANARY}")
    assert status in (502, 429)
    assert "content-type: text/html" in head
    vps.run("systemctl", "start", "nachfass-web.socket", "nachfass-web.service")
    wanted = CANARY.rsplit("-", maxsplit=1)[-1]
    vps.run("journalctl", "--sync")
    assert wanted not in vps.run("journalctl", "--no-pager", "-o", "cat")
    assert vps.try_run("grep", "-rlaF", wanted, "/var/log/nginx", "/var/lib/nachfass").stdout == ""
    log = vps.path("/var/log/nginx/nachfass.access.log").read_text()
    assert " GET /feedback/* " in log
    assert " GET /feedback/*/opt-out " in log


def test_people_do_not_notice_200_slow_connections(
    vps: Machine, net: Network, authority: Authority
) -> None:
    for last in range(10, 60):
        net.run("customer", "ip", "address", "add", f"10.77.3.{last}/24", "dev", "eth0")
    pages = visit(net, "slow", authority)
    assert isinstance(pages, list)
    assert {status for _seconds, status in pages} == {410}
    assert max(seconds for seconds, _status in pages) < PAGE_SECONDS


def test_an_update_that_does_not_come_up_is_taken_back(vps: Machine, curl) -> None:
    before = vps.run("readlink", "/opt/nachfass/current")
    broken = source_copy(vps, "/usr/local/src/broken")
    (broken / "crm" / "wsgi.py").write_text("raise RuntimeError('broken on purpose')\n")
    done = vps.try_run("/usr/local/src/broken/deploy/update.sh", HEALTH_SECONDS="3")
    assert done.returncode == 1
    assert "The new release does not run, going back" in done.stdout
    assert vps.run("readlink", "/opt/nachfass/current") == before
    assert is_running(curl)


def die_at(vps: Machine, step: str, *, after: float = 0.0) -> None:
    """Start an update and kill it and all its children when it begins a step (plus some
    seconds).
    """
    process = subprocess.Popen(
        vps.command(UPDATE),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    with process.stdout as lines:
        for line in lines:
            said.append(line)
            if line.startswith(f"== {step}"):
                time.sleep(after)
                kill_group(process)
                return
    raise AssertionError(f"The update never came to {step!r}: {''.join(said)}")


def check_killed(vps: Machine, curl, step: str, after: float) -> None:
    die_at(vps, step, after=after)
    assert is_running(curl)
    # Also after a reboot, when systemd starts whatever the link points to.
    vps.run("systemctl", "restart", "nachfass-web.service")
    assert is_running(curl)


def finish_update(vps: Machine, curl) -> None:
    before = vps.run("readlink", "/opt/nachfass/current")
    assert "is running" in vps.run(UPDATE, HEALTH_SECONDS="180")
    assert vps.run("readlink", "/opt/nachfass/current") != before
    assert len(list(vps.path("/opt/nachfass/releases").iterdir())) <= 3
    assert is_running(curl)


def test_an_update_killed_on_the_way_leaves_a_running_system(vps: Machine, curl) -> None:
    check_killed(vps, curl, "Switching", 0.1)
    finish_update(vps, curl)


@pytest.mark.torture
@pytest.mark.parametrize("after", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("step", STEPS)
def test_an_update_killed_at_any_step_leaves_a_running_system(
    vps: Machine, curl, step: str, after: float
) -> None:
    check_killed(vps, curl, step, after)
    finish_update(vps, curl)
