"""Jobs: commands that run on a schedule, leave a sign of their last run, and say in one sentence what they did."""

from __future__ import annotations

import logging
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from crm.core.models import JobRun

logger = logging.getLogger(__name__)


class JobCommand(BaseCommand):
    """A command that is also a schedule. Subclasses write `run`, which returns one sentence of sums."""

    def run(self, **options: Any) -> str:
        raise NotImplementedError(f"{type(self).__module__} has no run().")

    def handle(self, *args: Any, **options: Any) -> str:
        name = type(self).__module__.rpartition(".")[2]
        job, _created = JobRun.objects.update_or_create(name=name, defaults={"started_at": timezone.now()})
        try:
            summary = self.run(**options)
        except Exception as error:
            job.failed_at, job.error = timezone.now(), f"{type(error).__name__}: {error}"
            job.save(update_fields=["failed_at", "error"])
            raise
        job.succeeded_at, job.summary, job.error = timezone.now(), summary, ""
        job.save(update_fields=["succeeded_at", "summary", "error"])
        logger.info("%s: %s", name, summary)
        return summary


def run_job(name: str) -> str:
    """Run the command `name`; Django-Q2 calls this, so that schedule and command line do the same."""
    return str(call_command(name))
