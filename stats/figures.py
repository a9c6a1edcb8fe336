"""What is counted, and what the counts say. Pure: no Django, no clock.

An offer becomes a `Fact`, a fact becomes a few contributions, their sum is a `Tally`, and `read_figures` says what the
tally means. The page, the weekly mail and the recount all come through here, so no figure has two definitions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

DECIDED = ("interested", "declined", "ordered")
FEW = 20
GRACE_DAYS = 14
TENTH_OF_DAY = 8640


@dataclass(frozen=True, slots=True)
class Fact:
    """One offer. Days are local; `reason` is 0 where none was stated; `cents` is None where no amount is known."""

    sent_on: date
    status: str
    decided_on: date | None = None
    answered_on: date | None = None
    reaction_seconds: int | None = None
    reason: int = 0
    step: int = 0
    cents: int | None = None
    currency: str = ""


@dataclass(slots=True)
class Count:
    """How many, and the sum of what was measured: seconds of reaction or cents of value."""

    number: int = 0
    total: int = 0


@dataclass
class Tally:
    """Counts by (kind, key). Adding facts one by one or adding stored counts gives the same."""

    counts: dict[tuple[str, str], Count] = field(default_factory=lambda: defaultdict(Count))

    def add(self, kind: str, key: str, number: int, total: int) -> None:
        count = self.counts[kind, key]
        count.number += number
        count.total += total

    def add_fact(self, fact: Fact, sign: int = 1) -> None:
        """Count an offer; with sign -1 take it out again."""
        for kind, key, total in contributions(fact):
            self.add(kind, key, sign, sign * total)

    def of(self, kind: str) -> dict[str, Count]:
        """Return the counts of one kind by key, without those that are nothing."""
        return {key: count for (its, key), count in self.counts.items() if its == kind and count.number}

    def numbers(self, kind: str) -> dict[str, int]:
        return {key: count.number for key, count in self.of(kind).items()}


def contributions(fact: Fact) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, key, what is summed) for each count that the offer adds one to."""
    yield "status", fact.status, 0
    yield "sent", fact.sent_on.isoformat(), 0
    if fact.answered_on is None or fact.reaction_seconds is None:
        yield "unanswered", fact.sent_on.isoformat(), 0
    else:
        yield "answered", "", fact.reaction_seconds
        yield "came", fact.answered_on.isoformat(), 0
        yield "reaction", str(tenths(fact.reaction_seconds)), 0
        yield "step", str(fact.step), 0
    if fact.status == "declined":
        yield "reason", str(fact.reason), 0
    if fact.cents is not None:
        yield "value", f"{fact.currency} {fact.status}", fact.cents
        if fact.status == "declined":
            yield "reason_value", f"{fact.currency} {fact.reason}", fact.cents


def tenths(seconds: int) -> int:
    """Return tenths of a day, half of one rounded up."""
    return (seconds + TENTH_OF_DAY // 2) // TENTH_OF_DAY


@dataclass(frozen=True)
class Figures:
    """The main figures of a set of offers. Rates run from 0 to 1, reaction times are days; None: nothing to say."""

    offers: int
    answered: int
    due: int
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
        """True when so few answers are behind the figures that one customer moves them."""
        return self.answered < FEW

    def value(self, *statuses: str) -> dict[str, Decimal]:
        """Return the sum of the known amounts of these states (none named: of all) by currency."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for (currency, status), amount in self.values.items():
            if not statuses or status in statuses:
                sums[currency] += amount
        return dict(sorted(sums.items()))


def read_figures(tally: Tally, *, today: date) -> Figures:
    """Return the main figures. Response rate = answered / (answered or at least 14 days old)."""
    statuses = tally.numbers("status")
    answered = tally.of("answered").get("", Count())
    last_due = (today - timedelta(days=GRACE_DAYS)).isoformat()
    due = answered.number + sum(n for day, n in tally.numbers("unanswered").items() if day <= last_due)
    median = find_median((int(key), number) for key, number in tally.numbers("reaction").items())
    values = {(key[:3], key[4:]): Decimal(count.total) / 100 for key, count in tally.of("value").items()}
    return Figures(
        offers=sum(statuses.values()),
        answered=answered.number,
        due=due,
        statuses=statuses,
        response_rate=answered.number / due if due else None,
        reaction_mean=answered.total / answered.number / 86400 if answered.number else None,
        reaction_median=None if median is None else median / 10,
        values=values,
    )


def find_median(counted: Iterable[tuple[int, int]]) -> float | None:
    """Return the median of values given as (value, how often), in any order; None of nothing."""
    rows = sorted(counted)
    number = sum(often for _value, often in rows)
    if not number:
        return None
    low, high, seen = None, None, 0
    for value, often in rows:
        seen += often
        if low is None and seen >= (number + 1) // 2:
            low = value
        if seen >= number // 2 + 1:
            high = value
            break
    return ((low or 0) + (high or 0)) / 2


def change(now: float | None, before: float | None) -> float | None:
    """Return the relative change; None where there is nothing to compare with."""
    return None if now is None or not before else now / before - 1
