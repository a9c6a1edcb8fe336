"""How the scheduled jobs of the office are doing: for the desk, the health page and `doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter
from django.utils import timezone

from crm.core.models import JobRun
from crm.core.schedules import find_jobs

# A job may be late by its own interval, and by this much before anybody is worried.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class JobState:
    """How a job is doing. `is_still`: it failed, or its last success is older than its rhythm allows."""

    name: str
    succeeded_at: datetime | None
    summary: str
    is_still: bool


def find_job_states(now: datetime) -> list[JobState]:
    """Return how each scheduled job is doing, those that stand still first."""
    runs = {run.name: run for run in JobRun.objects.all()}
    states = []
    for job in find_jobs():
        run = runs.get(job.name)
        last = run.succeeded_at if run else None
        is_still = bool(run and run.is_failing) or last is None or _is_late(job.cron, last, now)
        summary = (run.error if run.is_failing else run.summary) if run else ""
        states.append(JobState(job.name, last, summary, is_still))
    return sorted(states, key=lambda state: (not state.is_still, state.name))


def _is_late(cron: str, last: datetime, now: datetime) -> bool:
    """True when the run after the last success, and the one after that, should both be over."""
    runs = croniter(cron, timezone.localtime(last))
    runs.get_next(datetime)
    missed: datetime = runs.get_next(datetime)
    return now > missed + PATIENCE
