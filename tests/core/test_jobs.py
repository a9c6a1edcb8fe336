from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.management.base import CommandError

from crm.core.jobs import JobCommand, record_run, run_job
from crm.core.models import JobRun

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)


class Command(JobCommand):
    """A job whose module is this test, so its name is `test_jobs`."""

    def run(self, **options: Any) -> str:
        if options.get("fail"):
            raise CommandError("The folder /mnt/david is not there. Mount it.")
        return "Done, 3 sent."


def test_a_run_records_its_time_and_its_sentence():
    with time_machine.travel(NOW, tick=False):
        assert Command().handle() == "Done, 3 sent."
    job = JobRun.objects.get(name="test_jobs")
    assert (job.started_at, job.succeeded_at, job.summary) == (NOW, NOW, "Done, 3 sent.")
    assert not job.is_failing


def test_a_failure_keeps_its_sentence_and_the_last_success():
    Command().handle()
    with pytest.raises(CommandError):
        Command().handle(fail=True)
    job = JobRun.objects.get(name="test_jobs")
    assert job.error == "The folder /mnt/david is not there. Mount it."
    assert job.summary == "Done, 3 sent."
    assert job.is_failing


def test_the_next_success_clears_the_failure():
    with pytest.raises(CommandError):
        Command().handle(fail=True)
    Command().handle()
    job = JobRun.objects.get(name="test_jobs")
    assert job.error == ""
    assert not job.is_failing


def test_an_unexpected_error_is_kept_with_its_kind():
    def act() -> str:
        return {}["missing"]

    with pytest.raises(KeyError):
        record_run("job", act)
    assert JobRun.objects.get(name="job").error == "KeyError: 'missing'"


def test_a_dry_run_is_not_recorded():
    assert Command().handle(dry_run=True) == "Done, 3 sent."
    assert not JobRun.objects.exists()


def test_the_queue_runs_the_command_of_that_name():
    assert run_job("heartbeat") == "Der Worker führt die Dienste aus."
    assert JobRun.objects.get(name="heartbeat").succeeded_at
