"""The schedules of the queue that runs the office's jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from crm.core.models import JobRun
from crm.operations.operations import Job

# Django-Q2 calls it with the name of the command.
RUNNER = "crm.core.jobs.run_job"


@dataclass(frozen=True)
class ScheduleChanges:
    """How many rows of the queue `write_schedules` added, changed, left and removed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


def write_schedules(jobs: Iterable[Job]) -> ScheduleChanges:
    """Make the schedule rows of Django-Q2 say what `jobs` says. May run twice at once.

    Rows are found by the function they call and their name, which Django-Q2 does not keep unique; a
    second row of a job and the rows of jobs that are gone are removed, rows that a person made are
    left alone. The next run is touched only when the rhythm changed, or each deployment would put
    it off.
    """
    wanted = {job.name: job for job in jobs}
    added = changed = removed = 0
    with transaction.atomic():
        # Locks this row until the end: whoever comes second waits for the first.
        JobRun.objects.update_or_create(
            name="setup_schedules", defaults={"started_at": timezone.now()}
        )
        known: dict[str, Schedule] = {}
        for row in Schedule.objects.filter(func=RUNNER).order_by("pk"):
            if row.name in wanted and row.name not in known:
                known[row.name] = row
            else:
                row.delete()
                removed += 1
        for job in wanted.values():
            if job.name not in known:
                added += 1
                _write(Schedule(name=job.name, func=RUNNER), job)
            elif _differs(known[job.name], job):
                changed += 1
                _write(known[job.name], job)
    return ScheduleChanges(added, changed, len(wanted) - added - changed, removed)


def _fields(job: Job) -> dict[str, Any]:
    return {
        "schedule_type": Schedule.CRON,
        "cron": job.cron,
        "args": repr((job.name,)),
        "repeats": -1,
    }


def _differs(row: Schedule, job: Job) -> bool:
    return any(getattr(row, field) != value for field, value in _fields(job).items())


def _write(row: Schedule, job: Job) -> None:
    for field, value in _fields(job).items():
        setattr(row, field, value)
    row.next_run = row.calculate_next_run()
    row.save()
