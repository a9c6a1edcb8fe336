from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.backoffice import menu
from crm.backoffice.today import build_today
from crm.core.models import JobRun
from crm.operations.job_states import find_job_states
from feedback.backoffice.models import Answer, RejectedAnswer
from offers.models import MailFolder, Offer, SourceFile
from reminders.holds import hold_sending
from reminders.models import FollowUp, Reminder, ReminderPlan, SendingHold
from reminders.planning import find_horizon, plan_offer_ids
from reminders.services import resume
from tests.make import make_customer, make_offer, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_an_empty_page_welcomes_and_says_what_to_do(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    answer = client.get("/admin/")
    assert answer.context["today"].is_new
    assert not any(section.number for section in answer.context["today"].sections)
    assert answer.content.decode().count("section-empty") >= 3


def test_each_kind_of_work_is_shown() -> None:
    user = make_user(is_superuser=True)
    offer = make_offer()
    make_offer(replied_at=NOW)
    FollowUp.objects.create(offer=make_offer(), because="call", call_at=NOW)
    make_offer(customer=make_customer(bounced_at=NOW))
    Answer.objects.create(offer=offer, kind="interested", answered_at=NOW)
    FollowUp.objects.create(offer=offer, next_at=NOW + timedelta(hours=1), next_step=2)
    Reminder.objects.create(
        offer=offer,
        step=1,
        state="in_doubt",
        message_id="<1@x>",
        mail_date=NOW,
        recipient="a@b.example",
    )
    folder = MailFolder.objects.create(name="Ausgang", path="/export")
    SourceFile.objects.create(folder=folder, name="a.eml", size=1, mtime_ns=1, state="review")
    today = build_today(user, now=NOW)
    assert {section.number for section in today.sections} == {1}


def test_every_number_of_today_opens_a_list(client: Client) -> None:
    RejectedAnswer.objects.create(uid=uuid4(), content={}, error="x", received_at=NOW)
    client.force_login(user := make_user(is_superuser=True))
    links = [section.link for section in build_today(user, now=NOW).sections]
    assert len(links) == 8
    # A filter that a list does not know leads elsewhere.
    assert {client.get(link).status_code for link in links} == {200}


def test_a_reply_that_was_dealt_with_leaves_today_and_the_list(client: Client) -> None:
    offer = make_offer(sent_at=NOW - timedelta(days=2), replied_at=NOW - timedelta(days=1))
    ReminderPlan.objects.get_or_create(is_default=True, defaults={"name": "Standard"})
    plan_offer_ids([offer.pk], NOW)
    user = make_user(is_superuser=True)

    def count() -> int:
        return next(
            section.number
            for section in build_today(user, now=NOW).sections
            if section.icon == "reply"
        )

    def listed() -> int:
        return len(
            client.get(reverse("admin:offers_offer_changelist"), {"to_do": "replied"})
            .context["cl"]
            .result_list
        )

    client.force_login(user)
    assert (count(), listed()) == (1, 1)
    resume(Offer.objects.all(), now=NOW)
    assert (count(), listed()) == (0, 0)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 9, 16), date(2026, 9, 17)),
        (date(2026, 9, 18), date(2026, 9, 21)),
        (date(2026, 12, 24), date(2026, 12, 28)),
    ],
    ids=["Wednesday", "Friday", "Christmas"],
)
def test_people_look_ahead_to_the_next_working_day(today: date, last: date) -> None:
    ReminderPlan.objects.get_or_create(is_default=True, defaults={"name": "Standard"})
    noon = datetime(today.year, today.month, today.day, 11, tzinfo=UTC)
    assert timezone.localtime(find_horizon(noon)) == timezone.make_aware(
        datetime.combine(last + timedelta(days=1), time(0))
    )


def test_a_hold_is_shown(client: Client) -> None:
    hold_sending(SendingHold.Reason.PERSON, NOW)
    client.force_login(make_user(is_superuser=True, language="en"))
    assert "Sending is held, because someone held it." in client.get("/admin/").content.decode()


def test_who_has_own_offers_sees_those_first_and_may_look_at_all(client: Client) -> None:
    salesperson = make_user(is_superuser=True)
    for offer in (make_offer(salesperson=salesperson), make_offer()):
        Answer.objects.create(offer=offer, kind="interested", answered_at=NOW)
    assert [
        build_today(salesperson, now=NOW, everyone=every).sections[0].number
        for every in (False, True)
    ] == [1, 2]
    client.force_login(salesperson)
    assert client.get("/admin/?everyone").context["today"].is_own is False


def test_today_needs_a_bounded_number_of_queries(
    client: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for _n in range(9):
        Answer.objects.create(offer=make_offer(), kind="declined", answered_at=NOW)
    client.force_login(make_user(is_superuser=True))
    with django_assert_max_num_queries(29):
        client.get("/admin/")


@pytest.mark.parametrize(
    ("minutes", "expected"), [(1, False), (9, False), (14, True), (60 * 24, True)]
)
def test_a_job_that_ran_too_long_ago_has_a_problem(minutes: int, expected: bool) -> None:
    JobRun.objects.create(name="heartbeat", succeeded_at=NOW - timedelta(minutes=minutes))
    (state,) = [state for state in find_job_states(NOW) if state.name == "heartbeat"]
    assert state.has_problem is expected


def test_a_job_that_failed_last_has_a_problem() -> None:
    JobRun.objects.create(
        name="heartbeat",
        succeeded_at=NOW - timedelta(minutes=1),
        failed_at=NOW,
        error="OSError: no",
    )
    (state,) = [state for state in find_job_states(NOW) if state.name == "heartbeat"]
    assert (state.has_problem, state.summary) == (True, "OSError: no")


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("reminders/reminder/", "Gesendete Erinnerungen"),
        ("reminders/reminder/?state__exact=sent", "Gesendete Erinnerungen"),
        ("reminders/reminder/?state__exact=in_doubt", "Ungewiss oder fehlgeschlagen"),
        ("reminders/reminder/?state__in=in_doubt%2Cfailed", "Ungewiss oder fehlgeschlagen"),
        ("reminders/followup/?due=mails", "Alle Nachfassaktionen"),
        ("reminders/followup/?due=calls", "Anrufe"),
    ],
)
def test_the_menu_marks_the_list_that_one_looks_at(rf, address: str, marked: str) -> None:  # type: ignore[no-untyped-def]
    request = rf.get(f"/admin/{address}")
    request.user = make_user(is_superuser=True)
    items = [item for group in menu.build_menu(request) for item in group["items"]]
    assert [str(item["title"]) for item in items if item.get("active")] == [marked]
