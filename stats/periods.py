"""Periods of the filter: from presets to days, and the period before. Pure: no Django, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT = "last_12_months"


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included; None: no bound."""

    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def before(self) -> Span | None:
        """Return the span of the same length that ends the day before; None for one without a
        beginning or an end.
        """
        if self.first is None or self.last is None:
            return None
        return Span(
            self.first - (self.last - self.first) - timedelta(days=1),
            self.first - timedelta(days=1),
        )


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
