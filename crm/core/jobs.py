"""Jobs: commands that run on a schedule, leave a sign of their last run, and say in one sentence
what they did.
"""

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
    """A command that is also a schedule. Subclasses write `run`, which returns one sentence of
    sums.

    What a person must act on is raised as CommandError with one whole sentence, which is kept as it
    stands. With `--dry-run` nothing is recorded: a rehearsal is no sign of life.
    """

    def run(self, **options: Any) -> str:
        raise NotImplementedError(f"{type(self).__module__} has no run().")

    def handle(self, *args: Any, **options: Any) -> str:
        if options.get("dry_run"):
            return self.run(**options)
        return record_run(type(self).__module__.rpartition(".")[2], lambda: self.run(**options))


def record_run(name: str, act: Callable[[], str]) -> str:
    """Call `act` as one run of the job `name`: its start, its outcome and its sentence are kept in
    JobRun.

    For long-lived commands (`--watch`) that do many runs. Raises what `act` raises, after recording
    it.
    """
    job, _created = JobRun.objects.update_or_create(
        name=name, defaults={"started_at": timezone.now()}
    )
    try:
        summary = act()
    except Exception as error:
        job.failed_at, job.error = timezone.now(), _sentence(error)
        logger.warning("%s failed: %s", name, job.error)
        # The database may be what failed; then its own error must reach the log, not ours about
        # recording it.
        with suppress(DatabaseError):
            job.save(update_fields=["failed_at", "error"])
        raise
    job.succeeded_at, job.summary, job.error = timezone.now(), summary, ""
    job.save(update_fields=["succeeded_at", "summary", "error"])
    logger.info("%s: %s", name, summary)
    return summary


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, CommandError) else f"{type(error).__name__}: {error}"


def run_job(name: str) -> str:
    """Run the command `name`; Django-Q2 calls this, so that schedule and command line do the
    same.
    """
    return str(call_command(name, stdout=StringIO()))
