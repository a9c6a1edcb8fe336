from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm.core.working_days import Calendar
from reminders.rules import (
    Because,
    LinkState,
    NextReminder,
    OfferHistory,
    Plan,
    ReminderStep,
    StepState,
    decide,
)
from reminders.sending.mark import find_retry_at

ZURICH = ZoneInfo("Europe/Zurich")
CALENDAR = Calendar("DE", "BY")
PLAN = Plan()
# Thursday; three working days later is Tuesday the 15th.
SENT = datetime(2026, 9, 10, 14, tzinfo=UTC)
NOW = datetime(2026, 9, 11, 8, tzinfo=UTC)


def at(day: int, hour: int = 9, minute: int = 0, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZURICH).astimezone(UTC)


def ask(now: datetime = NOW, plan: Plan = PLAN, **history: Any) -> NextReminder:
    return decide(OfferHistory(**{"sent_at": SENT, **history}), plan, CALENDAR, now)


def sent(step: int, when: datetime, state: StepState = StepState.SENT, **more: Any) -> ReminderStep:
    return ReminderStep(step, state, when, **more)


@pytest.mark.parametrize(
    ("history", "because"),
    [
        ({"status": "interested"}, Because.INTERESTED),
        ({"status": "declined"}, Because.DECLINED),
        ({"status": "ordered"}, Because.ORDERED),
        ({"status": "no_answer"}, Because.NO_ANSWER),
        ({"status": "superseded"}, Because.SUPERSEDED),
        ({"status": "withdrawn"}, Because.WITHDRAWN),
        ({"in_review": True}, Because.IN_REVIEW),
        ({"stopped": True}, Because.STOPPED),
        ({"opted_out": True}, Because.OPTED_OUT),
        ({"do_not_contact": True}, Because.DO_NOT_CONTACT),
        ({"contact_basis": "none"}, Because.NO_BASIS),
        ({"bounced": True}, Because.BOUNCED),
        ({"replied_at": NOW}, Because.REPLIED),
        ({"link": LinkState.INVALID}, Because.LINK_INVALID),
        ({"steps": (sent(1, NOW, StepState.CLAIMED),)}, Because.SENDING),
        ({"steps": (sent(1, NOW, StepState.TRANSMITTING),)}, Because.SENDING),
        ({"steps": tuple(sent(step, NOW) for step in (1, 2, 3))}, Because.STEPS_DONE),
        ({"steps": (sent(3, NOW, StepState.FAILED),)}, Because.FAILED),
        ({"skipped_step": 3}, Because.STEPS_DONE),
        ({"sent_at": NOW - timedelta(days=61)}, Because.TOO_OLD),
    ],
    ids=lambda value: value.value if isinstance(value, Because) else "",
)
@pytest.mark.parametrize("send_now", [False, True], ids=["planned", "send now"])
def test_a_shut_gate_means_no_mail(history: dict[str, Any], because: Because, send_now: bool):
    decision = ask(**history, send_now=send_now)
    if send_now and because is Because.TOO_OLD:
        assert decision.because is Because.SEND_NOW
        return
    assert (decision.because, decision.at) == (because, None)
    assert not decision.is_due(NOW + timedelta(days=900))


def test_the_first_gate_that_is_shut_gives_the_reason():
    everything = {
        "in_review": True,
        "stopped": True,
        "opted_out": True,
        "bounced": True,
        "link": LinkState.INVALID,
    }
    assert ask(status="declined", **everything).because is Because.DECLINED
    assert ask(**everything).because is Because.IN_REVIEW


@pytest.mark.parametrize(
    ("history", "now", "expected", "because"),
    [
        ({}, NOW, at(15), Because.STEP_DUE),
        ({"steps": (sent(1, at(15)),)}, at(16), at(21), Because.STEP_DUE),
        ({"steps": (sent(1, at(15)), sent(2, at(21)))}, at(22), at(30), Because.STEP_DUE),
        ({"steps": (sent(1, at(15), StepState.IN_DOUBT),)}, at(16), at(21), Because.STEP_DUE),
        ({"steps": (sent(1, at(15), StepState.FAILED),)}, at(16), at(21), Because.STEP_DUE),
        ({"skipped_step": 1}, NOW, at(21), Because.STEP_DUE),
        ({"paused_until": date(2026, 9, 16)}, NOW, at(16), Because.PAUSED),
        ({"paused_until": date(2026, 9, 19)}, NOW, at(21), Because.PAUSED),
        ({"paused_until": date(2026, 9, 14)}, NOW, at(15), Because.STEP_DUE),
        ({"contacted_at": at(14)}, at(14, 12), at(17), Because.QUIET),
        ({"contacted_at": at(1)}, NOW, at(15), Because.STEP_DUE),
        ({"undecided_at": at(14), "ask_again_on": date(2026, 10, 5)}, at(14, 12), at(5, month=10), Because.ASK_AGAIN),
        ({"undecided_at": at(14), "ask_again_on": date(2026, 10, 3)}, at(14, 12), at(5, month=10), Because.ASK_AGAIN),
        ({"undecided_at": at(14)}, at(14, 12), at(17), Because.QUIET),
        ({"customer_mailed_at": at(14, 10)}, at(14, 12), at(16, 10), Because.GAP),
        ({"customer_mailed_at": at(13, 20)}, at(14, 12), at(16), Because.GAP),
        ({"customer_mailed_at": at(11, 9)}, at(14, 12), at(15), Because.STEP_DUE),
        ({}, at(15, 9, 30), at(15), Because.STEP_DUE),
        ({}, at(15, 11), at(16), Because.CATCH_UP),
        ({}, at(25, 11), at(28), Because.CATCH_UP),
        ({}, at(23, 10), at(23, 10), Because.CATCH_UP),
        ({"steps": (sent(1, at(23, 10)),)}, at(23, 12), at(29), Because.STEP_DUE),
        ({"link": LinkState.WAITS}, NOW, at(15), Because.STEP_DUE),
        ({"link": LinkState.WAITS}, at(15, 10), at(15), Because.LINK_WAITS),
        ({"send_now": True}, at(12, 23), at(12, 23), Because.SEND_NOW),
        ({"replied_at": at(11), "resumed_at": at(12)}, at(12), at(15), Because.STEP_DUE),
        ({"replied_at": at(9)}, NOW, at(15), Because.STEP_DUE),
    ],
)  # fmt: skip
def test_the_next_reminder_comes_when_and_because(
    history: dict[str, Any], now: datetime, expected: datetime, because: Because
):
    decision = ask(now, **history)
    assert (decision.at, decision.because) == (expected, because)


def test_a_second_try_waits_its_time_and_stays_in_the_window():
    row = sent(1, at(15), StepState.PLANNED, retry_at=at(15, 9, 40))
    assert ask(at(15, 9, 20), steps=(row,)).at == at(15, 9, 40)
    late = replace(row, retry_at=at(15, 11, 10))
    assert ask(at(15, 10, 50), steps=(late,)) == NextReminder(Because.RETRY, step=1, at=at(16))


def test_a_revision_starts_the_clock_again_but_not_the_number_of_mails():
    decision = ask(at(16), sent_at=at(16, 8), steps=(sent(1, at(15)),))
    assert (decision.step, decision.at) == (2, at(21))
    assert (
        ask(
            at(22), sent_at=at(22, 8), steps=tuple(sent(step, at(21)) for step in (1, 2, 3))
        ).because
        == "steps_done"
    )


def test_an_unreleased_reminder_has_a_day_but_never_goes():
    decision = ask(at(15, 10), replace(PLAN, needs_release=True))
    assert (decision.because, decision.at, decision.is_due(at(15, 10))) == (
        Because.NEEDS_RELEASE,
        at(15),
        False,
    )
    assert ask(at(15, 10), replace(PLAN, needs_release=True), released_step=1).is_due(at(15, 10))


@pytest.mark.parametrize(
    "history",
    [{"amount": Decimal("50000.01")}, {"call_step": 1}],
    ids=["above the value", "chosen"],
)
def test_a_call_takes_the_place_of_the_mail(history: dict[str, Any]):
    decision = ask(plan=replace(PLAN, call_above=Decimal(50000)), **history)
    assert (decision.because, decision.at, decision.call_at) == (Because.CALL, None, at(15))


def test_offers_older_than_the_go_live_day_never_start_but_go_on():
    plan = replace(PLAN, go_live_on=date(2026, 9, 11))
    assert ask(plan=plan).because is Because.BEFORE_GO_LIVE
    assert ask(at(16), plan, steps=(sent(1, at(15)),)).because is Because.STEP_DUE


def test_silence_becomes_no_answer_after_the_last_step():
    steps = tuple(sent(step, at(1 + step)) for step in (1, 2, 3))
    assert ask(sent_at=at(1), steps=steps).close_at == at(18)
    later = ask(sent_at=at(1), steps=steps, undecided_at=at(5), ask_again_on=date(2026, 9, 20))
    assert later.close_at == at(4, month=10)


def test_after_a_refused_last_step_nothing_closes_by_itself():
    assert ask(steps=(sent(3, NOW, StepState.FAILED),)).close_at is None


@pytest.mark.parametrize(
    ("sent_on", "expected"),
    [
        (datetime(2026, 3, 24, 9, tzinfo=UTC), datetime(2026, 3, 27, 8, tzinfo=UTC)),
        (datetime(2026, 3, 25, 9, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)),
        (datetime(2026, 10, 22, 9, tzinfo=UTC), datetime(2026, 10, 27, 8, tzinfo=UTC)),
        (datetime(2028, 2, 24, 9, tzinfo=UTC), datetime(2028, 2, 29, 8, tzinfo=UTC)),
        (datetime(2026, 12, 22, 9, tzinfo=UTC), datetime(2026, 12, 28, 8, tzinfo=UTC)),
        (datetime(2026, 9, 10, 22, 30, tzinfo=UTC), datetime(2026, 9, 16, 7, tzinfo=UTC)),
    ],
    ids=[
        "before summer time",
        "over summer time",
        "over winter time",
        "29 February",
        "Christmas",
        "after midnight",
    ],
)
def test_days_are_local_working_days(sent_on: datetime, expected: datetime):
    assert ask(sent_on, sent_at=sent_on).at == expected


def test_a_clock_that_was_set_back_sends_nothing_early():
    steps = (sent(1, at(15)),)
    assert not ask(at(1), steps=steps).is_due(at(1))
    assert not ask(at(15), customer_mailed_at=at(16)).is_due(at(15))


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 30), (2, 60), (3, 120), (8, 3840)])
def test_tries_are_half_an_hour_apart_and_then_twice_as_long(attempts: int, minutes: int):
    retry_at = find_retry_at(NOW, attempts, give_up_at=NOW + timedelta(days=4))
    assert retry_at == NOW + timedelta(minutes=minutes)


def test_tries_end_before_the_time_at_which_they_are_given_up():
    assert find_retry_at(at(1), 1, give_up_at=at(1, 9, 31)) == at(1, 9, 30)
    assert find_retry_at(at(1), 1, give_up_at=at(1, 9, 30)) is None


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_facts_a_mail_is_never_early_and_always_in_the_window(seed: int):
    random = Random(seed)
    for _ in range(100):
        plan = replace(
            PLAN,
            working_days=random.random() < 0.7,
            window_from=time(random.choice([0, 7, 9])),
            window_to=time(random.choice([10, 23])),
        )
        now = SENT + timedelta(hours=random.randrange(24 * 40))
        steps = tuple(
            sent(n, SENT + timedelta(days=3 * n)) for n in range(1, random.randrange(1, 4))
        )
        history = OfferHistory(
            SENT,
            steps=steps,
            paused_until=random.choice(
                [None, now.date() + timedelta(days=random.randrange(-5, 9))]
            ),
            contacted_at=random.choice([None, now - timedelta(hours=random.randrange(90))]),
            customer_mailed_at=random.choice([None, now - timedelta(hours=random.randrange(90))]),
        )
        decision = decide(history, plan, CALENDAR, now)
        if decision.at is None:
            continue
        local = decision.at.astimezone(ZURICH)
        assert CALENDAR.is_working_day(local.date())
        assert plan.window_from <= local.time() < plan.window_to
        assert history.paused_until is None or local.date() >= history.paused_until
        if history.customer_mailed_at:
            assert decision.at >= history.customer_mailed_at + timedelta(days=plan.min_gap_days)
        assert decision.at >= now or local.date() == now.astimezone(ZURICH).date()
