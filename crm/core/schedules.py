"""The schedules of the office: each app lists its jobs in its own `schedules.py` as `SCHEDULES`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.db import connection, transaction
from django.utils.module_loading import module_has_submodule


@dataclass(frozen=True)
class Job:
    """When the command `name` runs: a cron expression in local time.

    Keep fixed times out of 02:00 to 03:00, which happens twice on the day summer time ends.
    """

    name: str
    cron: str


@dataclass(frozen=True)
class ScheduleChanges:
    """What `write_schedules` did to the rows of the queue."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


SCHEDULES = [Job("heartbeat", "* * * * *"), Job("backup", "30 0 * * *"), Job("prune", "30 3 * * *")]
RUNNER = "crm.core.jobs.run_job"


def find_jobs() -> Iterator[Job]:
    """Yield the jobs of all installed apps, in the order of INSTALLED_APPS."""
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "schedules"):
            yield from getattr(import_module(f"{config.name}.schedules"), "SCHEDULES", [])


def write_schedules(jobs: Iterable[Job]) -> ScheduleChanges:
    """Make the schedule rows of Django-Q2 say what `jobs` says: idempotent, also when run twice at
    once.

    Rows are found by the function they call and their name, which Django-Q2 does not keep unique; a
    second row of a job and the rows of jobs that are gone are removed, rows that a person made are
    left alone. The next run is touched only when the rhythm changed, or each deployment would put
    it off.
    """
    from django_q.models import Schedule  # noqa: PLC0415  (the public profile has no queue)

    wanted = {job.name: job for job in jobs}
    added = changed = removed = 0
    with transaction.atomic():
        _lock_table(Schedule._meta.db_table)
        known: dict[str, Schedule] = {}
        for row in Schedule.objects.filter(func=RUNNER).order_by("pk"):
            if row.name in wanted and row.name not in known:
                known[row.name] = row
            else:
                row.delete()
                removed += 1
        for job in wanted.values():
            is_new = job.name not in known
            row = known.get(job.name) or Schedule(name=job.name, func=RUNNER)
            rhythm = {
                "schedule_type": Schedule.CRON,
                "cron": job.cron,
                "args": repr((job.name,)),
                "repeats": -1,
            }
            if all(getattr(row, field) == value for field, value in rhythm.items()):
                continue
            for field, value in rhythm.items():
                setattr(row, field, value)
            row.next_run = row.calculate_next_run()
            row.save()
            added, changed = added + is_new, changed + (not is_new)
    return ScheduleChanges(added, changed, len(wanted) - added - changed, removed)


def _lock_table(name: str) -> None:
    # SQLite's transactions are IMMEDIATE here and lock the whole database by themselves.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"LOCK TABLE {connection.ops.quote_name(name)} IN SHARE ROW EXCLUSIVE MODE"
            )
