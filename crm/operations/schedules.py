"""The list of the office's jobs, and their schedules in the queue that runs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from crm.core.models import JobRun

# Django-Q2 calls it with the name of the command.
RUNNER = "crm.core.jobs.run_job"


@dataclass(frozen=True)
class Job:
    """When the command `name` runs: a cron expression in local time."""

    name: str
    cron: str


# Fixed times keep out of 02:00 to 03:00, which happens twice on the day summer time ends.
JOBS = [
    Job("heartbeat", "* * * * *"),
    Job("backup", "30 0 * * *"),
    Job("prune", "30 3 * * *"),
    Job("import_offers", "* * * * *"),
    Job("sync_feedback", "* * * * *"),
    Job("send_reminders", "*/5 * * * *"),
    Job("plan_reminders", "15 4 * * *"),
    Job("send_digest", "30 7 * * 1-6"),
]


@transaction.atomic
def write_schedules(jobs: Iterable[Job]) -> tuple[int, int]:
    """Make the schedules of Django-Q2 those of `jobs`; return how many were added and removed.

    Schedules that a person made are left alone.
    """
    # Locks this row until the end: a concurrent call waits for this one.
    JobRun.objects.update_or_create(name="setup_schedules", defaults={"started_at": timezone.now()})
    missing = {job.name: job for job in jobs}
    removed = 0
    # Django-Q2 does not keep names unique, so a job may have a second row.
    for row in Schedule.objects.filter(func=RUNNER).order_by("pk"):
        job = missing.get(row.name)
        if job is not None and (row.schedule_type, row.cron) == (Schedule.CRON, job.cron):
            # Kept, because a new row at each deployment would delay its next run.
            del missing[job.name]
        else:
            row.delete()
            removed += 1
    for job in missing.values():
        _add_schedule(job)
    return len(missing), removed


def _add_schedule(job: Job) -> None:
    # Django-Q2 parses `args` as a Python literal.
    row = Schedule(name=job.name, func=RUNNER, args=repr((job.name,)), repeats=-1)
    row.schedule_type, row.cron = Schedule.CRON, job.cron
    row.next_run = row.calculate_next_run()
    row.save()
