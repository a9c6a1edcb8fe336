from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from croniter import croniter
from django.core.management import call_command, get_commands
from django.db import connections
from django.utils import timezone
from django_q.models import Schedule

from crm.operations.schedules import JOBS, RUNNER, Job, write_schedules

MINUTELY = Job("heartbeat", "* * * * *")
NIGHTLY = Job("prune", "30 1 * * *")


@pytest.mark.django_db
def test_a_job_becomes_a_schedule_of_the_queue():
    assert write_schedules([MINUTELY]) == (1, 0)
    row = Schedule.objects.get()
    assert (row.name, row.func, row.args, row.cron) == (
        "heartbeat",
        RUNNER,
        "('heartbeat',)",
        "* * * * *",
    )
    assert timezone.now() < row.next_run <= timezone.now() + timedelta(minutes=1)


@pytest.mark.django_db
def test_a_nightly_job_runs_next_at_its_time():
    write_schedules([NIGHTLY])
    assert timezone.localtime(Schedule.objects.get().next_run).strftime("%H:%M") == "01:30"


@pytest.mark.django_db
def test_writing_twice_changes_nothing():
    write_schedules([MINUTELY, NIGHTLY])
    before = list(Schedule.objects.values())
    assert write_schedules([MINUTELY, NIGHTLY]) == (0, 0)
    assert list(Schedule.objects.values()) == before


@pytest.mark.django_db
def test_a_changed_rhythm_changes_the_next_run():
    write_schedules([MINUTELY])
    assert write_schedules([Job("heartbeat", "30 1 * * *")]) == (1, 1)
    assert timezone.localtime(Schedule.objects.get().next_run).strftime("%H:%M") == "01:30"


@pytest.mark.django_db
def test_jobs_that_are_gone_and_second_rows_are_removed_and_those_of_a_person_kept():
    write_schedules([MINUTELY, NIGHTLY])
    Schedule.objects.create(name="heartbeat", func=RUNNER, args="('heartbeat',)")
    Schedule.objects.create(name="of a person", func="math.sqrt", args="2")
    assert write_schedules([MINUTELY]) == (0, 2)
    assert set(Schedule.objects.values_list("name", flat=True)) == {"heartbeat", "of a person"}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_each_row_once():
    def write(_: int) -> None:
        write_schedules([MINUTELY, NIGHTLY])
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert Schedule.objects.count() == 2


@pytest.mark.django_db
def test_every_schedule_names_a_command_and_keeps_out_of_the_hour_that_comes_twice():
    assert MINUTELY in JOBS
    for job in JOBS:
        assert job.name in get_commands()
        hours = croniter.expand(job.cron)[0][1]
        assert "*" in hours or 2 not in hours


@pytest.mark.django_db
def test_the_command_says_what_it_did():
    summary = call_command("setup_schedules")
    assert summary.startswith("Done, ")
    assert call_command("setup_schedules").startswith("Done, 0 schedules added, 0 removed")
