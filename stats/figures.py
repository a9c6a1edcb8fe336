"""The figures, one function per question, over the filtered offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from feedback.backoffice.models import DeclineReason, Invitation
from offers.models import Offer
from offers.models.offers import GROUPED

FEW = 20
GRACE_DAYS = 14
SECONDS_PER_DAY = 86_400
# Reaction times are counted by tenths of a day.
_TENTH = SECONDS_PER_DAY // 10
AGES: tuple[tuple[str, int, int | None], ...] = (
    ("0-7", 0, 7),
    ("8-14", 8, 14),
    ("15-30", 15, 30),
    ("over-30", 31, None),
)
AGE_CLASSES = (*(name for name, _low, _high in AGES), "expired")


@dataclass(frozen=True)
class OfferGroup:
    """The sums of the offers that agree in the first five columns.

    `answered` and `valued` count the offers with an answer and with a known amount.
    """

    status: str
    customer_reason: str
    salesperson_reason: str
    step: int
    currency: str
    number: int
    answered: int
    valued: int
    value: Decimal
    reaction_seconds: int

    @property
    def is_declined(self) -> bool:
        return self.status == Offer.Status.DECLINED

    @property
    def reason(self) -> str:
        """Code of the customer's reason, else of the salesperson's; empty if none was stated."""
        return self.customer_reason or self.salesperson_reason


@dataclass(frozen=True)
class SentDay:
    """How many offers were first sent on a day, and how many of them nobody has answered."""

    number: int
    unanswered: int


@dataclass(frozen=True)
class Figures:
    """The main figures of some offers.

    Rates run from 0 to 1, reaction times are days; None without offers or answers. `rated`
    is the denominator of the response rate. `values` are the known amounts by (currency, status).
    """

    offers: int
    answered: int
    rated: int
    statuses: dict[str, int]
    response_rate: float | None
    reaction_mean: float | None
    reaction_median: float | None
    values: dict[tuple[str, str], Decimal]

    @property
    def open(self) -> int:
        return self.statuses.get("open", 0)

    @property
    def is_few(self) -> bool:
        """True if there are so few answers that one customer changes the figures."""
        return self.answered < FEW

    def value(self, *statuses: str) -> dict[str, Decimal]:
        """Return the sum of the known amounts of these states (none named: of all) by currency."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for (currency, status), amount in self.values.items():
            if not statuses or status in statuses:
                sums[currency] += amount
        return dict(sorted(sums.items()))


def counted_offers() -> QuerySet[Offer]:
    """Return the offers that count: a superseded one counts with the offer that replaced it."""
    return Offer.objects.exclude(status=Offer.Status.SUPERSEDED).order_by()


def group_offers(offers: QuerySet[Offer]) -> list[OfferGroup]:
    """Return the sums of the offers by the columns of GROUPED, in one query."""
    # In the order of the index `offers_offer_figures`, so that nothing is sorted.
    rows = offers.order_by().values_list(*GROUPED)
    sums = rows.annotate(
        Count("pk"), Count("answered_on"), Count("amount"), Sum("amount"), Sum("reaction_seconds")
    )
    groups = []
    # OfferGroup has its fields in the order of the columns.
    for *counts, amount, seconds in sums:
        value = Decimal(amount or 0).quantize(Decimal("0.01"))
        groups.append(OfferGroup(*(*counts, value, int(seconds or 0))))
    return groups


def count_sent(offers: QuerySet[Offer]) -> dict[date, SentDay]:
    """Return how many offers were first sent on each day that has any."""
    rows = offers.order_by().values_list("sent_on").annotate(Count("pk"), Count("answered_on"))
    return {day: SentDay(number, number - answered) for day, number, answered in rows}


def count_first_answers(offers: QuerySet[Offer]) -> dict[date, int]:
    """Return how many first answers came on each day that has any."""
    answered = offers.filter(answered_on__isnull=False).order_by()
    return dict(answered.values_list("answered_on").annotate(Count("pk")))


def count_reactions(offers: QuerySet[Offer]) -> dict[int, int]:
    """Return how many first answers came after each number of tenths of a day, rounded."""
    answered = offers.filter(reaction_seconds__isnull=False).order_by()
    tenths = (F("reaction_seconds") + _TENTH // 2) / _TENTH
    return dict(answered.annotate(tenths=tenths).values_list("tenths").annotate(Count("pk")))


def find_figures(
    groups: list[OfferGroup], sent: dict[date, SentDay], reactions: dict[int, int], *, today: date
) -> Figures:
    """Compute the main figures from sums. Response rate = answered / (answered or 14 days old)."""
    answered = sum(group.answered for group in groups)
    last_rated = today - timedelta(days=GRACE_DAYS)
    rated = answered + sum(each.unanswered for day, each in sent.items() if day <= last_rated)
    seconds = sum(group.reaction_seconds for group in groups)
    median = find_median(reactions)
    valued = [group for group in groups if group.valued]
    values = sum_by(valued, lambda group: (group.currency, group.status), lambda group: group.value)
    return Figures(
        offers=sum(group.number for group in groups),
        answered=answered,
        rated=rated,
        statuses=count_by(groups, lambda group: group.status),
        response_rate=answered / rated if rated else None,
        reaction_mean=seconds / answered / SECONDS_PER_DAY if answered else None,
        reaction_median=None if median is None else median / 10,
        values=values,
    )


def count_figures(offers: QuerySet[Offer], *, today: date) -> Figures:
    """Query the main figures of some offers."""
    groups, sent = group_offers(offers), count_sent(offers)
    return find_figures(groups, sent, count_reactions(offers), today=today)


def count_by(groups: Iterable[OfferGroup], key: Callable[[OfferGroup], Any]) -> dict[Any, int]:
    """Return the numbers of offers by the `key` of their group."""
    return sum_by(groups, key, lambda group: group.number)


def sum_by(
    groups: Iterable[OfferGroup],
    key: Callable[[OfferGroup], Any],
    value: Callable[[OfferGroup], Any],
) -> dict[Any, Any]:
    """Return the sums of `value` over the groups by their `key`."""
    sums: dict[Any, Any] = {}
    for group in groups:
        sums[key(group)] = sums.get(key(group), 0) + value(group)
    return sums


def find_median(numbers: dict[int, int]) -> float | None:
    """Return the median of values, given with how often each occurs; None without values."""
    total = sum(numbers.values())
    if not total:
        return None
    lower = _value_at(numbers, (total - 1) // 2)
    upper = _value_at(numbers, total // 2)
    return (lower + upper) / 2


def _value_at(numbers: dict[int, int], place: int) -> int:
    """Return the value at a place, from 0, in the sorted values."""
    value = 0
    for value in sorted(numbers):
        place -= numbers[value]
        if place < 0:
            break
    return value


def change(now: float | None, before: float | None) -> float | None:
    """Return the relative change; None without a value to compare with."""
    return None if now is None or not before else now / before - 1


def start_of_day(day: date) -> datetime:
    """Return local midnight, at which the day starts."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def within(field: str, first: date | None, last: date | None) -> Q:
    """Return the condition that a moment lies on local days `first` to `last`; None: no bound."""
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{field}__gte": start_of_day(first)})
    if last is not None:
        condition &= Q(**{f"{field}__lt": start_of_day(last + timedelta(days=1))})
    return condition


def with_link_end(offers: QuerySet[Offer]) -> QuerySet[Any]:
    """Add `link_until`: when the last link to the customer expires; None where there is none."""
    links = Invitation.objects.filter(offer=OuterRef("pk")).order_by().values("offer")
    end = links.annotate(end=Max("expires_at")).values("end")
    return offers.annotate(link_until=Subquery(end, output_field=DateTimeField()))


def count_open_by_age(offers: QuerySet[Offer], *, now: datetime) -> dict[str, int]:
    """Return how many open offers there are by age class.

    Those whose last link has run out are "expired", whatever their age.
    """
    today = timezone.localdate(now)
    whens = [When(link_until__lte=now, then=Value("expired"))]
    for name, _low, high in AGES[:-1]:
        oldest = start_of_day(today - timedelta(days=high or 0))
        whens.append(When(sent_at__gte=oldest, then=Value(name)))
    age = Case(*whens, default=Value(AGES[-1][0]))
    still_open = with_link_end(offers.filter(status=Offer.Status.OPEN)).annotate(age=age)
    rows = still_open.order_by().values_list("age").annotate(Count("pk"))
    return dict.fromkeys(AGE_CLASSES, 0) | dict(rows)


def find_reasons() -> dict[str, DeclineReason]:
    """Return all reasons by their code, in their order, the retired ones among them."""
    return {reason.code: reason for reason in DeclineReason.objects.all()}
