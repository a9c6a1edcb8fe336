"""Reads for the figures, one function per question. All of them count the offers that the filter
left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from feedback.backoffice.models import Answer, DeclineReason, Invitation
from offers.models import Customer, Offer
from reminders.models import Reminder
from stats.charts import AGE_CLASSES, AGES
from stats.figures import DECIDED, Fact, Tally

# What says something about the offer. "No more reminders" does not, and what a robot may have sent
# is not counted until a person has confirmed it.
SAYING = (Answer.Kind.INTERESTED, Answer.Kind.DECLINED, Answer.Kind.UNDECIDED)


def counted_offers() -> QuerySet[Offer]:
    """Return the offers that count: a superseded one is counted with the offer that took its
    place.
    """
    return Offer.objects.exclude(status=Offer.Status.SUPERSEDED).order_by()


def start_of_day(day: date) -> datetime:
    """Return local midnight, at which the day starts."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def within(field: str, first: date | None, last: date | None) -> Q:
    """Return the condition that the moment `field` lies on the local days `first` to `last`; None:
    no bound.
    """
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{field}__gte": start_of_day(first)})
    if last is not None:
        condition &= Q(**{f"{field}__lt": start_of_day(last + timedelta(days=1))})
    return condition


def is_customer(words: str) -> Q:
    """Return the condition that a customer is meant by the words: part of the address or of the
    name.
    """
    return Q(email__icontains=words) | Q(name__icontains=words)


def is_company(words: str) -> Q:
    """Return the condition that a customer's company is meant by the words."""
    return Q(company__icontains=words)


def with_answer(offers: QuerySet[Offer]) -> QuerySet[Any]:
    """Add `answered_at`: the first answer through any channel, else when a person set the state
    without one.
    """
    return offers


def with_reasons(offers: QuerySet[Any]) -> QuerySet[Any]:
    """Add `customer_reason` and `seller_reason` of the newest decline; None where none was
    stated.
    """
    newest = Answer.objects.filter(
        offer=OuterRef("pk"), kind=Answer.Kind.DECLINED, dismissed_at=None
    )
    newest = newest.order_by("-answered_at")
    rows: QuerySet[Any] = offers.annotate(
        customers=Subquery(newest.values("reason")[:1]),
        sellers=Subquery(newest.values("seller_reason")[:1]),
    )
    return rows


def with_step(offers: QuerySet[Any]) -> QuerySet[Any]:
    """Add `step`: how many reminders had been sent when the first answer came; None for none. Needs
    `with_answer`.
    """
    sent = Reminder.objects.filter(
        offer=OuterRef("pk"), state=Reminder.State.SENT, sent_at__lt=OuterRef("answered_at")
    ).order_by()
    number = sent.values("offer").annotate(number=Count("pk")).values("number")
    rows: QuerySet[Any] = offers.annotate(step=Subquery(number))
    return rows


def read_facts(offers: QuerySet[Offer]) -> Iterator[tuple[int, Fact]]:
    """Yield (offer id, what is counted of it) in no order, read in chunks."""
    zone = timezone.get_current_timezone()

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    rows = with_step(with_reasons(with_answer(offers))).values_list(
        "pk", "first_sent_at", "status", "status_at", "answered_at", "customers", "sellers", "step",
        "amount", "currency", "customer_id", "salesperson_id",
    )  # fmt: skip
    for (
        pk,
        sent_at,
        status,
        status_at,
        answered_at,
        customers,
        sellers,
        step,
        amount,
        *rest,
    ) in rows.iterator(5000):
        is_declined = status == Offer.Status.DECLINED
        yield (
            pk,
            Fact(
                day(sent_at),
                status,
                day(status_at) if status in DECIDED else None,
                answered_at and day(answered_at),
                # An answer recorded with an earlier day than the mail was given at once.
                answered_at and max(0, int((answered_at - sent_at).total_seconds())),
                (is_declined and customers) or 0,
                (is_declined and sellers) or 0,
                step or 0,
                None if amount is None else int(amount * 100),
                *rest,
            ),
        )


def count_offers(offers: QuerySet[Offer]) -> Tally:
    """Return the counts of these offers, by reading each."""
    tally = Tally()
    tally.add_facts([fact for _pk, fact in read_facts(offers)])
    return tally


def with_link_end(offers: QuerySet[Offer]) -> QuerySet[Any]:
    """Add `link_until`: when the last link to the customer expires; None where there is none."""
    links = Invitation.objects.filter(offer=OuterRef("pk")).order_by("-expires_at")
    return offers.annotate(link_until=Subquery(links.values("expires_at")[:1]))


def ages_of_open(offers: QuerySet[Offer], *, now: datetime) -> QuerySet[Any, Any]:
    """Return how many open offers there are by age class (`charts.AGES`) and, whatever their age,
    `expired` ones.

    Expired: the last link has run out, so the customer cannot answer by it any more. Rows are (0,
    "age", class, number, 0), for a tally or for a union with the sums.
    """
    today = timezone.localdate(now)
    whens = [When(link_until__lte=now, then=Value("expired"))]
    for name, _low, high in AGES[:-1]:
        oldest = start_of_day(today - timedelta(days=high or 0))
        whens.append(When(sent_at__gte=oldest, then=Value(name)))
    age = Case(*whens, default=Value(AGES[-1][0]))
    still_open = with_link_end(offers.filter(status=Offer.Status.OPEN)).annotate(age=age)
    values: QuerySet[Any, Any] = still_open.values_list(Value(0), Value("age"), "age").annotate(
        Count("pk")
    )
    rows: QuerySet[Any, Any] = values.annotate(total=Value(0)).order_by()
    return rows


def count_open_by_age(offers: QuerySet[Offer], *, now: datetime) -> dict[str, int]:
    """Return how many open offers there are by age class and expired, those with none among
    them.
    """
    return dict.fromkeys(AGE_CLASSES, 0) | {
        name: number for _p, _k, name, number, _t in ages_of_open(offers, now=now)
    }


def find_reasons() -> dict[int, DeclineReason]:
    """Return all reasons by id in their order, the retired ones among them."""
    return {reason.pk: reason for reason in DeclineReason.objects.all()}


def narrow(offers: QuerySet[Offer], part: str, *, now: datetime) -> QuerySet[Any]:
    """Return the offers behind one number. `part` is "kind:value", as the links of the page carry
    it.

    Kinds: all, status, answered, unanswered, reason, group (of reasons), customer_reason,
    seller_reason, step, sent and came ("first..last" day), age. Raises ValueError for anything
    else.
    """
    kind, _colon, value = part.partition(":")
    if kind not in _PARTS:
        raise ValueError(f"No such part of the figures: {part!r}.")
    return _PARTS[kind](offers, value, now)


def _of_status(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    return offers.filter(status=Offer.Status(value))


def _answered(offers: QuerySet[Offer], _value: str, _now: datetime) -> QuerySet[Any]:
    return with_answer(offers).filter(answered_at__isnull=False)


def _unanswered(offers: QuerySet[Offer], _value: str, _now: datetime) -> QuerySet[Any]:
    return with_answer(offers).filter(answered_at__isnull=True)


def _of_reason(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    """The customer's reason, else the seller's."""
    rows = with_reasons(offers.filter(status=Offer.Status.DECLINED))
    rows = rows.annotate(reason=Coalesce("customers", "sellers"))
    chosen: QuerySet[Any] = rows.filter(**_is("reason", value))
    return chosen


def _of_group(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    rows = with_reasons(offers.filter(status=Offer.Status.DECLINED))
    reasons = DeclineReason.objects.filter(group=DeclineReason.Group(value)).values("pk")
    chosen: QuerySet[Any] = rows.annotate(reason=Coalesce("customers", "sellers")).filter(
        reason__in=reasons
    )
    return chosen


def _of_customer_reason(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    rows = with_reasons(offers.filter(status=Offer.Status.DECLINED))
    chosen: QuerySet[Any] = rows.filter(customers=int(value))
    return chosen


def _of_seller_reason(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    rows = with_reasons(offers.filter(status=Offer.Status.DECLINED))
    chosen: QuerySet[Any] = rows.filter(sellers=int(value))
    return chosen


def _of_step(offers: QuerySet[Offer], value: str, now: datetime) -> QuerySet[Any]:
    return with_step(_answered(offers, "", now)).filter(**_is("step", value))


def _is(field: str, value: str) -> dict[str, Any]:
    return {field: int(value)} if int(value) else {f"{field}__isnull": True}


def days_of(value: str) -> tuple[date, date]:
    """Return the days of "first..last". Raises ValueError where they are none."""
    first, last = (date.fromisoformat(day) for day in value.split(".."))
    return first, last


def _sent_on(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    return offers.filter(within("first_sent_at", *days_of(value)))


def _came_on(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    return with_answer(offers).filter(within("answered_at", *days_of(value)))


def _open_of_age(offers: QuerySet[Offer], name: str, now: datetime) -> QuerySet[Any]:
    rows = with_link_end(offers.filter(status=Offer.Status.OPEN))
    if name == "expired":
        return rows.filter(link_until__lte=now)
    bounds = {its_name: (low, high) for its_name, low, high in AGES}
    if name not in bounds:
        raise ValueError(f"No such age: {name!r}.")
    low, high = bounds[name]
    today = timezone.localdate(now)
    newest = None if low == 0 else today - timedelta(days=low)
    oldest = None if high is None else today - timedelta(days=high)
    return rows.filter(within("sent_at", oldest, newest)).filter(
        Q(link_until=None) | Q(link_until__gt=now)
    )


_PARTS: dict[str, Callable[[QuerySet[Offer], str, datetime], QuerySet[Any]]] = {
    "all": lambda offers, _value, _now: offers,
    "status": _of_status,
    "answered": _answered,
    "unanswered": _unanswered,
    "reason": _of_reason,
    "group": _of_group,
    "customer_reason": _of_customer_reason,
    "seller_reason": _of_seller_reason,
    "step": _of_step,
    "sent": _sent_on,
    "came": _came_on,
    "age": _open_of_age,
}


def suggest(words: str, *, companies: bool) -> list[str]:
    """Return up to ten addresses, or companies, that match what was typed; none for fewer than two
    characters.
    """
    if len(words.strip()) < 2:
        return []
    matching = is_company(words) if companies else is_customer(words)
    field = "company" if companies else "email"
    found = (
        Customer.objects.filter(matching).order_by(field).values_list(field, flat=True).distinct()
    )
    return list(found[:10])
