"""Reads for the figures, one function per question. All of them count the offers that the filter left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Customer, Offer
from reminders.models import Reminder
from stats.charts import AGES, age_class
from stats.figures import DECIDED, Fact, Tally

# What says something about the offer. "No more reminders" does not, and what a robot may have sent is not counted
# until a person has confirmed it.
SAYING = (Answer.Kind.INTERESTED, Answer.Kind.DECLINED, Answer.Kind.UNDECIDED)


def counted_offers() -> QuerySet[Offer]:
    """Return the offers that count: a superseded one is counted with the offer that took its place."""
    return Offer.objects.exclude(status=Offer.Status.SUPERSEDED).order_by()


def start_of_day(day: date) -> datetime:
    """Return local midnight, at which the day starts."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def within(field: str, first: date | None, last: date | None) -> Q:
    """Return the condition that the moment `field` lies on the local days `first` to `last`; None: no bound."""
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{field}__gte": start_of_day(first)})
    if last is not None:
        condition &= Q(**{f"{field}__lt": start_of_day(last + timedelta(days=1))})
    return condition


def is_customer(words: str) -> Q:
    """Return the condition that a customer is meant by the words: part of the address or of the name."""
    return Q(email__icontains=words) | Q(name__icontains=words)


def is_company(words: str) -> Q:
    """Return the condition that a customer's company is meant by the words."""
    return Q(company__icontains=words)


def with_answer(offers: QuerySet[Offer]) -> QuerySet[Any]:
    """Add `answered_at`: the first answer through any channel, else when a person set the state without one."""
    first = Answer.objects.filter(offer=OuterRef("pk"), kind__in=SAYING, dismissed_at=None).order_by("answered_at")
    by_hand = When(Q(status__in=DECIDED) & ~Q(status_channel=Offer.Channel.AUTOMATIC), then=F("status_at"))
    return offers.annotate(
        answered_at=Coalesce(
            Subquery(first.values("answered_at")[:1]),
            Case(by_hand, default=Value(None), output_field=DateTimeField(null=True)),
        )
    )


def with_reason(offers: QuerySet[Any]) -> QuerySet[Any]:
    """Add `reason`: the customer's of the newest decline, else the seller's; None where none was stated."""
    newest = Answer.objects.filter(offer=OuterRef("pk"), kind=Answer.Kind.DECLINED, dismissed_at=None)
    reason = newest.order_by("-answered_at").values(stated=Coalesce("reason", "seller_reason"))[:1]
    rows: QuerySet[Any] = offers.annotate(reason=Subquery(reason))
    return rows


def with_step(offers: QuerySet[Any]) -> QuerySet[Any]:
    """Add `step`: how many reminders had been sent when the first answer came; None for none. Needs `with_answer`."""
    sent = Reminder.objects.filter(
        offer=OuterRef("pk"), state=Reminder.State.SENT, sent_at__lt=OuterRef("answered_at")
    ).order_by()
    number = sent.values("offer").annotate(number=Count("pk")).values("number")
    rows: QuerySet[Any] = offers.annotate(step=Subquery(number))
    return rows


def read_facts(offers: QuerySet[Offer]) -> Iterator[tuple[int, Fact]]:
    """Yield (offer id, what is counted of it) in no order, read in chunks."""
    zone = timezone.get_current_timezone()
    rows = with_step(with_reason(with_answer(offers))).values_list(
        "pk", "first_sent_at", "status", "status_at", "answered_at", "reason", "step", "amount", "currency"
    )
    for pk, sent_at, status, status_at, answered_at, reason, step, amount, currency in rows.iterator(chunk_size=5000):
        yield (
            pk,
            Fact(
                sent_on=sent_at.astimezone(zone).date(),
                status=status,
                decided_on=status_at.astimezone(zone).date() if status in DECIDED else None,
                answered_on=answered_at and answered_at.astimezone(zone).date(),
                # An answer recorded with an earlier day than the mail was given at once.
                reaction_seconds=answered_at and max(0, int((answered_at - sent_at).total_seconds())),
                reason=reason or 0,
                step=step or 0,
                cents=None if amount is None else int(amount * Decimal(100)),
                currency=currency,
            ),
        )


def count_offers(offers: QuerySet[Offer]) -> Tally:
    """Return the counts of these offers, by reading each."""
    tally = Tally()
    for _pk, fact in read_facts(offers):
        tally.add_fact(fact)
    return tally


def count_open_by_age(offers: QuerySet[Offer], *, now: datetime) -> dict[str, int]:
    """Return how many open offers there are by age class (`charts.AGES`) and, whatever their age, `expired` ones.

    Expired: the last link has run out, so the customer cannot answer by it any more.
    """
    ages = {name: 0 for name, _low, _high in AGES} | {"expired": 0}
    today = timezone.localdate(now)
    rows = offers.filter(status=Offer.Status.OPEN).annotate(until=Max("invitations__expires_at"))
    for sent_at, until in rows.values_list("sent_at", "until").iterator():
        ages["expired" if until and until <= now else age_class((today - timezone.localdate(sent_at)).days)] += 1
    return ages


def find_reasons() -> dict[int, DeclineReason]:
    """Return all reasons by id in their order, the retired ones among them."""
    return {reason.pk: reason for reason in DeclineReason.objects.all()}


def narrow(offers: QuerySet[Offer], part: str, *, now: datetime) -> QuerySet[Any]:
    """Return the offers behind one number. `part` is "kind:value", as the links of the page carry it.

    Kinds: all, status, answered, unanswered, reason, step, sent and came ("first..last" day), age. Raises ValueError
    for anything else.
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
    return with_reason(offers.filter(status=Offer.Status.DECLINED)).filter(**_is("reason", value))


def _of_step(offers: QuerySet[Offer], value: str, now: datetime) -> QuerySet[Any]:
    return with_step(_answered(offers, "", now)).filter(**_is("step", value))


def _is(field: str, value: str) -> dict[str, Any]:
    return {field: int(value)} if int(value) else {f"{field}__isnull": True}


def _days_of(value: str) -> tuple[date, date]:
    first, last = (date.fromisoformat(day) for day in value.split(".."))
    return first, last


def _sent_on(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    return offers.filter(within("first_sent_at", *_days_of(value)))


def _came_on(offers: QuerySet[Offer], value: str, _now: datetime) -> QuerySet[Any]:
    return with_answer(offers).filter(within("answered_at", *_days_of(value)))


def _open_of_age(offers: QuerySet[Offer], name: str, now: datetime) -> QuerySet[Any]:
    rows = offers.filter(status=Offer.Status.OPEN).annotate(until=Max("invitations__expires_at"))
    if name == "expired":
        return rows.filter(until__lte=now)
    bounds = {its_name: (low, high) for its_name, low, high in AGES}
    if name not in bounds:
        raise ValueError(f"No such age: {name!r}.")
    low, high = bounds[name]
    today = timezone.localdate(now)
    newest = None if low == 0 else today - timedelta(days=low)
    oldest = None if high is None else today - timedelta(days=high)
    return rows.filter(within("sent_at", oldest, newest)).filter(Q(until=None) | Q(until__gt=now))


_PARTS: dict[str, Callable[[QuerySet[Offer], str, datetime], QuerySet[Any]]] = {
    "all": lambda offers, _value, _now: offers,
    "status": _of_status,
    "answered": _answered,
    "unanswered": _unanswered,
    "reason": _of_reason,
    "step": _of_step,
    "sent": _sent_on,
    "came": _came_on,
    "age": _open_of_age,
}


def suggest(words: str, *, companies: bool) -> list[str]:
    """Return up to ten addresses, or companies, that match what was typed; none for fewer than two characters."""
    if len(words.strip()) < 2:
        return []
    matching = is_company(words) if companies else is_customer(words)
    field = "company" if companies else "email"
    found = Customer.objects.filter(matching).order_by(field).values_list(field, flat=True).distinct()
    return list(found[:10])
