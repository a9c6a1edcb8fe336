"""Admins get one mail when a problem begins and one when it is over, whatever else has failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import TextChoices
from django.utils import timezone

from crm.core.health import Finding
from crm.core.incidents import begin_incident, end_incident
from crm.operations import alarms
from crm.operations.health.machine import check_incidents
from crm.operations.operations import Operations
from tests.servers import free_port
from tests.smtp_server import SmtpServer, smtp_server

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.get_default_timezone())
LOOK = timedelta(minutes=5)


@pytest.fixture
def findings(monkeypatch) -> list[Finding]:
    """What the health checks find: the test decides."""
    found: list[Finding] = []
    monkeypatch.setattr(alarms, "examine", lambda now, outside: list(found))
    return found


@pytest.fixture
def inbox(settings, tmp_path: Path) -> Iterator[SmtpServer]:
    settings.HEALTH_FILE = str(tmp_path / "health.json")
    settings.ADMINS = [("Admin", "it@muster-metallbau.example")]
    with smtp_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


DISK = Finding("disk", "Only 0.1 GB are free.", is_ok=False)


def subjects(inbox: SmtpServer) -> list[str]:
    return [str(mail["Subject"]) for mail in inbox.mails]


def test_a_problem_is_mailed_once_and_its_end_once(findings: list[Finding], inbox: SmtpServer):
    findings.append(DISK)
    for look in range(6):
        alarms.watch(NOW + look * LOOK)
    findings.clear()
    for look in range(6, 9):
        alarms.watch(NOW + look * LOOK)
    assert subjects(inbox) == ["Nachfass alarm: disk", "Nachfass, over: disk"]
    assert "Only 0.1 GB are free." in inbox.mails[0].get_content()


def test_a_problem_that_is_over_at_the_next_check_is_not_mailed(
    findings: list[Finding], inbox: SmtpServer
):
    for look in range(10):
        findings[:] = [DISK] if look % 2 else []
        alarms.watch(NOW + look * LOOK)
    assert subjects(inbox) == []


def test_problems_that_begin_together_are_one_mail(findings: list[Finding], inbox: SmtpServer):
    findings += [DISK, Finding("clock", "It was set back.", is_ok=False)]
    alarms.watch(NOW)
    alarms.watch(NOW + LOOK)
    assert subjects(inbox) == ["Nachfass alarm: disk, clock"]


class Kind(TextChoices):
    HELD = "held", "sending is held"


def test_an_incident_that_lasts_is_mailed_once_and_its_end_once(inbox: SmtpServer, monkeypatch):
    operations = Operations(checks=[check_incidents], pruners=[])
    monkeypatch.setattr("crm.operations.health.get_operations", lambda: operations)
    begin_incident(Kind.HELD, "12 reminders wait.", NOW)
    for look in range(3):
        alarms.watch(NOW + look * LOOK)
    end_incident(Kind.HELD, NOW)
    alarms.watch(NOW + 3 * LOOK)
    assert subjects(inbox) == ["Nachfass alarm: sending is held", "Nachfass, over: sending is held"]
    assert "12 reminders wait." in inbox.mails[0].get_content()


def test_without_a_mail_server_it_is_mailed_as_soon_as_there_is_one(
    findings: list[Finding], inbox: SmtpServer, settings
):
    findings.append(DISK)
    working, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    for look in range(4):
        assert "0 mailed as begun" in alarms.watch(NOW + look * LOOK)
    settings.EMAIL_PORT = working
    assert "1 mailed as begun" in alarms.watch(NOW + 4 * LOOK)
    assert subjects(inbox) == ["Nachfass alarm: disk"]


def test_a_second_mail_server_takes_alarms_about_the_first(
    findings: list[Finding], inbox: SmtpServer, settings
):
    settings.ALARM_EMAIL = {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": settings.EMAIL_PORT,
        "EMAIL_HOST_USER": None,
        "EMAIL_HOST_PASSWORD": None,
    }
    settings.EMAIL_PORT = free_port()
    findings.append(Finding("mail server", "It refuses the password.", is_ok=False))
    alarms.watch(NOW)
    alarms.watch(NOW + LOOK)
    assert subjects(inbox) == ["Nachfass alarm: mail server"]


def test_a_database_that_fails_does_not_end_other_problems(
    findings: list[Finding], inbox: SmtpServer
):
    findings.append(DISK)
    alarms.watch(NOW)
    alarms.watch(NOW + LOOK)
    findings[:] = [Finding("database", "It takes no write.", is_ok=False)]
    alarms.watch(NOW + 2 * LOOK)
    alarms.watch(NOW + 3 * LOOK)
    findings[:] = [DISK]
    alarms.watch(NOW + 4 * LOOK)
    assert subjects(inbox) == [
        "Nachfass alarm: disk",
        "Nachfass alarm: database",
        "Nachfass, over: database",
    ]


def test_the_command_runs_the_real_checks(inbox: SmtpServer, settings):
    settings.FEEDBACK_BASE_URL = settings.FEEDBACK_API_URL = settings.OFFICE_BASE_URL = ""
    summary = call_command("watch_health")
    assert "0 mailed as begun" in summary
    assert "mail folders" in Path(settings.HEALTH_FILE).read_text()


def test_the_health_page_shows_the_last_result_of_the_outside_checks(
    client, findings: list[Finding], inbox: SmtpServer
):
    findings.append(Finding("certificate", "It is valid for 3 more days.", is_ok=False))
    alarms.watch(timezone.now())
    problems = client.get("/readyz").json()["problems"]
    assert "certificate: It is valid for 3 more days." in problems


def test_a_timer_that_has_stopped_is_noticed(client, findings: list[Finding], inbox: SmtpServer):
    alarms.watch(timezone.now() - timedelta(hours=2))
    assert any(
        problem.startswith("watch: Der Zustand wurde zuletzt um")
        for problem in client.get("/readyz").json()["problems"]
    )
