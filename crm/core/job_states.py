"""How the scheduled jobs of the office are doing: for the desk, the health page and `doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter
from django.utils import timezone
from django_q.models import Schedule

from crm.core.models import JobRun
from crm.core.schedules import RUNNER, find_jobs

# A job may be late by its own interval, and by this much before anybody is worried.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class JobState:
    """How a job is doing. `is_still`: it failed, or its last success is older than its rhythm
    allows.
    """

    name: str
    succeeded_at: datetime | None
    summary: str
    is_still: bool


def find_job_states(now: datetime) -> list[JobState]:
    """Return how each scheduled job is doing, those that stand still first."""
    runs = {run.name: run for run in JobRun.objects.all()}
    due = dict(Schedule.objects.filter(func=RUNNER).values_list("name", "next_run"))
    states = []
    for job in find_jobs():
        run = runs.get(job.name)
        last = run.succeeded_at if run else None
        is_late = (
            _is_overdue(due.get(job.name), now) if last is None else _is_late(job.cron, last, now)
        )
        is_still = bool(run and run.is_failing) or is_late
        summary = (run.error if run.is_failing else run.summary) if run else ""
        states.append(JobState(job.name, last, summary, is_still))
    return sorted(states, key=lambda state: (not state.is_still, state.name))


def _is_overdue(next_run: datetime | None, now: datetime) -> bool:
    """True when a job that never succeeded should have. A new office is not ill because its first
    night is to come.
    """
    return next_run is None or next_run < now - PATIENCE


def _is_late(cron: str, last: datetime, now: datetime) -> bool:
    """True when the run after the last success, and the one after that, should both be over."""
    runs = croniter(cron, timezone.localtime(last))
    runs.get_next(datetime)
    missed: datetime = runs.get_next(datetime)
    return now > missed + PATIENCE
