from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from crm.core.checks import check_database_version


def found(**kwargs) -> set[str]:
    return {message.id for message in run_checks(**kwargs)}


def test_a_configured_office_passes_all_checks():
    assert found() == set()


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("FEEDBACK_BASE_URL", "", "core.W001"),
        ("FEEDBACK_BASE_URL", "feedback.example.com", "core.E001"),
        ("FEEDBACK_BASE_URL", "https://feedback.example.com/?a=1", "core.E001"),
        ("OFFERS_OWN_DOMAINS", [], "offers.W001"),
        ("OFFERS_OWN_DOMAINS", ["info@example.com"], "offers.E001"),
        ("OFFERS_OWN_ADDRESSES", ["provider.example"], "offers.E003"),
        ("OFFERS_NUMBER_PATTERN", "AN-(", "offers.E002"),
        ("OFFERS_NUMBER_PATTERN", r"AN-\d+", "offers.E002"),
        ("OFFERS_NUMBER_PATTERN", "((?:a|aa){40})b", "offers.E002"),
        ("FEEDBACK_API_KEY", "", "feedback.W001"),
        ("FEEDBACK_SEALING_PRIVATE_KEY", "", "feedback.W002"),
        ("FEEDBACK_SEALING_PRIVATE_KEY", "short", "feedback.E001"),
        ("REMINDERS_GO_LIVE_ON", "1.9.2026", "reminders.E001"),
        ("DEFAULT_FROM_EMAIL", "", "reminders.E002"),
    ],
)
def test_a_mistake_in_a_setting_is_named(settings, setting: str, value: object, expected: str):
    setattr(settings, setting, value)
    assert found() == {expected}


def test_every_check_has_a_hint(settings):
    settings.FEEDBACK_BASE_URL = settings.FEEDBACK_API_KEY = (
        settings.FEEDBACK_SEALING_PRIVATE_KEY
    ) = ""
    settings.OFFERS_OWN_DOMAINS = []
    assert len(run_checks()) == 4
    assert all(message.hint for message in run_checks())


def test_a_deployment_needs_admins(settings):
    settings.ADMINS = []
    assert "core.W002" in found(include_deployment_checks=True)
    settings.ADMINS = [("Admin", "it@example.com")]
    assert "core.W002" not in found(include_deployment_checks=True)


@pytest.mark.django_db
def test_a_database_of_another_version_is_refused_in_a_sentence() -> None:
    MigrationRecorder(connection).record_applied("core", "0007_from_before")
    (found,) = check_database_version(None, databases=["default"])
    assert "core.0007_from_before" in found.msg
    assert "make demo-reset" in (found.hint or "")


@pytest.mark.django_db
def test_a_database_of_this_version_is_accepted() -> None:
    assert check_database_version(None, databases=["default"]) == []
