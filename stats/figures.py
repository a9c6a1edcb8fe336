"""What is counted, and what the counts say. Pure: no Django, no clock.

An offer becomes a `Fact`, the `RULES` say what a fact adds to, their sum is a `Tally`, and
`read_figures` says what the tally means. The page, the weekly mail and the recount all come through
here, so no figure has two definitions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

DECIDED = ("interested", "declined", "ordered")
FEW = 20
GRACE_DAYS = 14
TENTH_OF_DAY = 8640


class Fact(NamedTuple):
    """One offer. Days are local; a reason is 0 where none was stated; `cents` is None where no
    amount is known.

    `answered_on` and `reaction_seconds` are both there or both None.
    """

    sent_on: date
    status: str
    decided_on: date | None = None
    answered_on: date | None = None
    reaction_seconds: int | None = None
    customer_reason: int = 0
    seller_reason: int = 0
    step: int = 0
    cents: int | None = None
    currency: str = ""
    customer_id: int = 0
    salesperson_id: int | None = None

    @property
    def reason(self) -> int:
        """The customer's reason, else the seller's."""
        return self.customer_reason or self.seller_reason


class Rule(NamedTuple):
    """A kind of count: the columns that decide the key, what they make of it (None: not counted),
    and what is summed.

    Where something is summed, offers without it are not counted.
    """

    columns: tuple[str, ...]
    find_key: Callable[..., str | None]
    summed: str = ""


@dataclass(slots=True)
class Count:
    """How many, and the sum of what was measured: seconds of reaction or cents of value."""

    number: int = 0
    total: int = 0


@dataclass
class Tally:
    """Counts by kind and key. Adding facts one by one or adding stored counts gives the same."""

    counts: dict[str, dict[str, Count]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Count))
    )

    def add(self, kind: str, key: str, number: int, total: int) -> None:
        count = self.counts[kind][key]
        count.number += number
        count.total += total

    def add_facts(
        self, rows: Sequence[Sequence[Any]], sign: int = 1, names: Sequence[str] = Fact._fields
    ) -> None:
        """Count offers, given as facts or as rows that begin with `names`; with sign -1 take them
        out again.

        Each rule sees the values of its columns once, however many offers share them: that is ten
        times as fast as asking per offer. Days may be dates or ISO texts.
        """
        if not rows:
            return
        columns: dict[str, Iterable[Any]] = dict(zip(names, zip(*rows, strict=True), strict=False))
        columns["is_answered"] = [day is not None for day in columns["answered_on"]]
        columns["tenths"] = [
            None if value is None else tenths(value) for value in columns["reaction_seconds"]
        ]
        for kind, rule in RULES.items():
            places = zip(*(columns[name] for name in rule.columns), strict=True)
            groups = _sum_groups(places, columns[rule.summed]) if rule.summed else Counter(places)
            for values, found in groups.items():
                number, total = found if isinstance(found, list) else (found, 0)
                if (key := rule.find_key(*values)) is not None:
                    self.add(kind, key, sign * number, sign * total)

    def of(self, kind: str) -> dict[str, Count]:
        """Return the counts of one kind by key, without those that are nothing."""
        return {key: count for key, count in self.counts[kind].items() if count.number}

    def rows(self) -> list[tuple[str, str, int, int]]:
        """Return (kind, key, number, total) of all counts in a fixed order, without those that are
        nothing.
        """
        return [
            (kind, key, count.number, count.total)
            for kind, counts in sorted(self.counts.items())
            for key, count in sorted(counts.items())
            if count.number or count.total
        ]

    def numbers(self, kind: str) -> dict[str, int]:
        return {key: count.number for key, count in self.of(kind).items()}


def _sum_groups(
    places: Iterable[tuple[Any, ...]], amounts: Iterable[int | None]
) -> dict[tuple[Any, ...], list[int]]:
    """Return how many amounts there are at each place, and their sum."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, amount in zip(places, amounts, strict=True):
        if amount is not None:
            if group := groups.get(place):
                group[0] += 1
                group[1] += amount
            else:
                groups[place] = [1, amount]
    return groups


def _known(value: Any) -> str | None:
    return None if value is None else str(value)


def _stated(status: str, reason: int) -> str | None:
    return str(reason) if status == "declined" and reason else None


# Each count of the page.
RULES: dict[str, Rule] = {
    "status": Rule(("status",), str),
    "sent": Rule(("sent_on",), str),
    "unanswered": Rule(
        ("sent_on", "is_answered"), lambda day, is_answered: None if is_answered else str(day)
    ),
    "answered": Rule(("is_answered",), lambda _is_answered: "", "reaction_seconds"),
    "came": Rule(("answered_on",), _known),
    "reaction": Rule(("tenths",), _known),
    "step": Rule(
        ("step", "is_answered"), lambda step, is_answered: str(step) if is_answered else None
    ),
    "reason": Rule(
        ("status", "customer_reason", "seller_reason"),
        lambda status, customers, sellers: (
            str(customers or sellers) if status == "declined" else None
        ),
    ),
    "customer_reason": Rule(("status", "customer_reason"), _stated),
    "seller_reason": Rule(("status", "seller_reason"), _stated),
    "value": Rule(("currency", "status"), lambda currency, status: f"{currency} {status}", "cents"),
    "reason_value": Rule(
        ("currency", "status", "customer_reason", "seller_reason"),
        lambda currency, status, customers, sellers: (
            f"{currency} {customers or sellers}" if status == "declined" else None
        ),
        "cents",
    ),
}


# What of a fact the rules look at, themselves or by what `add_facts` makes of it.
COUNTED = [
    name for name in Fact._fields if name not in ("decided_on", "customer_id", "salesperson_id")
]


def tenths(seconds: int) -> int:
    """Return tenths of a day, half of one rounded up."""
    return (seconds + TENTH_OF_DAY // 2) // TENTH_OF_DAY


@dataclass(frozen=True)
class Figures:
    """The main figures of a set of offers. Rates run from 0 to 1, reaction times are days; None:
    nothing to say.
    """

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
    due = answered.number + sum(
        n for day, n in tally.numbers("unanswered").items() if day <= last_due
    )
    median = find_median((int(key), number) for key, number in tally.numbers("reaction").items())
    values = {
        (key[:3], key[4:]): Decimal(count.total) / 100 for key, count in tally.of("value").items()
    }
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
