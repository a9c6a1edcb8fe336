from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.core.health import examine
from crm.core.models import JobRun
from feedback.public.models import Form
from feedback.public.services import PULL

pytestmark = pytest.mark.django_db


def problems() -> dict[str, str]:
    return {finding.name: finding.detail for finding in examine(timezone.now()) if not finding.is_ok}


def test_a_new_vps_says_what_is_missing():
    assert set(problems()) == {"office", "form"}


def test_a_vps_in_use_is_sound():
    Form.objects.create(pk=1, content={})
    JobRun.objects.create(name=PULL, succeeded_at=timezone.now())
    assert problems() == {}


def test_an_office_that_fell_silent_is_noticed():
    Form.objects.create(pk=1, content={})
    JobRun.objects.create(name=PULL, succeeded_at=timezone.now() - timedelta(hours=30))
    assert problems() == {"office": "It has not fetched answers for 30 hours; 0 wait."}


def test_what_is_ready_is_not_told_to_the_internet(client):
    assert client.get("/readyz").status_code == 404
