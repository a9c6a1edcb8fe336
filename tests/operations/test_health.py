from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import Task

from crm.core.health import Finding
from crm.core.models import JobRun
from crm.operations import health
from crm.operations.alarm_state import save_problems
from crm.operations.health import examine, machine
from crm.operations.office import OPERATIONS
from crm.operations.schedules import JOBS, Job
from feedback.backoffice.models import RejectedAnswer, SyncState
from offers.models import MailFolder

pytestmark = pytest.mark.django_db


@pytest.fixture
def sound_office(tmp_path, settings) -> MailFolder:
    """Everything as it is on a good day."""
    now = timezone.now()
    settings.HEALTH_FILE = str(tmp_path / "health.json")
    save_problems(now, [])
    for job in JOBS:
        JobRun.objects.create(name=job.name, started_at=now, succeeded_at=now, summary="Done.")
    SyncState.objects.create(pk=1, pulled_at=now)
    return MailFolder.objects.create(name="David", path=str(tmp_path))


def problems(now: datetime | None = None) -> dict[str, str]:
    return {
        finding.name: finding.detail
        for finding in examine(now or timezone.now())
        if not finding.is_ok
    }


def test_a_sound_office_is_ready(client, sound_office):
    response = client.get("/readyz")
    assert response.json() == {"status": "ok"}
    assert response.status_code == 200


def test_each_problem_is_a_reason(client, sound_office):
    MailFolder.objects.update(path="/nowhere")
    response = client.get("/readyz")
    assert response.status_code == 503
    (problem,) = response.json()["problems"]
    assert problem.startswith("mail folder David: /nowhere kann nicht gelesen werden.")


def test_a_worker_that_has_stopped_is_noticed(sound_office):
    JobRun.objects.filter(name="heartbeat").update(succeeded_at=timezone.now() - timedelta(hours=3))
    assert problems() == {"heartbeat": "Zuletzt erledigt: vor 3 Stunden. Done."}


def test_a_job_that_is_not_due_yet_is_no_problem(sound_office):
    call_command("setup_schedules")
    JobRun.objects.filter(name="prune").delete()
    assert "prune" not in problems()
    assert "prune" in problems(timezone.now() + timedelta(days=2))


def test_a_job_without_a_schedule_is_noticed(sound_office):
    JobRun.objects.filter(name="prune").delete()
    assert "setup_schedules" in problems()["prune"]


def test_a_weekend_is_no_problem_for_a_job_of_working_days(sound_office, monkeypatch):
    monkeypatch.setattr("crm.operations.job_states.JOBS", [Job("send_digest", "30 7 * * 1-5")])
    friday = datetime(2026, 9, 11, 7, 30, tzinfo=timezone.get_current_timezone())
    JobRun.objects.update_or_create(name="send_digest", defaults={"succeeded_at": friday})
    assert "send_digest" not in problems(friday + timedelta(days=1))
    assert "send_digest" in problems(friday + timedelta(days=5))


def test_a_job_that_failed_says_why(sound_office):
    JobRun.objects.filter(name="sync_feedback").update(
        failed_at=timezone.now(), error="The key is wrong."
    )
    assert "The key is wrong." in problems()["sync_feedback"]


def test_old_and_rejected_answers_are_noticed(sound_office):
    SyncState.objects.update(pulled_at=timezone.now() - timedelta(hours=2))
    RejectedAnswer.objects.create(uid="b" * 32, content={}, error="no such link")
    assert set(problems()) == {"answers", "rejected answers"}


def test_an_invalid_sealing_key_is_noticed(sound_office, settings):
    settings.FEEDBACK_SEALING_PRIVATE_KEY = "short"
    assert "make_keys" in problems()["sealing key"]


def test_a_clock_that_was_set_back_is_noticed(sound_office):
    assert "Die Uhr wurde zurückgestellt" in problems(timezone.now() - timedelta(hours=1))["clock"]


def test_clocks_that_differ_are_noticed(sound_office):
    SyncState.objects.update(clock_skew_seconds=-300)
    assert "Zeitserver" in problems()["clocks"]


def test_a_failed_task_is_noticed_until_its_job_succeeds(sound_office):
    stopped = timezone.now() + timedelta(seconds=1)
    fields = {
        "id": "a" * 32,
        "name": "a",
        "func": "f",
        "group": "import_offers",
        "started": stopped,
    }
    Task.objects.create(**fields, stopped=stopped, success=False)
    assert problems()["failed tasks"].startswith("import_offers ist fehlgeschlagen.")
    JobRun.objects.filter(name="import_offers").update(succeeded_at=stopped + timedelta(seconds=1))
    assert "failed tasks" not in problems()


def test_a_full_disk_is_noticed(sound_office, monkeypatch):
    monkeypatch.setattr(machine, "MIN_FREE_BYTES", 10**18)
    assert "Schaffen Sie Platz" in problems()["disk"]


def test_a_check_that_raises_does_not_hide_the_others(sound_office, monkeypatch):
    def broken(now: datetime) -> Iterator[Finding]:
        raise RuntimeError("no idea")

    operations = replace(OPERATIONS, checks=[broken, *OPERATIONS.checks])
    monkeypatch.setattr(health, "get_operations", lambda: operations)
    findings = list(examine(timezone.now()))
    assert [finding.detail for finding in findings if not finding.is_ok] == [
        "The check failed: RuntimeError: no idea"
    ]
    assert len(findings) > 5


def test_the_doctor_prints_a_line_per_check_and_fails_with_one(sound_office, settings):
    settings.EMAIL_PORT = 1
    settings.FEEDBACK_API_URL = settings.FEEDBACK_BASE_URL = settings.OFFICE_BASE_URL = ""
    settings.DEFAULT_FROM_EMAIL = ""
    out = StringIO()
    with pytest.raises(CommandError, match=r"4 von \d+ Prüfungen"):
        call_command("doctor", stdout=out)
    lines = out.getvalue().splitlines()
    assert sum(line.startswith("FAIL") for line in lines) == 4
    assert any(
        line.startswith("FAIL mail server: Es kann keine Mail gesendet werden, connect")
        for line in lines
    )


def test_healthz_says_nothing_but_ok(client):
    assert client.get("/healthz").json() == {"status": "ok"}
