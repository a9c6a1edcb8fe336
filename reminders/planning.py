"""Computing follow-ups anew: for a few offers when something happened to them, for all of them
every night.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from crm.core.bulk import among
from offers.models import Customer, Offer
from offers.services import set_status
from reminders.facts import Case, Plans, load_cases, store_decisions
from reminders.models import Reminder
from reminders.rules import StepState

CHUNK = 2000


def lock_customers(offer_ids: Collection[int], *, skip_locked: bool = False) -> set[int]:
    """Lock the customers of these offers until the transaction ends and return their ids.

    Whoever decides about a customer holds this lock from reading the facts to writing the decision.
    Without it, a slow planner could write "is being sent" after the sender had already planned the
    next step. SQLite has one writer at a time anyway (IMMEDIATE).
    """
    # Asked of the offers: from the customers, SQLite goes through all of them.
    owners = set(
        Offer.objects.filter(among("pk", offer_ids))
        .order_by()
        .values_list("customer_id", flat=True)
    )
    if not connection.features.has_select_for_update:
        return owners
    locked = (
        Customer.objects.filter(among("pk", owners))
        .order_by("pk")
        .select_for_update(skip_locked=skip_locked, no_key=True)
    )
    return set(locked.values_list("pk", flat=True))


def plan_offer_ids(
    offer_ids: Collection[int], now: datetime, plans: Plans | None = None, *, has_news: bool = False
) -> int:
    """Compute anew when the next reminder of each offer is due. Returns how many offers became "no
    answer".

    `has_news` says that something happened to the offers: mails about them that a run has claimed
    and not yet begun to send are taken out of its hands, because they were claimed and written
    before it.
    """
    if not offer_ids:
        return 0
    plans = plans or Plans()
    with transaction.atomic():
        lock_customers(offer_ids)
        cases = load_cases(offer_ids, now)
        if has_news and _give_back_claims(cases):
            cases = load_cases(offer_ids, now)
        decisions = {case.offer_id: plans.decide(case, now) for case in cases}
        store_decisions(decisions, now)
        silent = [
            pk
            for pk, decision in decisions.items()
            if decision.close_at and decision.close_at <= now
        ]
        for offer in (
            Offer.objects.filter(among("pk", silent), status=Offer.Status.OPEN) if silent else ()
        ):
            set_status(offer, Offer.Status.NO_ANSWER, channel=Offer.Channel.AUTOMATIC, at=now)
        count_steps_before_answers(offer_ids)
    return len(silent)


def count_steps_before_answers(offer_ids: Collection[int]) -> None:
    """Store with the answered offers how many reminders had been sent before the first answer."""
    sent = Reminder.objects.filter(
        offer=OuterRef("pk"), state=Reminder.State.SENT, sent_at__lt=OuterRef("answered_at")
    )
    number = sent.order_by().values("offer").annotate(number=Count("pk")).values("number")
    answered = Offer.objects.filter(among("pk", offer_ids), answered_at__isnull=False)
    answered.update(answered_step=Coalesce(Subquery(number), 0))


def _give_back_claims(cases: Collection[Case]) -> int:
    claimed = [
        case.offer_id
        for case in cases
        if any(step.state is StepState.CLAIMED for step in case.facts.steps)
    ]
    if not claimed:
        return 0
    # One whose mark is being made in this moment is on its way, and waiting for it could end in a
    # deadlock.
    free = Reminder.objects.filter(among("offer", claimed), state=Reminder.State.CLAIMED)
    keys = list(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return Reminder.objects.filter(among("pk", keys)).give_back()


@dataclass(frozen=True)
class PlanSums:
    """What planning everything anew came to."""

    offers: int
    no_answer: int


def plan_all(now: datetime) -> PlanSums:
    """Compute all follow-ups anew that could have changed: those of open offers, and any that still
    name a time.

    Works in chunks of committed transactions, so memory stays flat and a kill loses nothing.
    """
    plans = Plans()
    offers = no_answer = 0
    for chunk in _chunks():
        no_answer += plan_offer_ids(chunk, now, plans)
        offers += len(chunk)
    return PlanSums(offers, no_answer)


def _chunks() -> Iterator[list[int]]:
    last = 0
    wanted = (
        Q(status=Offer.Status.OPEN)
        | Q(follow_up__isnull=True)
        | Q(follow_up__next_at__isnull=False)
    )
    wanted |= Q(follow_up__call_at__isnull=False)
    while chunk := list(
        Offer.objects.filter(wanted, pk__gt=last)
        .order_by("pk")
        .values_list("pk", flat=True)[:CHUNK]
    ):
        yield chunk
        last = chunk[-1]
