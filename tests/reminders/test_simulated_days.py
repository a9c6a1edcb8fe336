"""Weeks in seconds: the real planning and sending with the clock moved, outages and late answers
included.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.utils.translation import override

from crm.core.models import Incident
from crm.core.smtp_replies import SendOutcome, SendResult, Stage
from crm.core.working_days import Calendar
from feedback.backoffice.models import Answer
from offers.models import Offer
from offers.status import opt_out, set_status
from reminders.histories import load_cases
from reminders.models import FollowUp, Reminder, SendingHold
from reminders.planning import Plans, plan_all, plan_changed
from reminders.rules import Because
from reminders.sending.claim import Claim
from reminders.sending.mark import record_result
from reminders.services import release_hold
from tests.make import NOW, make_customer, make_due, make_fresh, make_invitation, make_offer
from tests.reminders.send import send
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)

ZURICH = ZoneInfo("Europe/Zurich")


def sizes(plain: int, full: int) -> Any:
    """Run a test with a small count each time, and with the full one in the torture."""
    return pytest.mark.parametrize("count", [plain, pytest.param(full, marks=pytest.mark.torture)])


START = datetime(2026, 9, 14, 4, tzinfo=UTC)
OUTAGES = (
    (datetime(2026, 9, 18, 6, 50, tzinfo=UTC), timedelta(hours=1)),
    (datetime(2026, 9, 22, 5, tzinfo=UTC), timedelta(hours=9)),
    (datetime(2026, 9, 28, 5, tzinfo=UTC), timedelta(days=3)),
    (datetime(2026, 10, 7, 5, tzinfo=UTC), timedelta(days=10)),
    (datetime(2026, 10, 23, 12, tzinfo=UTC), timedelta(days=4)),
)


def moments() -> Iterator[datetime]:
    """When the schedule runs in 60 days: a few times in and about the window; never in an
    outage.
    """
    for day in range(60):
        for minutes in (0, 165, 185, 230, 290, 315, 700):
            moment = START + timedelta(days=day, minutes=minutes)
            if not any(begin <= moment < begin + length for begin, length in OUTAGES):
                yield moment


@sizes(12, 200)
def test_sixty_days_with_five_outages(receiver: SmtpServer, settings: Any, count: int):
    settings.REMINDERS_MAX_PER_RUN = 1000
    random = Random(3)
    births = sorted(START + timedelta(hours=random.randrange(24 * 30)) for _ in range(count))
    customers: list[Any] = []
    with time_machine.travel(START, tick=False) as clock:
        for moment in moments():
            clock.move_to(moment)
            while births and births[0] <= moment:
                customer = random.choice([*customers[-9:], None]) or make_customer()
                customers.append(customer)
                offer = make_offer(sent_at=births.pop(0), customer=customer)
                make_invitation(offer, expires_at=moment + timedelta(days=90))
                plan_all(moment)
            if moment.hour == 4:
                plan_all(moment)
            send(moment)
    check_reminders()
    assert len(receiver.message_ids) == len(set(receiver.message_ids)) > 20
    assert Offer.objects.filter(status=Offer.Status.NO_ANSWER).exists()


def check_reminders() -> None:
    calendar = Calendar("DE", "")
    by_offer: dict[int, list[Reminder]] = defaultdict(list)
    by_customer: dict[int, set[datetime]] = defaultdict(set)
    for row in Reminder.objects.select_related("offer").order_by("sent_at"):
        assert row.state == "sent"
        by_offer[row.offer_id].append(row)
        by_customer[row.offer.customer_id].add(row.sent_at)
        local = row.sent_at.astimezone(ZURICH)
        assert calendar.is_working_day(local.date())
        assert 9 <= local.hour < 11
        first_day = calendar.add(
            row.offer.sent_at.astimezone(ZURICH).date(), (3, 7, 14)[row.step - 1]
        )
        assert local.date() >= first_day, "a reminder came early"
    for rows in by_offer.values():
        assert [row.step for row in rows] == list(range(1, len(rows) + 1))
        for begin, length in OUTAGES:
            soon_after = [
                row for row in rows if begin <= row.sent_at < begin + length + timedelta(days=2)
            ]
            assert len(soon_after) <= 1, "more than one mail to catch up"
    for sent in by_customer.values():
        times = sorted(sent)
        assert all(later - earlier >= timedelta(days=2) for earlier, later in pairwise(times))


@sizes(20, 500)
def test_an_answer_a_second_before_its_reminder_is_due_prevents_it(
    receiver: SmtpServer, count: int
):
    offers = [make_due() for _ in range(count)]
    moment = FollowUp.objects.get(offer=offers[0]).next_at
    assert moment is not None
    for number, offer in enumerate(offers):
        kind = (Offer.Status.INTERESTED, Offer.Status.DECLINED)[number % 2]
        Answer.objects.create(
            offer=offer, kind=kind.value, answered_at=moment - timedelta(seconds=1)
        )
        set_status(offer, kind, channel=Offer.Channel.LINK, at=moment - timedelta(seconds=1))
    assert send().sent == 0
    assert not receiver.message_ids


@sizes(20, 500)
def test_opted_out_customers_get_no_later_mail_not_even_about_their_next_offer(
    receiver: SmtpServer, count: int
):
    for offer in [make_due() for _ in range(count)]:
        opt_out(offer.customer, at=NOW)
        make_due(customer=offer.customer)
    for days in range(0, 40, 7):
        assert send(NOW + timedelta(days=days)).sent == 0
    assert not receiver.message_ids
    assert set(FollowUp.objects.values_list("because", flat=True)) == {Because.OPTED_OUT}


def test_six_hours_without_sync_send_nothing_and_are_one_incident(
    receiver: SmtpServer, settings: Any, monkeypatch: Any
):
    settings.FEEDBACK_API_URL = "http://127.0.0.1:9"
    monkeypatch.setattr("feedback.backoffice.api_client.time.sleep", lambda _seconds: None)
    for _ in range(5):
        make_due()
    for minutes in range(60, 420, 60):
        assert send(NOW + timedelta(minutes=minutes), fresh=False).sent == 0
    assert Incident.objects.get().ended_at is None
    send(NOW + timedelta(days=1))
    assert len(receiver.message_ids) == 5
    assert Incident.objects.get().ended_at


def test_more_due_than_allowed_holds_the_run_until_released(receiver: SmtpServer, settings: Any):
    settings.REMINDERS_MAX_PER_RUN = 3
    for _ in range(5):
        make_due()
    assert [send().because for _ in range(2)] == [Because.HELD, Because.HELD]
    assert (Incident.objects.get().ended_at, SendingHold.get().due_count) == (None, 5)
    release_hold(by=None, now=NOW)
    assert send().sent == 5
    assert Incident.objects.get().ended_at
    for _ in range(6):
        make_due()
    assert send().because == Because.HELD


def test_the_pilot_mode_sends_all_to_one_address(receiver: SmtpServer, settings: Any):
    settings.REMINDERS_TEST_ADDRESS = "pilot@muster-metallbau.example"
    for _ in range(3):
        make_due()
    send()
    assert receiver.recipients == [["pilot@muster-metallbau.example"]] * 3
    assert {mail["To"].addresses[0].addr_spec for mail in receiver.mails} == {
        "pilot@muster-metallbau.example"
    }


def test_the_kill_switch_sends_nothing(receiver: SmtpServer, settings: Any):
    settings.REMINDERS_ENABLED = False
    make_due()
    assert send().because == Because.OFF
    assert not receiver.message_ids


def test_a_doubt_is_resolved_by_the_mail_in_the_outgoing_folder(receiver: SmtpServer):
    from offers.models import MailFolder, SourceFile

    offer = make_due()
    row = Reminder.objects.create(
        offer=offer,
        step=1,
        state="in_doubt",
        message_id="<nachfass.1@x>",
        mail_date=NOW,
        recipient="a@b.c",
        claimed_at=NOW,
    )
    send()
    assert Incident.objects.get().ended_at is None
    folder = MailFolder.objects.create(name="Out", path="/out")
    SourceFile.objects.create(
        folder=folder,
        name="1.eml",
        size=1,
        mtime_ns=1,
        state="own_reminder",
        message_id=row.message_id,
    )
    send()
    row.refresh_from_db()
    assert (row.state, row.sent_at) == ("sent", NOW)
    assert Incident.objects.get().ended_at


def test_the_sequence_of_gates_costs_a_fixed_number_of_queries(django_assert_max_num_queries: Any):
    pks = [make_due().pk for _ in range(20)]
    plans = Plans()
    with django_assert_max_num_queries(5):
        cases = load_cases(pks, NOW)
    assert Counter(plans.decide(case, NOW).because for case in cases) == {Because.STEP_DUE: 20}


def test_planning_in_batches_reaches_every_offer(monkeypatch: Any):
    pks = [make_due().pk for _ in range(7)]
    FollowUp.objects.all().delete()
    monkeypatch.setattr("reminders.planning.BATCH", 3)
    assert plan_all(NOW).offers == 7
    assert set(
        FollowUp.objects.filter(next_at__isnull=False).values_list("offer_id", flat=True)
    ) == set(pks)


def test_an_offer_that_changed_since_it_was_planned_is_planned_again():
    offers = [make_due(), make_due()]
    assert plan_changed(NOW).offers == 0
    Offer.objects.filter(pk=offers[0].pk).update(reminders_stopped=True)
    Offer.objects.raise_version([offers[0]])
    assert plan_changed(NOW).offers == 1
    assert FollowUp.objects.get(offer=offers[0]).because == Because.STOPPED
    assert plan_changed(NOW).offers == 0


def test_a_late_try_gives_way_to_the_next_step(receiver: SmtpServer):
    offer, plans = make_due(), Plans()
    (case,) = load_cases([offer.pk], NOW)
    next_step_at = plans.find_give_up_at(case, 1)
    assert next_step_at is not None
    for hours, state in ((5, "planned"), (4, "failed")):
        now = next_step_at - timedelta(hours=hours)
        row, _made = Reminder.objects.update_or_create(
            offer=offer, step=1,
            defaults={
                "state": "claimed", "message_id": "<nachfass.2@x>", "mail_date": now, "claimed_at": now,
                "first_try_at": now, "attempts": 3,
            },
        )  # fmt: skip
        # The fourth try comes four hours after the third.
        result = SendResult(SendOutcome.TRY_LATER, Stage.RCPT, 451, "451 later")
        record_result(Claim((row,), (case,)), result, plans, now)
        row.refresh_from_db()
        assert (row.state, row.server_reply) == (state, "451 later")


def test_a_dry_run_says_what_would_go_out_and_why_not_and_changes_nothing(receiver: SmtpServer):
    now = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)
    due, shut = make_due(), make_due()
    Offer.objects.filter(pk=shut.pk).update(reminders_stopped=True)
    with time_machine.travel(now, tick=False), override("en"):
        make_fresh(now)
        lines = call_command("send_reminders", dry_run=True).splitlines()
    assert f"{due.number}, {due.customer.email}, step 1: goes out. The plan says so." in lines
    assert (
        f"{shut.number}, {shut.customer.email}, step –: does not go out. Reminders of this offer were stopped."
        in lines
    )
    assert lines[-1] == "Dry run: nothing was sent."
    assert not receiver.message_ids
    assert not Reminder.objects.exists()
