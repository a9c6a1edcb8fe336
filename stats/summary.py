"""Monthly sums of the counts that `figures.RULES` define, kept up to date from the offers that
changed.

A plain count reads every offer; with a million of them that takes seconds. The sums are exact: each
change takes out what was counted of the offer before (`OfferFact`) and puts in what counts now
(docs/decisions.md, "Sums by month").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Case, CharField, Exists, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from crm.core import bulk
from crm.core.garbage import collected_later
from feedback.backoffice.models import DeclineReason
from offers.models import Offer
from stats import queries, search, triggers
from stats.charts import end_of
from stats.figures import COUNTED, Fact, Tally
from stats.models import MonthlySum, OfferChange, OfferFact, SummaryState
from stats.periods import Span

BATCH = 2000
ROWS_AT_ONCE = 50_000
# Below this many offers a plain count takes well under 300 ms and is right at once.
PLAIN_UP_TO = 3000
Bounds = tuple[date | None, date | None]


@dataclass(frozen=True)
class Slice:
    """Offers of which sums are kept: all, those of one status, or those declined for one reason (0:
    none stated).
    """

    basis: str
    status: str = ""
    reason: int | None = None

    @property
    def name(self) -> str:
        """What the rows of the sums call it."""
        part = f":{self.status}" if self.reason is None else f":reason {self.reason}"
        return self.basis + part if self.status or self.reason is not None else self.basis


def refresh() -> int:
    """Bring the sums up to date with all changes noted so far; return how many offers were counted
    anew.
    """
    if triggers.find_missing():
        rebuild()
    counted = 0
    while number := _refresh_batch():
        counted += number
    SummaryState.objects.update_or_create(
        pk=1, defaults={"offers": OfferFact.objects.count(), "refreshed_at": timezone.now()}
    )
    return counted


def rebuild() -> None:
    """Note every offer as changed, and every one that is still counted, so that the next refresh
    counts all anew.

    In the order of their days: offers of one month that are counted together change fewer sums.
    """
    with transaction.atomic():
        triggers.install()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO stats_offerchange (offer_id) SELECT id FROM offers_offer ORDER BY first_sent_at"
            )
            cursor.execute(
                "INSERT INTO stats_offerchange (offer_id) SELECT rowid FROM stats_offersearch"
            )


def _refresh_batch() -> int:
    with transaction.atomic():
        SummaryState.objects.get_or_create(pk=1)
        SummaryState.objects.select_for_update().get(pk=1)
        changes = dict(OfferChange.objects.order_by("pk").values_list("pk", "offer_id")[:BATCH])
        if not changes:
            return 0
        ids = {pk for pk in changes.values() if pk > 0}
        customers = {-pk for pk in changes.values() if pk < 0}
        ids.update(Offer.objects.filter(customer_id__in=customers).values_list("pk", flat=True))
        rows = OfferFact.objects.filter(pk__in=ids).values_list("pk", *Fact._fields)
        before = {pk: Fact(*values) for pk, *values in rows}
        now = dict(queries.read_facts(queries.counted_offers().filter(pk__in=ids)))
        _apply(_find_deltas(before, now))
        OfferFact.objects.filter(pk__in=before.keys() - now.keys()).delete()
        _store_facts({pk: fact for pk, fact in now.items() if before.get(pk) != fact})
        search.update(ids)
        OfferChange.objects.filter(pk__in=changes).delete()
    return len(changes)


def _slices(fact: Fact) -> Iterator[tuple[str, date]]:
    """Yield (name of a slice, month) under which the offer is counted."""
    for basis, day in (("offer", fact.sent_on), ("decision", fact.decided_on)):
        if day is not None:
            month = day.replace(day=1)
            yield Slice(basis).name, month
            yield Slice(basis, fact.status).name, month
            if fact.status == "declined":
                yield Slice(basis, reason=fact.reason).name, month


def _find_deltas(before: dict[int, Fact], now: dict[int, Fact]) -> dict[tuple[str, date], Tally]:
    """Return what the change of these offers adds to each sum."""
    deltas: dict[tuple[str, date], Tally] = defaultdict(Tally)
    for facts, others, sign in ((before, now, -1), (now, before, 1)):
        changed: dict[tuple[str, date], list[Fact]] = defaultdict(list)
        for pk, fact in facts.items():
            if others.get(pk) != fact:
                for place in _slices(fact):
                    changed[place].append(fact)
        for place, rows in changed.items():
            deltas[place].add_facts(rows, sign)
    return deltas


def _apply(deltas: dict[tuple[str, date], Tally]) -> None:
    rows = [
        (*place, *row)
        for place, tally in sorted(deltas.items(), key=lambda item: item[0])
        for row in tally.rows()
    ]
    bulk.write_rows(
        "INSERT INTO stats_monthlysum (basis, month, kind, key, number, total)",
        rows,
        "ON CONFLICT (basis, month, kind, key) DO UPDATE SET"
        " number = stats_monthlysum.number + excluded.number, total = stats_monthlysum.total + excluded.total",
    )


def _store_facts(facts: dict[int, Fact]) -> None:
    """Insert or replace; past the ORM, which takes twice as long as all the rest of a refresh."""
    day = connection.ops.adapt_datefield_value
    names = ", ".join(Fact._fields)
    changes = ", ".join(f"{name} = excluded.{name}" for name in Fact._fields)
    bulk.write_rows(
        f"INSERT INTO stats_offerfact (offer_id, {names})",
        [
            (pk, *(day(value) if isinstance(value, date) else value for value in fact))
            for pk, fact in facts.items()
        ],
        f"ON CONFLICT (offer_id) DO UPDATE SET {changes}",
    )


def count_slice(
    part: Slice, spans: Sequence[Span], more: QuerySet[Any, Any]
) -> tuple[int, list[Tally]]:
    """Return how many offers are counted in all, and what a plain count of the slice says of each
    period.

    The periods must not overlap. Two queries: whole months come from the sums, the days at the
    edges from the facts. `more` has further rows (number of the period, kind, key, number, total),
    which are read with the sums.
    """
    tallies = [Tally() for _span in spans]
    whole = [_whole_months(span) for span in spans]
    sums = MonthlySum.objects.filter(_between("month", *_reach(whole)), basis=part.name)
    sums = sums.annotate(place=_place("month", whole)).filter(place__gte=0)
    rows = sums.values_list("place", "kind", "key").annotate(Sum("number"), Sum("total")).order_by()
    size = SummaryState.objects.values_list(
        Value(-1), Value("offers", CharField()), Value("", CharField()), F("offers"), Value(0)
    )
    counted = 0
    with (
        connection.cursor() as cursor
    ):  # past the ORM, which looks at each value of ten thousand rows
        cursor.execute(*rows.union(size, more, all=True).query.sql_with_params())
        found = cursor.fetchall()
    for place, kind, key, number, total in found:
        if place < 0:
            counted = int(number)
        else:
            tallies[place].add(kind, key, int(number), int(total))
    edges = [
        (edge, tally)
        for span, months, tally in zip(spans, whole, tallies, strict=True)
        for edge in _edges(span, *months)
    ]
    if edges:
        _add_facts(_facts_of(part), part.basis, edges)
    return counted, tallies


def count_facts(
    facts: QuerySet[OfferFact], basis: str, spans: Sequence[Span]
) -> list[Tally] | None:
    """Return what a plain count of these offers says of each period, from the counted facts; None
    in a small office.

    One query, and another one where nothing was found.
    """
    tallies = [Tally() for _span in spans]
    _add_facts(
        facts.filter(Exists(_counted_more_than(PLAIN_UP_TO))),
        basis,
        list(zip(spans, tallies, strict=True)),
    )
    return tallies if any(tally.counts for tally in tallies) or is_large() else None


def is_large() -> bool:
    """True where there are so many offers that the sums are used instead of a plain count."""
    return has_more_than(PLAIN_UP_TO)


def has_more_than(offers: int) -> bool:
    """True where more offers than that are counted."""
    return _counted_more_than(offers).exists()


def _counted_more_than(offers: int) -> QuerySet[SummaryState]:
    return SummaryState.objects.filter(pk=1, offers__gt=offers)


def _facts_of(part: Slice) -> QuerySet[OfferFact]:
    facts = OfferFact.objects.all()
    if part.reason is not None:
        return facts.filter(reason_is(part.reason))
    return facts.filter(status=part.status) if part.status else facts


def reason_is(reason: int) -> Q:
    """Return the condition that a fact is a decline for the customer's reason, else the seller's;
    0: none stated.
    """
    sellers = Q(customer_reason=0, seller_reason=reason)
    return Q(status="declined") & (sellers | Q(customer_reason=reason) if reason else sellers)


def narrow(facts: QuerySet[OfferFact], part: str) -> QuerySet[OfferFact]:
    """Return the facts behind one number of the page, as `queries.narrow` does with offers. Knows
    no ages.
    """
    kind, _colon, value = part.partition(":")
    answered = Q(answered_on__isnull=False)
    if kind in ("sent", "came"):
        first, last = queries.days_of(value)
        return facts.filter(
            **{f"{'sent' if kind == 'sent' else 'answered'}_on__range": (first, last)}
        )
    conditions: dict[str, Callable[[], Q]] = {
        "all": Q,
        "status": lambda: Q(status=Offer.Status(value)),
        "answered": lambda: answered,
        "unanswered": lambda: ~answered,
        "reason": lambda: reason_is(int(value)),
        "group": lambda: reason_in(DeclineReason.objects.filter(group=DeclineReason.Group(value))),
        "customer_reason": lambda: Q(status="declined", customer_reason=int(value)),
        "seller_reason": lambda: Q(status="declined", seller_reason=int(value)),
        "step": lambda: answered & Q(step=int(value)),
    }
    if kind not in conditions:
        raise ValueError(f"No such part of the figures: {part!r}.")
    return facts.filter(conditions[kind]())


def reason_in(reasons: QuerySet[DeclineReason]) -> Q:
    """Return the condition that a fact is a decline for one of the reasons."""
    ids = list(reasons.values_list("pk", flat=True))
    return Q(status="declined") & (
        Q(customer_reason__in=ids) | Q(customer_reason=0, seller_reason__in=ids)
    )


def day_of(basis: str) -> str:
    """Return the day of a fact by which it is counted."""
    return "sent_on" if basis == "offer" else "decided_on"


def within(basis: str, span: Span) -> Q:
    """Return the condition that a fact lies in the period, by offer date or by decision date."""
    field = day_of(basis)
    bounds = {f"{field}__gte": span.first, f"{field}__lte": span.last, f"{field}__isnull": False}
    return Q(**{name: value for name, value in bounds.items() if value is not None})


@collected_later()
def _add_facts(facts: QuerySet[OfferFact], basis: str, parts: list[tuple[Span, Tally]]) -> None:
    """Add the facts of each period, whose days must not overlap, to its tally."""
    field = day_of(basis)
    ends = [(span.first, span.last and span.last + timedelta(days=1)) for span, _tally in parts]
    within = Q()
    for bounds in ends:
        within |= _between(field, *bounds)
    rows = (
        facts.filter(within, **{f"{field}__isnull": False})
        .annotate(place=_place(field, ends))
        .order_by()
    )
    # As text: SQLite's driver would make a date of each of two columns, which takes longer than to
    # read them.
    columns = [Cast(name, CharField()) if name.endswith("_on") else name for name in COUNTED]
    for chunk in _read_raw(rows.values_list(*columns, "place")):
        by_place: dict[int, list[Any]] = defaultdict(list)
        for row in chunk:
            by_place[row[-1]].append(row)
        for place, its in by_place.items():
            parts[place][1].add_facts(its, names=COUNTED)


def _read_raw(rows: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    """Yield the rows in chunks as the driver gives them."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while chunk := cursor.fetchmany(ROWS_AT_ONCE):
            yield chunk


def _place(field: str, bounds: Sequence[Bounds]) -> Case:
    """Return the number of the period in which the day lies, -1 for none."""
    whens = (
        When(_between(field, first, end), then=Value(place))
        for place, (first, end) in enumerate(bounds)
    )
    return Case(*whens, default=Value(-1), output_field=IntegerField())


def _reach(bounds: Sequence[Bounds]) -> Bounds:
    """Return the bounds of all periods together: the index finds them faster than the cases."""
    firsts, ends = (
        [first for first, _end in bounds if first],
        [end for _first, end in bounds if end],
    )
    return (
        min(firsts) if len(firsts) == len(bounds) else None,
        max(ends) if len(ends) == len(bounds) else None,
    )


def _between(field: str, first: date | None, end: date | None) -> Q:
    bounds = {f"{field}__gte": first, f"{field}__lt": end}
    return Q(**{name: day for name, day in bounds.items() if day is not None}) or Q(
        **{f"{field}__isnull": False}
    )


def _whole_months(span: Span) -> Bounds:
    """Return the first whole month of the period and the first month after it that is not whole any
    more.
    """
    day = timedelta(days=1)
    first, last = span.first, span.last
    if first is not None and first.day != 1:
        first = end_of(first, "month") + day
    if last is not None:
        last = last + day if last == end_of(last, "month") else last.replace(day=1)
    return first, last


def _edges(span: Span, first_month: date | None, end_month: date | None) -> list[Span]:
    """Return the days of the period that no whole month covers."""
    day = timedelta(days=1)
    if first_month is not None and end_month is not None and first_month > end_month:
        return [span]
    edges = []
    if first_month is not None and span.first != first_month:
        edges.append(Span(span.first, first_month - day))
    if end_month is not None and span.last is not None and end_month <= span.last:
        edges.append(Span(end_month, span.last))
    return edges
