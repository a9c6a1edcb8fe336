"""Monthly sums of what `figures.contributions` yields, kept up to date from the offers that changed.

A plain count reads every offer; with a million of them that takes seconds. The sums are exact: each change takes out
what was counted of the offer before (`OfferFact`) and puts in what counts now (docs/decisions.md, "Sums by month").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Case, IntegerField, Q, Sum, Value, When
from django.utils import timezone

from stats import queries, triggers
from stats.charts import end_of
from stats.figures import Fact, Tally
from stats.models import MonthlySum, OfferChange, OfferFact, SummaryState
from stats.periods import Span

BATCH = 2000
# Below this many offers a plain count takes well under 300 ms and is right at once.
PLAIN_UP_TO = 10_000
_FIELDS = [field.name for field in OfferFact._meta.fields if field.name != "offer_id"]
Deltas = dict[tuple[str, date], Tally]


def refresh() -> int:
    """Bring the sums up to date with all changes noted so far; return how many offers were counted anew."""
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
    """Note every offer as changed, and every one that is still counted, so that the next refresh counts all anew."""
    with transaction.atomic():
        triggers.install()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO stats_offerchange (offer_id) SELECT id FROM offers_offer")
            cursor.execute("INSERT INTO stats_offerchange (offer_id) SELECT offer_id FROM stats_offerfact")


def _refresh_batch() -> int:
    with transaction.atomic():
        SummaryState.objects.get_or_create(pk=1)
        SummaryState.objects.select_for_update().get(pk=1)
        changes = dict(OfferChange.objects.order_by("pk").values_list("pk", "offer_id")[:BATCH])
        ids = set(changes.values())
        before = {row.offer_id: _fact_of(row) for row in OfferFact.objects.filter(pk__in=ids)}
        now = dict(queries.read_facts(queries.counted_offers().filter(pk__in=ids)))
        _apply(_find_deltas(before, now))
        OfferFact.objects.filter(pk__in=before.keys() - now.keys()).delete()
        OfferFact.objects.bulk_create(
            (OfferFact(offer_id=pk, **asdict(fact)) for pk, fact in now.items() if before.get(pk) != fact),
            update_conflicts=True,
            unique_fields=["offer_id"],
            update_fields=_FIELDS,
        )
        OfferChange.objects.filter(pk__in=changes).delete()
    return len(ids)


def _fact_of(row: OfferFact) -> Fact:
    return Fact(**{name: getattr(row, name) for name in _FIELDS})


def _months(fact: Fact) -> Iterator[tuple[str, date]]:
    """Yield (basis, month) under which the offer is counted."""
    yield "offer", fact.sent_on.replace(day=1)
    if fact.decided_on is not None:
        yield "decision", fact.decided_on.replace(day=1)


def _find_deltas(before: dict[int, Fact], now: dict[int, Fact]) -> Deltas:
    deltas: Deltas = defaultdict(Tally)
    for pk in before.keys() | now.keys():
        old, new = before.get(pk), now.get(pk)
        if old != new:
            for fact, sign in ((old, -1), (new, 1)):
                for month in _months(fact) if fact else ():
                    deltas[month].add_fact(fact, sign)  # type: ignore[arg-type]  # no months without a fact
    return deltas


def _apply(deltas: Deltas) -> None:
    rows = [
        (basis, month, kind, key, count.number, count.total)
        for (basis, month), tally in sorted(deltas.items(), key=lambda item: item[0])
        for (kind, key), count in sorted(tally.counts.items(), key=lambda item: item[0])
        if count.number or count.total
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO stats_monthlysum (basis, month, kind, key, number, total) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (basis, month, kind, key) DO UPDATE SET"
            " number = stats_monthlysum.number + excluded.number, total = stats_monthlysum.total + excluded.total",
            rows,
        )


def is_worth_it() -> bool:
    """True where there are so many offers that the sums are used instead of a plain count."""
    state = SummaryState.objects.filter(pk=1).first()
    return state is not None and state.offers > PLAIN_UP_TO


def count_spans(basis: str, spans: Sequence[Span]) -> list[Tally]:
    """Return what a plain count of all offers of each period returns; the periods must not overlap. Two queries.

    Whole months come from the sums, the days at the edges one by one from the counted facts.
    """
    tallies = [Tally() for _span in spans]
    whole = [_whole_months(span) for span in spans]
    which = Case(
        *(When(_between("month", first, end), then=Value(place)) for place, (first, end) in enumerate(whole)),
        default=Value(-1),
        output_field=IntegerField(),
    )
    reach = _between("month", *_reach(whole))
    sums = MonthlySum.objects.filter(reach, basis=basis).annotate(which=which).filter(which__gte=0)
    rows = sums.values_list("which", "kind", "key").annotate(Sum("number"), Sum("total")).order_by()
    for place, kind, key, number, total in rows:
        tallies[place].add(kind, key, number, total)
    edges = [
        (edge, tally)
        for span, months, tally in zip(spans, whole, tallies, strict=True)
        for edge in _edges(span, *months)
    ]
    for day, fact in _read_edges(basis, [edge for edge, _tally in edges]):
        next(tally for edge, tally in edges if edge.covers(day)).add_fact(fact)
    return tallies


def _reach(whole: list[tuple[date | None, date | None]]) -> tuple[date | None, date | None]:
    """Return the bounds of all periods together: the index finds them faster than the cases."""
    firsts, ends = [first for first, _end in whole if first], [end for _first, end in whole if end]
    return (min(firsts) if len(firsts) == len(whole) else None, max(ends) if len(ends) == len(whole) else None)


def _between(field: str, first: date | None, end: date | None) -> Q:
    bounds = {f"{field}__gte": first, f"{field}__lt": end}
    return Q(**{name: day for name, day in bounds.items() if day is not None}) or ~Q(pk=None)


def _whole_months(span: Span) -> tuple[date | None, date | None]:
    """Return the first whole month of the period and the first month after it that is not whole any more."""
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


def _read_edges(basis: str, edges: list[Span]) -> Iterator[tuple[date, Fact]]:
    """Yield (day, fact) of the offers of these days."""
    field = "sent_on" if basis == "offer" else "decided_on"
    chosen = Q()
    for edge in edges:
        chosen |= Q(**{f"{field}__gte": edge.first, f"{field}__lte": edge.last})
    for values in OfferFact.objects.filter(chosen).values_list(*_FIELDS).iterator() if edges else ():
        fact = Fact(**dict(zip(_FIELDS, values, strict=True)))
        yield getattr(fact, field), fact
