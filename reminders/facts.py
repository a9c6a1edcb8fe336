"""What the rules need to know of offers, read for many at once with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from crm.core.bulk import among, find_keys, insert_rows, new_row
from crm.core.working_days import Calendar, build_calendar, local_instant
from feedback.backoffice.models import Answer, Invitation
from offers.models import Offer
from reminders.models import CompanyHoliday, FollowUp, Reminder, ReminderPlan
from reminders.rules import (
    Because,
    Decision,
    Facts,
    Link,
    Plan,
    Step,
    StepState,
    decide,
    find_give_up_at,
)

_COLUMNS = (
    "pk", "customer_id", "sent_at", "status", "needs_review", "reminders_stopped", "amount", "paused_until",
    "contacted_at", "replied_at", "customer__paused_until", "customer__opted_out_at", "customer__do_not_contact",
    "contact_basis", "customer__bounced_at", "follow_up__plan_id", "follow_up__resumed_at", "follow_up__skipped_step",
    "follow_up__released_step", "follow_up__call_step", "follow_up__send_now_at", "follow_up__own_text",
    "customer__own_plan__plan_id", "customer__email", "sender_email", "language",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One offer with what is known of it. `is_personal`: somebody wrote its next text or asked for
    it now.
    """

    offer_id: int
    customer_id: int
    plan_id: int | None
    facts: Facts
    customer_email: str
    seller_email: str
    language: str
    own_text: str
    is_personal: bool


class Plans:
    """The plans and calendars, read once for a run."""

    def __init__(self) -> None:
        closed = frozenset(CompanyHoliday.objects.values_list("date", flat=True))
        self._by_id: dict[int, tuple[Plan, Calendar]] = {}
        self._default: tuple[Plan, Calendar] | None = None
        for row in ReminderPlan.objects.all():
            entry = (build_plan(row), build_calendar(row.country, row.subdivision, closed))
            self._by_id[row.pk] = entry
            if row.is_default:
                self._default = entry

    def next_working_day(self, day: date) -> date:
        """Return the working day of the default plan that follows a day."""
        calendar = self._default[1] if self._default else Calendar()
        return calendar.add(day, 1)

    def decide(self, case: Case, now: datetime) -> Decision:
        """Ask the rules with the offer's own plan, else the default one."""
        return self._decide(case, case.facts, now)

    def count_steps(self, case: Case) -> int:
        """Return how many steps the plan of the offer has."""
        plan = self._find(case)
        return len(plan[0].days) if plan else 0

    def decide_after(self, case: Case, step: int, now: datetime) -> Decision:
        """Ask the rules what comes after this step, sent now, if nothing else happens."""
        steps = (
            *(each for each in case.facts.steps if each.step != step),
            Step(step, StepState.SENT, now),
        )
        facts = replace(case.facts, steps=steps, send_now=False, customer_mailed_at=now)
        return self._decide(case, facts, now)

    def find_give_up_at(self, case: Case, step: int | None) -> datetime | None:
        """Return when the step after this one is due by the plan, or None for the last one."""
        plan = self._find(case)
        return None if plan is None or step is None else find_give_up_at(case.facts, *plan, step)

    def _decide(self, case: Case, facts: Facts, now: datetime) -> Decision:
        plan = self._find(case)
        return Decision(Because.NO_PLAN) if plan is None else decide(facts, *plan, now)

    def _find(self, case: Case) -> tuple[Plan, Calendar] | None:
        return (self._by_id.get(case.plan_id) if case.plan_id else None) or self._default


def find_open_replies(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Return those of the offers that are open and whose customer replied by mail, and nobody has
    dealt with it.

    The same in SQL as `reminders.rules` has it: no newer mail of the offer, and no person who said
    to go on.
    """
    dealt_with = FollowUp.objects.filter(
        offer=OuterRef("pk"), resumed_at__gte=OuterRef("replied_at")
    )
    replied = offers.filter(
        status=Offer.Status.OPEN, replied_at__isnull=False, replied_at__gte=F("sent_at")
    )
    return replied.exclude(Exists(dealt_with))


def find_horizon(now: datetime) -> datetime:
    """Return the end of the next working day: up to then people look ahead, on a Friday to the end
    of Monday.
    """
    day = Plans().next_working_day(timezone.localdate(now))
    return local_instant(day + timedelta(days=1), time(0), ZoneInfo(settings.TIME_ZONE))


def build_plan(row: ReminderPlan) -> Plan:
    """Return the plan as the rules take it, with the go-live day and the time zone of the
    settings.
    """
    go_live_on = settings.REMINDERS_GO_LIVE_ON
    return Plan(
        days=tuple(row.days),
        working_days=row.working_days,
        window_from=row.window_from,
        window_to=row.window_to,
        min_gap_days=row.min_gap_days,
        quiet_days=row.quiet_days,
        no_answer_days=row.no_answer_days,
        max_age_days=row.max_age_days,
        needs_release=row.release == ReminderPlan.Release.REQUIRED,
        call_above=row.call_above,
        contact_basis=row.contact_basis,
        go_live_on=date.fromisoformat(go_live_on) if go_live_on else None,
        zone=ZoneInfo(settings.TIME_ZONE),
    )


def load_cases(offer_ids: Collection[int], now: datetime) -> list[Case]:
    """Return what is known of these offers, in the order of their ids. Five queries, however many
    offers.
    """
    rows = list(Offer.objects.filter(among("pk", offer_ids)).order_by("pk").values_list(*_COLUMNS))
    steps = _load_steps(offer_ids)
    asked = _load_undecided(offer_ids)
    linked = _load_links(offer_ids, now)
    mailed = _load_mailed({row[1] for row in rows})
    return [_build_case(row, steps, asked, linked, mailed) for row in rows]


def _build_case(
    row: tuple[Any, ...],
    steps: dict[int, list[Step]],
    asked: dict[int, tuple[datetime, date | None]],
    linked: dict[int, Link],
    mailed: dict[int, datetime],
) -> Case:
    (pk, customer_id, sent_at, status, needs_review, stopped, amount, paused_until, contacted_at, replied_at,
     customer_paused_until, opted_out_at, do_not_contact, contact_basis, bounced_at, plan_id, resumed_at, skipped,
     released, call_step, send_now_at, own_text, customer_plan_id, customer_email, seller_email,
     language) = row  # fmt: skip
    asked_at, ask_again_on = asked.get(pk, (None, None))
    pauses = [day for day in (paused_until, customer_paused_until) if day is not None]
    begun = steps.get(pk, ())
    facts = Facts(
        sent_at=sent_at,
        status=status,
        in_review=bool(needs_review),
        stopped=stopped,
        amount=amount,
        paused_until=max(pauses, default=None),
        opted_out=opted_out_at is not None,
        do_not_contact=do_not_contact,
        contact_basis=contact_basis,
        bounced=bounced_at is not None,
        contacted_at=contacted_at,
        replied_at=replied_at,
        resumed_at=resumed_at,
        asked_at=asked_at,
        ask_again_on=ask_again_on,
        steps=tuple(begun),
        skipped_step=skipped or 0,
        released_step=released or 0,
        call_step=call_step or 0,
        # Asked for one mail, not for the ones after it.
        send_now=send_now_at is not None and all(step.at <= send_now_at for step in begun),
        customer_mailed_at=mailed.get(customer_id),
        link=linked.get(pk, Link.INVALID),
    )
    is_personal = bool(own_text) or send_now_at is not None
    plan_id = plan_id or customer_plan_id
    return Case(
        pk,
        customer_id,
        plan_id,
        facts,
        customer_email,
        seller_email,
        language,
        own_text or "",
        is_personal,
    )


def _load_steps(offer_ids: Collection[int]) -> dict[int, list[Step]]:
    steps: dict[int, list[Step]] = defaultdict(list)
    keys = find_keys(Reminder, "offer", offer_ids)
    if not keys:
        return steps
    rows = Reminder.objects.filter(among("pk", keys)).order_by("step")
    columns = (
        "offer_id",
        "step",
        "state",
        "sent_at",
        "claimed_at",
        "mail_date",
        "retry_at",
        "first_try_at",
    )
    for (
        offer_id,
        step,
        state,
        sent_at,
        claimed_at,
        mail_date,
        retry_at,
        first_try_at,
    ) in rows.values_list(*columns):
        at = sent_at or claimed_at or mail_date
        steps[offer_id].append(Step(step, StepState(state), at, retry_at, first_try_at))
    return steps


def _load_undecided(offer_ids: Collection[int]) -> dict[int, tuple[datetime, date | None]]:
    keys = find_keys(Answer, "offer", offer_ids, kind=Answer.Kind.UNDECIDED)
    if not keys:
        return {}
    rows = Answer.objects.filter(among("pk", keys)).order_by("answered_at", "pk")
    return {
        offer_id: (answered_at, ask_again_on)
        for offer_id, answered_at, ask_again_on in rows.values_list(
            "offer_id", "answered_at", "ask_again_on"
        )
    }


def _load_links(offer_ids: Collection[int], now: datetime) -> dict[int, Link]:
    rows = Invitation.objects.filter(
        among("offer", offer_ids), state=Invitation.State.ACTIVE, expires_at__gt=now
    )
    return {
        offer_id: Link.WAITS if registered_at is None else Link.VALID
        for offer_id, registered_at in rows.values_list("offer_id", "registered_at")
    }


def _load_mailed(customer_ids: Collection[int]) -> dict[int, datetime]:
    rows = Reminder.objects.filter(
        among("offer__customer", customer_ids), state__in=Reminder.MAILED
    )
    newest = (
        rows.order_by()
        .values("offer__customer_id")
        .annotate(at=Max(Coalesce("sent_at", "claimed_at", "mail_date")))
    )
    return dict(newest.values_list("offer__customer_id", "at"))


def store_decisions(decisions: dict[int, Decision], now: datetime) -> None:
    """Write what the rules said into the follow-ups of the offers where it is new, making those
    that do not exist yet.

    Reading what is there costs a tenth of writing it again, and on most nights nothing has changed.
    """
    keys = find_keys(FollowUp, "offer", decisions)
    rows = FollowUp.objects.filter(among("pk", keys)).values_list(
        "offer_id", "next_at", "next_step", "call_at", "because"
    )
    known = {row[0]: row[1:] for row in rows} if keys else {}
    insert_rows(
        [
            new_row(
                FollowUp,
                offer_id=offer_id,
                next_at=decision.at,
                next_step=decision.step,
                call_at=decision.call_at,
                because=decision.because,
                computed_at=now,
            )
            for offer_id, decision in decisions.items()
            if known.get(offer_id)
            != (decision.at, decision.step, decision.call_at, decision.because)
        ],
        unique=["offer_id"],
        update=["next_at", "next_step", "call_at", "because", "computed_at"],
    )
