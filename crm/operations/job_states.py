"""Find the states of the scheduled jobs of the office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter
from django.utils import timezone
from django_q.models import Schedule

from crm.core.models import JobRun
from crm.operations.schedules import JOBS, RUNNER

# A job may be late by its own interval and by this much before it counts as a problem.
GRACE = timedelta(minutes=10)


@dataclass(frozen=True)
class JobState:
    """State of a job. `has_problem`: it failed, or its last success is older than its schedule."""

    name: str
    succeeded_at: datetime | None
    summary: str
    has_problem: bool


def find_job_states(now: datetime) -> list[JobState]:
    """Return the state of each job, those with a problem first."""
    runs = {run.name: run for run in JobRun.objects.all()}
    next_runs = dict(Schedule.objects.filter(func=RUNNER).values_list("name", "next_run"))
    states = []
    for job in JOBS:
        run = runs.get(job.name) or JobRun(name=job.name)
        if run.succeeded_at is None:
            is_late = _has_missed_first_run(next_runs.get(job.name), now)
        else:
            is_late = _has_missed_two_runs(job.cron, run.succeeded_at, now)
        summary = run.error if run.is_failing else run.summary
        states.append(JobState(job.name, run.succeeded_at, summary, run.is_failing or is_late))
    return sorted(states, key=lambda state: (not state.has_problem, state.name))


def _has_missed_first_run(next_run: datetime | None, now: datetime) -> bool:
    # A new office has no problem, although its nightly jobs have not run yet.
    return next_run is None or next_run < now - GRACE


def _has_missed_two_runs(cron: str, last: datetime, now: datetime) -> bool:
    runs = croniter(cron, timezone.localtime(last))
    runs.get_next(datetime)
    second: datetime = runs.get_next(datetime)
    return now > second + GRACE
