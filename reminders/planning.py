"""Plan the next reminders: of changed offers at once, of all offers every night."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from crm.core.working_days import Calendar, build_calendar, local_instant
from feedback.backoffice.links import make_missing_links
from offers.models import Customer, Offer
from reminders.histories import OfferCase, load_cases
from reminders.models import CompanyHoliday, FollowUp, Reminder, ReminderPlan
from reminders.rules import Because, NextReminder, Plan, StepState, decide, find_give_up_at

# Offers per transaction of the nightly run: limits memory, and what is lost if the run is killed.
BATCH = 1000


class Plans:
    """All plans with their calendars, read once for a run."""

    def __init__(self) -> None:
        closed = frozenset(CompanyHoliday.objects.values_list("date", flat=True))
        self._by_id: dict[int, tuple[Plan, Calendar]] = {}
        self._default: tuple[Plan, Calendar] | None = None
        for row in ReminderPlan.objects.all():
            entry = (build_plan(row), build_calendar(row.country, row.subdivision, closed))
            self._by_id[row.pk] = entry
            if row.is_default:
                self._default = entry

    def decide(self, case: OfferCase, now: datetime) -> NextReminder:
        """Ask the rules with the offer's own plan, else the customer's, else the default one."""
        plan = self._find(case)
        if plan is None:
            return NextReminder(Because.NO_PLAN)
        return decide(case.history, *plan, now)

    def count_steps(self, case: OfferCase) -> int:
        """Return how many steps the plan of the offer has."""
        plan = self._find(case)
        return len(plan[0].days) if plan else 0

    def find_give_up_at(self, case: OfferCase, step: int) -> datetime | None:
        """Return when the step after this one is due by the plan, or None for the last one."""
        plan = self._find(case)
        return find_give_up_at(case.history, *plan, step) if plan else None

    @property
    def calendar(self) -> Calendar:
        """The working days of the default plan."""
        return self._default[1] if self._default else Calendar()

    def _find(self, case: OfferCase) -> tuple[Plan, Calendar] | None:
        return self._by_id.get(case.plan_id or 0, self._default)


def build_plan(row: ReminderPlan) -> Plan:
    """Return the plan as the rules take it, with go-live day and time zone of the settings."""
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


def find_horizon(now: datetime) -> datetime:
    """Return the end of the next working day (on Friday: of Monday), to which people look ahead."""
    day = Plans().calendar.add(timezone.localdate(now), 1)
    return local_instant(day + timedelta(days=1), time(0), ZoneInfo(settings.TIME_ZONE))


def find_open_replies(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Return the open offers that have the block REPLIED of `reminders.rules`, as a query."""
    resumed = FollowUp.objects.filter(offer=OuterRef("pk"), resumed_at__gte=OuterRef("replied_at"))
    replied = offers.filter(status=Offer.Status.OPEN, replied_at__gte=F("sent_at"))
    return replied.exclude(Exists(resumed))


def lock_customers(offer_ids: Collection[int], *, skip_locked: bool = False) -> bool:
    """Lock the customers of these offers until the transaction ends.

    With `skip_locked`, return False if another transaction has locked them.
    """
    # Every planner and sender takes this lock before it reads the history. Without it, a slow
    # planner could store "is being sent" after the sender has planned the next step. SQLite needs
    # no lock: its transactions begin IMMEDIATE, so there is one writer at a time.
    if not connection.features.has_select_for_update:
        return True
    owners = Offer.objects.filter(pk__in=offer_ids).order_by().values("customer")
    locked = (
        Customer.objects.filter(pk__in=owners)
        .order_by("pk")
        .select_for_update(skip_locked=skip_locked, no_key=True)
    )
    return bool(list(locked.values_list("pk", flat=True)))


def plan_offers(offers: Sequence[Offer]) -> None:
    """Plan changed offers again, in the transaction of the caller."""
    plan_offer_ids([offer.pk for offer in offers], timezone.now(), has_news=True)


def plan_offer_ids(
    offer_ids: Collection[int], now: datetime, plans: Plans | None = None, *, has_news: bool = False
) -> int:
    """Plan the next reminder of each offer again; return how many offers became "no answer".

    `has_news` says that something happened to the offers, so unsent claims are given back.
    """
    if not offer_ids:
        return 0
    plans = plans or Plans()
    with transaction.atomic():
        lock_customers(offer_ids)
        cases = load_cases(offer_ids, now)
        # A claimed mail does not know the news. If it is not being sent yet, it is given back.
        if has_news and _give_back_claims(cases):
            cases = load_cases(offer_ids, now)
        decisions = []
        closed = 0
        for case in cases:
            decision = plans.decide(case, now)
            if decision.close_at is not None and decision.close_at <= now:
                closed += _close(case.offer, now)
                decision = NextReminder(Because.NO_ANSWER)
            decisions.append((case, decision))
        store_decisions(decisions, now)
        store_answered_steps([case.offer.pk for case in cases if case.offer.answered_at])
    return closed


def store_answered_steps(offer_ids: Collection[int]) -> None:
    """Store in answered offers how many reminders were sent before the first answer."""
    if not offer_ids:
        return
    sent = Reminder.objects.filter(
        offer=OuterRef("pk"), state=Reminder.State.SENT, sent_at__lt=OuterRef("answered_at")
    )
    number = sent.order_by().values("offer").annotate(number=Count("pk")).values("number")
    answered = Offer.objects.filter(pk__in=offer_ids, answered_at__isnull=False)
    answered.update(answered_step=Coalesce(Subquery(number), 0))


def _close(offer: Offer, now: datetime) -> bool:
    # Only an open one is closed: it may have been answered since it was loaded.
    still_open = Offer.objects.filter(pk=offer.pk, status=Offer.Status.OPEN)
    closed = still_open.update(
        status=Offer.Status.NO_ANSWER,
        status_channel=Offer.Channel.AUTOMATIC,
        status_at=now,
        status_by=None,
    )
    if not closed:
        return False
    Offer.objects.raise_version([offer])
    return True


def store_decisions(decisions: Sequence[tuple[OfferCase, NextReminder]], now: datetime) -> None:
    """Store what the rules decided in the follow-ups that are missing or plan something else."""
    rows = []
    for case, decision in decisions:
        row = FollowUp(
            offer_id=case.offer.pk,
            offer_version=case.offer.version,
            next_at=decision.at,
            next_step=decision.step,
            call_at=decision.call_at,
            because=decision.because.value,
            computed_at=now,
        )
        if case.follow_up.decision_differs(row):
            rows.append(row)
    FollowUp.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["offer"],
        update_fields=[*FollowUp.DECISION_FIELDS, "computed_at"],
    )


def _give_back_claims(cases: Collection[OfferCase]) -> int:
    claimed = set()
    for case in cases:
        for step in case.history.steps:
            if step.state is StepState.CLAIMED:
                claimed.add(case.offer.pk)
    if not claimed:
        return 0
    # skip_locked: a row that mark_transmitting() has locked is already being sent, and waiting for
    # it could end in a deadlock.
    free = Reminder.objects.filter(offer__in=claimed, state=Reminder.State.CLAIMED)
    keys = list(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return Reminder.objects.filter(pk__in=keys).give_back()


@dataclass(frozen=True)
class PlanSums:
    """How many offers were planned, and how many of them were closed."""

    offers: int
    no_answer: int


def plan_all(now: datetime) -> PlanSums:
    """Plan all offers that are open, were never planned or still name a time."""
    could_change = (
        Q(status=Offer.Status.OPEN)
        | Q(follow_up__isnull=True)
        | Q(follow_up__next_at__isnull=False)
        | Q(follow_up__call_at__isnull=False)
    )
    return _plan_where(could_change, now)


def plan_changed(now: datetime) -> PlanSums:
    """Plan the offers that changed after they were planned, as after a killed process."""
    return _plan_where(Q(follow_up__isnull=True) | ~Q(follow_up__offer_version=F("version")), now)


def _plan_where(wanted: Q, now: datetime) -> PlanSums:
    plans = Plans()
    offers = no_answer = last = 0
    while True:
        following = Offer.objects.filter(wanted, pk__gt=last).order_by("pk")
        batch = list(following.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return PlanSums(offers, no_answer)
        # A change makes the link at once; an offer that has none all the same gets it here.
        make_missing_links(list(following.filter(pk__in=batch, invitations__isnull=True)))
        no_answer += plan_offer_ids(batch, now, plans)
        offers += len(batch)
        # By key and not by offset, because planned offers no longer match the condition.
        last = batch[-1]
