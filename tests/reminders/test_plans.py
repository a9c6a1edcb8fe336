"""Reminder plans in the admin: what they may hold, and that there is always one for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.backoffice.models import Invitation
from reminders.health import check_sending
from reminders.models import FollowUp, ReminderPlan
from tests.make import make_due

pytestmark = pytest.mark.django_db


def test_a_changed_plan_reaches_existing_offers(staff: Client):
    offer = make_due(timezone.now(), sent_at=timezone.now() - timedelta(hours=1))
    before = FollowUp.objects.get(offer=offer).next_at
    plan = ReminderPlan.objects.get()
    response = staff.post(
        reverse("admin:reminders_reminderplan_change", args=[plan.pk]),
        {
            "name": "Standard", "is_default": "on", "days": "5; 9", "working_days": "on", "window_from": "08:00",
            "window_to": "10:00", "country": "CH", "subdivision": "ZH", "min_gap_days": 2, "quiet_days": 3,
            "max_age_days": 60, "no_answer_days": 14, "release": "automatic", "contact_basis": "request",
        },
    )  # fmt: skip
    assert response.status_code == 302
    plan.refresh_from_db()
    assert plan.days == [5, 9]
    assert FollowUp.objects.get(offer=offer).next_at > before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("days", "3, 2"),
        ("days", "x"),
        ("subdivision", "ZZ"),
        ("window_to", "07:00"),
        ("country", "US"),
        ("min_gap_days", "366"),
        ("quiet_days", "40000"),
        ("no_answer_days", "99999999999"),
        ("max_age_days", "4000"),
        ("call_above", "-5"),
        ("call_above", "0"),
        ("is_default", ""),
    ],
)
def test_a_plan_that_cannot_work_is_refused_at_the_field(staff: Client, field: str, value: str):
    plan = ReminderPlan.objects.get()
    good = {
        "name": "S",
        "is_default": "on",
        "days": "3",
        "window_from": "09:00",
        "window_to": "11:00",
        "country": "DE",
        "release": "automatic",
        "contact_basis": "request",
    }
    numbers = {"min_gap_days": 2, "quiet_days": 3, "max_age_days": 60, "no_answer_days": 14}
    response = staff.post(
        reverse("admin:reminders_reminderplan_change", args=[plan.pk]),
        {**good, **numbers, "release": "automatic", field: value},
    )
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors


def test_a_new_default_plan_takes_the_place_of_the_old_one(staff: Client):
    data = {
        "name": "Fast", "is_default": "on", "days": "1", "window_from": "08:00", "window_to": "10:00", "country": "CH",
        "min_gap_days": 2, "quiet_days": 3, "max_age_days": 60, "no_answer_days": 14, "release": "automatic",
        "contact_basis": "request",
    }  # fmt: skip
    response = staff.post(reverse("admin:reminders_reminderplan_add"), data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert ReminderPlan.objects.get(is_default=True).name == "Fast"


def test_the_default_plan_cannot_be_deleted(staff: Client):
    plan, other = ReminderPlan.objects.get(), ReminderPlan.objects.create(name="Slow", days=[20])
    for rows in ([plan], [plan, other]):
        data = {
            "action": "delete_selected",
            "_selected_action": [row.pk for row in rows],
            "post": "yes",
        }
        staff.post(reverse("admin:reminders_reminderplan_changelist"), data)
    page = staff.post(
        reverse("admin:reminders_reminderplan_delete", args=[plan.pk]), {"post": "yes"}
    )
    assert f"{plan}, the default plan" in page.content.decode()
    assert ReminderPlan.objects.count() == 2


def test_health_tells_of_a_missing_default_plan():
    assert all(finding.is_ok for finding in check_sending(timezone.now()))
    ReminderPlan.objects.update(is_default=False)
    assert [finding.is_ok for finding in check_sending(timezone.now())] == [False]


def test_planning_gives_an_offer_without_a_link_its_link():
    offer = make_due(timezone.now(), sent_at=timezone.now() - timedelta(hours=1))
    offer.invitations.all().delete()
    call_command("plan_reminders")
    assert offer.invitations.get().state == Invitation.State.ACTIVE
    follow_up = FollowUp.objects.get(offer=offer)
    assert follow_up.next_at is not None, follow_up.because
