"""Health checks of the office's jobs and of the queue that runs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django_q.models import Failure, OrmQ

from crm.core.health import Finding
from crm.core.models import JobRun
from crm.operations.health.machine import describe_last_success
from crm.operations.job_states import JobState, find_job_states


def check_jobs(now: datetime) -> Iterator[Finding]:
    """Check that each job succeeds as often as it is scheduled."""
    for state in find_job_states(now):
        yield Finding(state.name, _describe(state, now), is_ok=not state.has_problem)


def _describe(state: JobState, now: datetime) -> str:
    if state.succeeded_at is not None:
        sentences = [describe_last_success(state.succeeded_at, now)]
        if state.has_problem:
            sentences.append(state.summary)
    elif state.has_problem:
        hint = _(
            "Is the worker running (`python manage.py qcluster`), and was `setup_schedules` run?"
        )
        sentences = [_("It has never succeeded."), state.summary, hint]
    else:
        sentences = [_("It has not been due yet.")]
    return " ".join(filter(None, sentences))


def check_tasks(now: datetime) -> Iterator[Finding]:
    """Check that no task waits long, which means that the worker hangs."""
    waiting = OrmQ.objects.filter(lock__lt=now - timedelta(minutes=30)).count()
    if waiting:
        words = _("%s tasks have waited for more than 30 minutes. Restart the worker.")
        yield Finding("queue", words % waiting, is_ok=False)
    else:
        yield Finding("queue", _("No task has waited for more than 30 minutes."))


def check_failed_tasks(now: datetime) -> Iterator[Finding]:
    """Check that no task failed within a day without a later success of its job."""
    # A task that was killed is recorded by the queue, not by its job.
    succeeded = dict(JobRun.objects.exclude(succeeded_at=None).values_list("name", "succeeded_at"))
    failures = Failure.objects.filter(stopped__gt=now - timedelta(days=1))
    failed = set()
    for job, stopped in failures.values_list("group", "stopped"):
        if job not in succeeded or succeeded[job] < stopped:
            failed.add(job or "?")
    if failed:
        words = _("%s failed. See “Failed tasks” in the back office.")
        yield Finding("failed tasks", words % ", ".join(sorted(failed)), is_ok=False)
    else:
        yield Finding("failed tasks", _("No failed task is open."))
