from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command

from crm.backoffice.digest import Sent, send_digests, starts_week
from crm.core.working_days import Calendar
from feedback.backoffice.models import Answer
from reminders.models import CompanyHoliday
from tests.make import make_offer, make_user, make_year

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 9, 14, 5, 30, tzinfo=UTC)


def make_salesperson_with_an_answer(**fields: object):  # type: ignore[no-untyped-def]
    salesperson = make_user(is_superuser=True, first_name="Petra", **fields)
    offer = make_offer(salesperson=salesperson, sent_at=MONDAY - timedelta(days=5), number="AN-77")
    Answer.objects.create(offer=offer, kind="interested", answered_at=MONDAY - timedelta(hours=9))
    return salesperson


def test_each_person_gets_what_waits_by_mail() -> None:
    salesperson = make_salesperson_with_an_answer()
    assert send_digests(MONDAY).digests == 1
    (message,) = mail.outbox
    assert message.to == [salesperson.email]
    assert "AN-77" in message.body
    assert "https://nachfass.test/admin/offers/offer/" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_who_has_nothing_to_do_gets_no_mail() -> None:
    make_user()
    assert send_digests(MONDAY) == Sent(idle=1)
    assert mail.outbox == []


def test_a_second_run_on_the_same_day_sends_nothing() -> None:
    make_salesperson_with_an_answer()
    send_digests(MONDAY)
    assert send_digests(MONDAY + timedelta(hours=1)) == Sent()
    assert send_digests(MONDAY + timedelta(days=1)).digests == 1


@pytest.mark.parametrize("days", [-1, -2], ids=["Sunday", "Saturday"])
def test_the_weekend_is_quiet(days: int) -> None:
    make_salesperson_with_an_answer()
    assert send_digests(MONDAY + timedelta(days=days)) == Sent()


def test_a_company_holiday_is_quiet() -> None:
    make_salesperson_with_an_answer()
    CompanyHoliday.objects.create(date=MONDAY.date(), name="Betriebsausflug")
    assert send_digests(MONDAY) == Sent()


def test_who_switched_it_off_gets_none() -> None:
    make_salesperson_with_an_answer(daily_digest=False)
    assert send_digests(MONDAY) == Sent()


def test_the_summary_goes_to_subscribed_managers_once_a_week() -> None:
    make_year(60, now=MONDAY, days=20)
    make_user(is_superuser=True, daily_digest=False, weekly_summary=True)
    make_user(daily_digest=False, weekly_summary=True)  # may not see the figures
    assert send_digests(MONDAY).summaries == 1
    assert send_digests(MONDAY + timedelta(days=1)).summaries == 0
    assert "13.09.2026" in mail.outbox[0].subject


@pytest.mark.parametrize(
    ("day", "starts"),
    [(date(2026, 4, 6), False), (date(2026, 4, 7), True), (date(2026, 4, 8), False)],
    ids=str,
)
def test_the_week_starts_on_its_first_working_day(day: date, starts: bool) -> None:
    calendar = Calendar("DE")  # 6 April 2026 is Easter Monday
    assert (calendar.is_working_day(day) and starts_week(day, calendar)) is starts


def test_a_refused_mail_is_counted_and_the_rest_goes_out(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    make_salesperson_with_an_answer()
    settings.EMAIL_BACKEND = "crm.core.mail_backend.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send_digests(MONDAY) == Sent(failed=1)


def test_the_command_says_what_it_did() -> None:
    assert "Tagesmails" in call_command("send_digest")
