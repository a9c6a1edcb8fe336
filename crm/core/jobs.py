"""Jobs: commands that run on a schedule, record their last run, and return a sentence of sums."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from crm.core.models import JobRun

logger = logging.getLogger(__name__)


class JobCommand(BaseCommand):
    """A command that is also a job. Subclasses define `run`, which returns one sentence of sums.

    An error on which a person must act is raised as CommandError with one whole sentence.
    """

    def run(self, **options: Any) -> str:
        raise NotImplementedError(f"{type(self).__module__} has no run().")

    def handle(self, *args: Any, **options: Any) -> str:
        # Not recorded, because nothing was changed.
        if options.get("dry_run"):
            return self.run(**options)
        return record_run(type(self).__module__.rpartition(".")[2], lambda: self.run(**options))


def record_run(name: str, act: Callable[[], str]) -> str:
    """Call `act`, record its start and its outcome in JobRun, and return its sentence."""
    started = {"started_at": timezone.now()}
    job, _created = JobRun.objects.update_or_create(name=name, defaults=started)
    try:
        summary = act()
    except Exception as error:
        job.failed_at, job.error = timezone.now(), _sentence(error)
        logger.warning("%s failed: %s", name, job.error)
        # When the database has failed, its first error is raised, not that of recording it.
        with suppress(DatabaseError):
            job.save(update_fields=["failed_at", "error"])
        raise
    job.succeeded_at, job.summary, job.error = timezone.now(), summary, ""
    job.save(update_fields=["succeeded_at", "summary", "error"])
    logger.info("%s: %s", name, summary)
    return summary


def _sentence(error: Exception) -> str:
    if isinstance(error, CommandError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def run_job(name: str) -> str:
    """Run the command `name`. Django-Q2 calls this."""
    return str(call_command(name, stdout=StringIO()))
