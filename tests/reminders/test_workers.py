"""Two real queue clusters, each with its scheduler and four workers, on one database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from crm.operations.schedules import RUNNER
from reminders.models import FollowUp, Reminder
from reminders.planning import plan_all
from tests.make import make_due
from tests.reminders.test_kills import child_environment
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.torture, pytest.mark.restarts]


@contextmanager
def cluster(environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"], env=environment, start_new_session=True
    )
    try:
        yield
        assert process.poll() is None
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_eight_workers_and_two_schedulers_send_a_thousand_mails_once(receiver: SmtpServer):
    now = timezone.now()
    for _ in range(1000):
        make_due(now)
    # Whatever day and hour it is: asked for by a person, so the window does not matter.
    FollowUp.objects.update(send_now_at=now)
    plan_all(now)
    assert FollowUp.objects.due(timezone.now()).count() == 1000
    call_command("setup_schedules")
    Schedule.objects.exclude(name__in=("send_reminders", "heartbeat")).delete()
    Schedule.objects.update(next_run=now)
    for _ in range(8):
        async_task(RUNNER, "send_reminders")
    connection.close()
    environment = {
        **child_environment(receiver),
        "REMINDERS_STALE_SECONDS": "900",
        "Q_WORKERS": "4",
    }
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(cluster(environment))
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            time.sleep(1)
            is_done = (
                not OrmQ.objects.exists() and not FollowUp.objects.due(timezone.now()).exists()
            )
            # The schedulers look every half minute, which the mails need not take.
            if is_done and Schedule.objects.get(name="send_reminders").task:
                break
    received = Counter(receiver.message_ids)
    assert (len(received), set(received.values())) == (1000, {1})
    assert Counter(Reminder.objects.values_list("state", flat=True)) == {"sent": 1000}
    assert Schedule.objects.get(name="send_reminders").task, "the scheduler did its part too"
