from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from crm.core.models import JobRun
from crm.operations.alarm_state import save_problems
from crm.operations.health import examine
from feedback.public.models import FormContent
from feedback.public.services import PULL
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _is_watched(settings, tmp_path):
    settings.HEALTH_FILE = str(tmp_path / "health.json")
    save_problems(timezone.now(), [])


def problems() -> dict[str, str]:
    return {
        finding.name: finding.detail for finding in examine(timezone.now()) if not finding.is_ok
    }


def test_a_new_vps_says_what_is_missing():
    assert set(problems()) == {"office", "form"}


def test_a_vps_in_use_is_sound():
    FormContent.objects.create(pk=1, content={})
    JobRun.objects.create(name=PULL, succeeded_at=timezone.now())
    assert problems() == {}


def test_an_office_that_has_stopped_fetching_is_noticed():
    FormContent.objects.create(pk=1, content={})
    JobRun.objects.create(name=PULL, succeeded_at=timezone.now() - timedelta(hours=30))
    assert problems() == {
        "office": "The office has not fetched answers for 30 hours; 0 are waiting."
    }


def test_the_admins_are_mailed_once_that_answers_are_not_fetched(settings):
    settings.ADMINS = [("Admin", "it@muster-metallbau.example")]
    settings.DEFAULT_FROM_EMAIL = settings.SERVER_EMAIL = "vps@muster-metallbau.example"
    FormContent.objects.create(pk=1, content={})
    pull = JobRun.objects.create(name=PULL, succeeded_at=timezone.now() - timedelta(hours=25))
    with smtp_server() as inbox:
        settings.EMAIL_PORT = inbox.port
        for _hour in range(3):
            call_command("watch_pulls")
        JobRun.objects.filter(pk=pull.pk).update(succeeded_at=timezone.now())
        for _hour in range(3):
            call_command("watch_pulls")
    assert [mail["Subject"] for mail in inbox.mails] == [
        "Nachfass alarm: office",
        "Nachfass, over: office",
    ]
    assert (
        "The office has not fetched answers for 25 hours; 0 are waiting."
        in inbox.mails[0].get_content()
    )


def test_a_backup_that_is_missing_is_noticed():
    FormContent.objects.create(pk=1, content={})
    now = timezone.now()
    JobRun.objects.create(name=PULL, succeeded_at=now)
    JobRun.objects.create(name="backup", succeeded_at=now - timedelta(days=3))
    assert set(problems()) == {"backup"}


def test_the_public_service_has_no_readyz(client):
    assert client.get("/readyz").status_code == 404
