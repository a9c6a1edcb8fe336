"""Working days of a region: public holidays and the company's own. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
    """The working days of a region: Monday to Friday, no public holiday, no company holiday.

    Results are cached, because planning asks for the same few days again and again. Raises
    UnknownRegionError on the first question about a region that the `holidays` package does not
    know.
    """

    country: str = "DE"
    subdivision: str = ""
    company_holidays: frozenset[date] = frozenset()
    _known: dict[date, bool] = field(default_factory=dict, compare=False, repr=False)
    _sums: dict[tuple[date, int], date] = field(default_factory=dict, compare=False, repr=False)

    def is_working_day(self, day: date) -> bool:
        """True when people of the region work on that day."""
        known = self._known.get(day)
        if known is None:
            closed = day.weekday() >= 5 or day in self.company_holidays
            known = not closed and day not in _public_holidays(self.country, self.subdivision)
            self._known[day] = known
        return known

    def on_or_after(self, day: date) -> date:
        """Return the day itself when it is a working day, else the next one.

        When no working day follows within a year, or before `date.max`, it is the day itself.
        """
        for ahead in range(min(366, (date.max - day).days + 1)):
            candidate = day + timedelta(days=ahead)
            if self.is_working_day(candidate):
                return candidate
        return day

    def add(self, day: date, count: int) -> date:
        """Return the working day that comes `count` working days after `day`, counted forward.

        The day itself does not count, whether it is a working day or not: Friday + 1 is Monday, and
        so is Saturday + 1. With `count` 0 it is the day itself or the next working day.
        """
        key = (day, count)
        if key not in self._sums:
            result = self.on_or_after(day) if count == 0 else day
            for _ in range(count):
                result = self.on_or_after(result + timedelta(days=1))
            self._sums[key] = result
        return self._sums[key]


def build_calendar(
    country: str, subdivision: str, company_holidays: Iterable[date] = ()
) -> Calendar:
    """Return the calendar of a region. Raises UnknownRegionError at once when there is no such
    region.
    """
    _public_holidays(country, subdivision)
    return Calendar(country, subdivision, frozenset(company_holidays))


@lru_cache(maxsize=4096)
def local_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a wall clock shows this time on this day.

    A time that the clock jumps over in spring is taken as the instant after the jump, as PEP 495
    has it for fold=0; a time that comes twice in autumn is the first of the two.
    """
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
