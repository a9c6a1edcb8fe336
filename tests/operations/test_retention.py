from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Task

from crm.core.models import Counter, JobRun

pytestmark = pytest.mark.django_db


def make_task(*, days: int, success: bool) -> Task:
    stopped = timezone.now() - timedelta(days=days)
    return Task.objects.create(
        id=f"{days}-{success}",
        name="job",
        func="f",
        started=stopped,
        stopped=stopped,
        success=success,
    )


def test_old_tasks_go_whether_they_failed_or_not():
    kept = [make_task(days=13, success=True), make_task(days=13, success=False)]
    make_task(days=15, success=True)
    make_task(days=15, success=False)
    assert "2 Läufe vor dem" in call_command("prune")
    assert set(Task.objects.values_list("pk", flat=True)) == {task.pk for task in kept}


def test_expired_sessions_and_counters_go():
    Session.objects.create(
        session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1)
    )
    Session.objects.create(
        session_key="new", session_data="", expire_date=timezone.now() + timedelta(days=1)
    )
    caches["counters"].add("old", 1, timeout=-1)
    call_command("prune")
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert not Counter.objects.exists()


def test_a_dry_run_deletes_nothing():
    make_task(days=15, success=False)
    assert "Would delete 1 tasks before" in call_command("prune", dry_run=True)
    assert Task.objects.count() == 1
    assert not JobRun.objects.exists()


def test_twice_in_a_row_changes_nothing():
    make_task(days=15, success=False)
    call_command("prune")
    assert "0 Läufe vor dem" in call_command("prune")
