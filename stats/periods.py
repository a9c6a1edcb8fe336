"""Periods of the filter, and the parts into which a time line divides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DEFAULT = "last_12_months"
Grain = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included; None: no bound."""

    first: date | None = None
    last: date | None = None

    def before(self) -> Span | None:
        """Return the span of the same length that ends the day before; None without a bound."""
        if self.first is None or self.last is None:
            return None
        day_before = self.first - timedelta(days=1)
        return Span(day_before - (self.last - self.first), day_before)


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


def read_preset(name: str, *, today: date) -> Span:
    """Return the days that a preset means today. Raises KeyError for an unknown one."""
    month, year = today.replace(day=1), date(today.year, 1, 1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return {
        "last_30_days": Span(today - timedelta(days=29), today),
        "last_90_days": Span(today - timedelta(days=89), today),
        "this_month": Span(month, today),
        "last_month": Span(_months_before(today, 1), month - timedelta(days=1)),
        "this_quarter": Span(quarter, today),
        "last_quarter": Span(_months_before(quarter, 3), quarter - timedelta(days=1)),
        "this_year": Span(year, today),
        "last_year": Span(date(today.year - 1, 1, 1), year - timedelta(days=1)),
        "last_12_months": Span(_months_before(today, 11), today),
        "all": Span(None, None),
    }[name]


def choose_grain(first: date, last: date) -> Grain:
    """Return days for up to six weeks, weeks for up to half a year, else months."""
    days = (last - first).days
    if days <= 42:
        return "day"
    return "week" if days <= 190 else "month"


def start_of(day: date, grain: Grain) -> date:
    """Return the first day of the day's bucket; weeks start on Monday."""
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if grain == "week" else day


def end_of(start: date, grain: Grain) -> date:
    """Return the last day of the bucket that starts on `start`."""
    if grain == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start + timedelta(days=6) if grain == "week" else start


@dataclass(frozen=True)
class Bucket:
    """The days from `first` to `last`, and the sum of each series over them."""

    first: date
    last: date
    numbers: tuple[int, ...]


def fill_buckets(
    series: Sequence[Mapping[date, int]], *, grain: Grain, first: date, last: date
) -> list[Bucket]:
    """Return the sums of numbers by day for each bucket, also the empty ones between.

    Days outside `first` to `last` widen the range, so that nothing is left out.
    """
    for numbers in series:
        first, last = min([first, *numbers]), max([last, *numbers])
    sums: dict[date, list[int]] = {}
    start = start_of(first, grain)
    while start <= last:
        sums[start] = [0] * len(series)
        start = end_of(start, grain) + timedelta(days=1)
    for position, numbers in enumerate(series):
        for day, number in numbers.items():
            sums[start_of(day, grain)][position] += number
    return [Bucket(start, end_of(start, grain), tuple(numbers)) for start, numbers in sums.items()]
