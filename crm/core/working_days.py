"""Working days of a region: public holidays and the company's own. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

COUNTRIES = ("DE", "AT", "CH", "LI")


class UnknownRegionError(ValueError):
    """The `holidays` package does not know this country or this Land or canton."""


def subdivisions(country: str) -> tuple[str, ...]:
    """Return the codes of the Länder or cantons of a country, sorted. Raises UnknownRegionError."""
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise UnknownRegionError(country)
    return tuple(sorted(supported[country]))


@lru_cache(maxsize=64)
def _public_holidays(country: str, subdivision: str) -> holidays.HolidayBase:
    if subdivision and subdivision not in subdivisions(country):
        raise UnknownRegionError(f"{country}-{subdivision}")
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        raise UnknownRegionError(country) from error


@dataclass(frozen=True)
class Calendar:
    """The working days of a region: Monday to Friday, no public holiday, no company holiday."""

    country: str = "DE"
    subdivision: str = ""
    company_holidays: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Return whether people of the region work on that day. Raises UnknownRegionError."""
        if day.weekday() >= 5 or day in self.company_holidays:
            return False
        return day not in _public_holidays(self.country, self.subdivision)

    def on_or_after(self, day: date) -> date:
        """Return the first working day from this day on; the day itself if a year has none."""
        for ahead in range(min(366, (date.max - day).days + 1)):
            candidate = day + timedelta(days=ahead)
            if self.is_working_day(candidate):
                return candidate
        return day

    def add(self, day: date, count: int) -> date:
        """Return the working day that comes `count` working days after a day.

        Friday + 1 is Monday, and so is Saturday + 1. Saturday + 0 is Monday, too.
        """
        if count == 0:
            return self.on_or_after(day)
        for _ in range(count):
            day = self.on_or_after(day + timedelta(days=1))
        return day


def build_calendar(
    country: str, subdivision: str, company_holidays: Iterable[date] = ()
) -> Calendar:
    """Return the calendar of a region. Raises UnknownRegionError at once."""
    _public_holidays(country, subdivision)
    return Calendar(country, subdivision, frozenset(company_holidays))


def local_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a wall clock shows this time on this day."""
    # PEP 495 with fold=0: a time that the clock jumps over in spring is the instant after the jump,
    # one that comes twice in autumn the first of the two.
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
