"""Two machines and a line between them: the whole chain, then a bad line, a cut line and both
machines losing power.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from crm.operations.schedules import JOBS as OFFICE_JOBS
from tests.authority import Authority
from tests.commands import ROOT
from tests.deploy.installed import (
    INSTALL,
    OFFICE_NAME,
    PUBLIC_NAME,
    check_units,
    install_office,
    install_public,
)
from tests.deploy.machine import Machine, machine
from tests.deploy.network import OFFICE, VPS, Network

pytestmark = [pytest.mark.machine, pytest.mark.restarts]
PLAN = (
    "from datetime import time; from reminders.models import ReminderPlan;"
    "ReminderPlan.objects.update(days=[1, 20, 40], working_days=False, window_from=time(0), window_to=time(23, 59, 59),"
    " min_gap_days=0, quiet_days=0, release='automatic')"
)
CAUGHT_UP_WITHIN = 300  # on a busy machine too; its timers alone take a minute
JOBS = {job.name for job in OFFICE_JOBS}


@dataclass
class World:
    net: Network
    authority: Authority
    office: Machine
    vps: Machine
    inbox: Path

    def job(self, *names: str) -> None:
        """Run commands of the office as its timers would."""
        for name in names:
            self.office.run("systemctl", "start", f"nachfass-job@{name}.service")

    def offer(self, number: int) -> None:
        """David exports an offer mail of two days ago to kunde<number>@kunde.example."""
        sent = datetime.now(UTC) - timedelta(days=2)
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = "Petra Vogt <p.vogt@muster-metallbau.example>"
        mail["To"] = customer(number)
        mail["Subject"] = f"Angebot Nr. AN-2026-{number:04} Stahltreppe"
        mail["Date"] = format_datetime(sent)
        mail["Message-ID"] = f"<{number:08X}@mail.muster-metallbau.example>"
        mail.set_content("Guten Tag, anbei unser Angebot.")
        path = self.office.path(f"/srv/david/{number}.eml")
        path.write_bytes(bytes(mail))
        path.chmod(0o644)
        self.office.run("touch", "-d", "1 hour ago", f"/srv/david/{number}.eml")

    def mails(self) -> list[EmailMessage]:
        contents = [path.read_bytes() for path in sorted(self.inbox.glob("*.eml"))]
        return [message_from_bytes(content, policy=policy.default) for content in contents]

    def link(self, number: int) -> str:
        """Return the link of the one reminder that the customer got."""
        (mail,) = [mail for mail in self.mails() if customer(number) in str(mail["To"])]
        body = mail.get_body(("plain",))
        assert body is not None
        found = re.search(
            rf"https://{re.escape(PUBLIC_NAME)}/feedback/[0-9a-f-]{{36}}", body.get_content()
        )
        assert found is not None, body.get_content()
        return found.group()

    def decline(self, number: int, link: str) -> None:
        """The customer of an offer declines it, in a network of their own, over HTTPS."""
        command = [sys.executable, "-m", "tests.deploy.visitor", "answer", PUBLIC_NAME]
        command = self.net.command("customer", *command, str(self.authority.certificate), link)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout) == 200

    def sql(self, query: str) -> list[str]:
        said = self.office.try_run(
            "runuser", "-u", "nachfass", "--", "psql", "-XAtc", query, "nachfass"
        )
        return said.stdout.split()

    def declined(self) -> set[str]:
        return set(self.sql("SELECT number FROM offers_offer WHERE status = 'declined'"))


def customer(number: int) -> str:
    return f"kunde{number}@kunde{number}.example"


@pytest.fixture(scope="module")
def world(
    net: Network, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    inbox = tmp_path_factory.mktemp("inbox")
    relay = net.command(
        "office", sys.executable, "-m", "tests.deploy.relay", OFFICE, "2525", str(inbox)
    )
    mail_server = subprocess.Popen(relay, cwd=ROOT)
    try:
        with (
            machine("office", net.namespace("office")) as office,
            machine("vps", net.namespace("vps")) as vps,
        ):
            keys = install_office(office, authority, VPS, f"{OFFICE}:2525")
            install_public(vps, authority, keys)
            office.run("install", "-d", "/srv/david")
            office.manage("shell", "-c", PLAN)
            office.manage("import_offers", "--folder", "/srv/david")
            yield World(net, authority, office, vps, inbox)
    finally:
        mail_server.kill()
        mail_server.wait()


def test_the_units_of_the_office_are_sound_and_closed(world: World) -> None:
    check_units(world.office)
    world.office.run("nginx", "-t")


def test_nothing_gets_from_the_vps_into_the_office(world: World) -> None:
    ports = ("443", "80", "2525", "5432", "22")
    attempts = [
        world.vps.command("timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{OFFICE}/{port}")
        for port in ports
    ]
    running = [subprocess.Popen(attempt, stderr=subprocess.DEVNULL) for attempt in attempts]
    opened = [port for port, attempt in zip(ports, running, strict=True) if attempt.wait() == 0]
    assert opened == [], "The VPS gets into the office."
    # The same attempt succeeds where it may: inside the office, and from there to the VPS.
    world.net.run("office", "bash", "-c", f"exec 3<>/dev/tcp/{OFFICE}/2525")
    world.net.run("office", "bash", "-c", f"exec 3<>/dev/tcp/{OFFICE}/443")
    world.net.run("office", "bash", "-c", f"exec 3<>/dev/tcp/{VPS}/443")


def test_the_whole_chain_runs_over_the_line(world: World) -> None:
    world.offer(1)
    world.job("import_offers", "sync_feedback", "send_reminders")
    world.decline(1, world.link(1))
    world.job("sync_feedback")
    assert world.declined() == {"AN-2026-0001"}


def test_a_bad_line_a_cut_line_and_two_crashes_lose_nothing_and_double_nothing(
    world: World,
) -> None:
    before = (
        world.declined()
    )  # in the test before this one, unless that ran beside it, over two machines of its own
    world.net.lose_packets(2)
    for number in (2, 3, 4):
        world.offer(number)
    world.job("import_offers", "sync_feedback", "send_reminders")
    links = {number: world.link(number) for number in (2, 3, 4)}

    world.net.set_line("office", "down")
    world.decline(2, links[2])
    world.vps.crash()
    world.vps.boot()
    world.decline(3, links[3])
    world.offer(5)
    world.office.crash()
    world.office.boot()
    world.net.set_line("office", "up")
    since = time.monotonic()
    world.decline(4, links[4])

    wanted = before | {f"AN-2026-{number:04}" for number in (2, 3, 4)}
    offers = wanted | {"AN-2026-0005"}
    while (done := world.declined()) < wanted or set(
        world.sql("SELECT number FROM offers_offer")
    ) < offers:
        assert time.monotonic() - since < CAUGHT_UP_WITHIN, (done, world.office.journal())
        time.sleep(1)
    print(f"Caught up after {time.monotonic() - since:.0f} s.")
    world.net.lose_packets(0)

    world.job("sync_feedback", "send_reminders", "sync_feedback")
    assert world.declined() == wanted
    assert world.sql("SELECT count(*) FROM feedback_answer") == [str(len(wanted))]
    reminders = Counter(str(mail["To"]) for mail in world.mails() if "kunde" in str(mail["To"]))
    assert reminders == {customer(int(offer[-4:])): 1 for offer in offers}
    ids = [mail["Message-ID"] for mail in world.mails()]
    assert len(set(ids)) == len(ids)


@pytest.mark.torture
def test_timers_take_the_place_of_the_queue(world: World) -> None:
    """Last, because it changes the office for good; installing again without the word keeps the
    timers.
    """
    for options in (["--timers"], []):
        world.office.run(INSTALL, "office", OFFICE_NAME, *options)
        assert (
            world.office.try_run("systemctl", "is-active", "nachfass-worker.service").stdout
            == "inactive\n"
        )
        timers = world.office.run("systemctl", "list-timers", "--no-legend")
        assert {job for job in JOBS if f"nachfass-{job}.timer" in timers} == JOBS
    world.offer(6)
    until = time.monotonic() + CAUGHT_UP_WITHIN
    while "AN-2026-0006" not in world.sql("SELECT number FROM offers_offer"):
        assert time.monotonic() < until, world.office.journal()
        time.sleep(1)
