"""SIGKILL at every point of a run, on the real code, the real database and a real SMTP server.

However a run dies: no mail twice, no reminder silently lost, and doubt only from the mark on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import IO

import pytest
from django.db import connection

from reminders.models import FollowUp, Reminder
from tests.make import NOW, make_due
from tests.reminders.run_and_die import POINTS
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.restarts]


def child_environment(receiver: SmtpServer) -> dict[str, str]:
    """The settings of this test for another process: same test database, same SMTP server."""
    if connection.vendor == "sqlite":
        url = f"sqlite:///{connection.settings_dict['NAME']}"
    else:
        url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        "EMAIL_URL": f"smtp://127.0.0.1:{receiver.port}",
        "REMINDERS_PER_MINUTE": os.environ.get("REMINDERS_PACE", "0"),
        "REMINDERS_MAX_PER_RUN": "5000",
        "REMINDERS_STALE_SECONDS": "0",
        "LOG_LEVEL": "ERROR",
    }


class Runner:
    """Runs `send_due` in children of a process of its own."""

    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self.stdin, self.stdout = stdin, stdout

    def run(self, point: str = "never", count: int = 1, now: datetime | None = NOW) -> bool:
        """Run once; True when the run was killed at the point."""
        self.stdin.write(f"{point}\t{count}\t{now.isoformat() if now else ''}\n")
        self.stdin.flush()
        status = int(self.stdout.readline())
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    def run_together(self, workers: int, now: datetime = NOW) -> list[int]:
        """Let so many runs start at once; return how many mails each sent."""
        self.stdin.write(f"together\t{workers}\t{now.isoformat()}\n")
        self.stdin.flush()
        return [int(word) for word in self.stdout.readline().split()]


@pytest.fixture
def runner(receiver: SmtpServer) -> Iterator[Runner]:
    connection.close()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.reminders.run_and_die"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(receiver),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Runner(process.stdin, process.stdout)
        process.stdin.close()
        process.wait(20)


# Passed once for several mails.
ONCE = ("inside planning", "after planning")
# From the mark until its result is recorded, a mail is in doubt when its run dies.
DOUBTFUL = (
    "after mark",
    "before DATA",
    "after DATA",
    "half the body",
    "after body",
    "after final reply",
    "inside record",
)


def kill_and_recover(
    runner: Runner, receiver: SmtpServer, point: str, count: int, due: int
) -> Counter[str]:
    """Kill one run at the point, run again until nothing is due, and return the states that are
    left.
    """
    receiver.clear()
    offers = [make_due() for _ in range(due)]
    assert runner.run(point, count), f"no kill at {point}"
    assert not runner.run()
    states = Counter(Reminder.objects.filter(offer__in=offers).values_list("state", flat=True))
    received = Counter(receiver.message_ids)
    assert max(received.values(), default=0) <= 1, f"a mail twice after a kill at {point}"
    rows = {
        reminder.message_id: reminder.state
        for reminder in Reminder.objects.filter(offer__in=offers)
    }
    assert set(received) <= set(rows)
    assert all(message_id in received for message_id, state in rows.items() if state == "sent")
    assert sum(states.values()) == due, f"a reminder was lost after a kill at {point}"
    assert set(states) <= {"sent", "in_doubt"}
    assert states["in_doubt"] == int(point in DOUBTFUL)
    assert not FollowUp.objects.due(NOW).exists()
    Reminder.objects.all().delete()
    FollowUp.objects.all().delete()
    return states


def test_a_run_killed_at_each_point_sends_nothing_twice_and_loses_nothing(
    runner: Runner, receiver: SmtpServer
):
    for point in POINTS:
        kill_and_recover(runner, receiver, point, count=1 if point in ONCE else 2, due=2)


@pytest.mark.torture
@pytest.mark.parametrize("point", POINTS)
def test_fifty_kills_at_a_point(runner: Runner, receiver: SmtpServer, point: str):
    random = Random(point)
    for _ in range(50):
        count = 1 if point in ONCE else random.randrange(1, 4)
        kill_and_recover(runner, receiver, point, count=count, due=3)


def soak(runner: Runner, receiver: SmtpServer, lives: Iterator[int], *, due: int) -> None:
    """Run and kill at random until nothing is due, then count: each mail at most once, none without
    a row.

    `lives` says for how many milliseconds each run may live.
    """
    make_many_due(due)
    kills = 0
    while (
        FollowUp.objects.due(NOW).exists()
        or Reminder.objects.filter(state__in=Reminder.IN_FLIGHT).exists()
    ):
        kills += runner.run("timer", next(lives))
    assert kills, "no run was killed"
    received = Counter(receiver.message_ids)
    states = Counter(Reminder.objects.values_list("state", flat=True))
    assert max(received.values()) == 1
    assert states["sent"] + states["in_doubt"] + states["failed"] == sum(states.values()) == due
    rows = dict(Reminder.objects.values_list("message_id", "state"))
    assert set(received) <= set(rows)
    assert {message_id for message_id, state in rows.items() if state == "sent"} <= set(received)
    print(f"{kills} kills, {dict(states)}, {len(received)} received")


def make_many_due(count: int) -> None:
    for _ in range(count):
        make_due()


def test_random_kills_lose_nothing(receiver: SmtpServer, runner: Runner):
    random = Random(7)
    # Longer and longer, from a fraction of a run on any machine to enough to get on.
    lives = (random.randrange(20, int(min(3000, 40 * 1.15**run))) for run in range(500))
    soak(runner, receiver, lives, due=30)


@pytest.mark.torture
@pytest.mark.parametrize(
    "per_minute",
    ["900", "0"],
    ids=["at a pace that leaves time for many kills", "at full speed"],
)
def test_a_thousand_reminders_under_random_kills(
    receiver: SmtpServer,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    per_minute: str,
):
    monkeypatch.setenv("REMINDERS_PACE", per_minute)
    random = Random(7)
    lives = (random.randrange(200, 2000) for _ in range(1000))
    soak(request.getfixturevalue("runner"), receiver, lives, due=1000)


def run_at_once(runner: Runner, receiver: SmtpServer, *, workers: int, due: int) -> None:
    make_many_due(due)
    counts = runner.run_together(workers)
    received = Counter(receiver.message_ids)
    assert (len(counts), sum(counts)) == (workers, due)
    assert (len(received), set(received.values())) == (due, {1})
    assert Reminder.objects.filter(state="sent").count() == due


def test_several_workers_at_once_send_each_mail_once(runner: Runner, receiver: SmtpServer):
    run_at_once(runner, receiver, workers=3, due=40)


@pytest.mark.torture
def test_eight_workers_at_once_send_a_thousand_mails_once(runner: Runner, receiver: SmtpServer):
    run_at_once(runner, receiver, workers=8, due=1000)
