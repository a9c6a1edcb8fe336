from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from crm.core.working_days import (
    Calendar,
    UnknownRegionError,
    build_calendar,
    local_instant,
    subdivisions,
)

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("region", "day", "is_open"),
    [
        (("DE", "BY"), date(2026, 1, 6), False),
        (("DE", "NW"), date(2026, 1, 6), True),
        (("DE", ""), date(2026, 10, 3), False),
        (("DE", "SN"), date(2026, 11, 18), False),
        (("DE", "BE"), date(2026, 11, 18), True),
        (("AT", ""), date(2026, 10, 26), False),
        (("AT", "9"), date(2026, 12, 8), False),
        (("CH", "ZH"), date(2026, 8, 1), False),
        (("CH", "TI"), date(2026, 3, 19), False),
        (("CH", "ZH"), date(2026, 3, 19), True),
        (("CH", "ZH"), date(2026, 12, 28), True),
        (("LI", ""), date(2026, 5, 14), False),
        (("DE", "BY"), date(2026, 9, 12), False),
        (("DE", "BY"), date(2028, 2, 29), True),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
def test_public_holidays_of_the_region_are_no_working_days(
    region: tuple[str, str], day: date, is_open: bool
):
    assert build_calendar(*region).is_working_day(day) is is_open


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 9, 11), 1, date(2026, 9, 14)),
        (date(2026, 9, 12), 1, date(2026, 9, 14)),
        (date(2026, 9, 11), 0, date(2026, 9, 11)),
        (date(2026, 9, 12), 0, date(2026, 9, 14)),
        (date(2026, 9, 10), 3, date(2026, 9, 15)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (date(2026, 12, 23), 3, date(2026, 12, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
        (date(2028, 2, 28), 2, date(2028, 3, 1)),
        (date(2028, 2, 29), 14, date(2028, 3, 20)),
    ],
    ids=str,
)
def test_working_days_are_counted_forward(day: date, count: int, expected: date):
    assert Calendar("DE", "").add(day, count) == expected


def test_company_holidays_are_no_working_days():
    calendar = build_calendar("DE", "BY", [date(2026, 9, 14)])
    assert calendar.add(date(2026, 9, 11), 1) == date(2026, 9, 15)


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 3, 28), time(9), datetime(2026, 3, 28, 8, tzinfo=UTC)),
        (date(2026, 3, 29), time(9), datetime(2026, 3, 29, 7, tzinfo=UTC)),
        (date(2026, 10, 24), time(9), datetime(2026, 10, 24, 7, tzinfo=UTC)),
        (date(2026, 10, 25), time(9), datetime(2026, 10, 25, 8, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
    ids=str,
)
def test_the_wall_clock_holds_through_clock_changes(day: date, clock: time, expected: datetime):
    assert local_instant(day, clock, ZURICH) == expected


def test_the_last_day_of_all_is_no_error():
    closed = Calendar("DE", "", frozenset({date.max}))
    assert closed.on_or_after(date.max) == date.max


@pytest.mark.parametrize(
    "region", [("XX", ""), ("DE", "ZZ"), ("CH", "BY"), ("LI", "ZH")], ids="-".join
)
def test_an_unknown_region_is_refused(region: tuple[str, str]):
    with pytest.raises(UnknownRegionError):
        build_calendar(*region)


def test_all_regions_of_the_four_countries_are_known():
    assert {country: len(subdivisions(country)) for country in ("DE", "AT", "CH", "LI")} == {
        "DE": 17,
        "AT": 9,
        "CH": 27,
        "LI": 0,
    }
    assert all(
        build_calendar(country, code)
        for country in ("DE", "AT", "CH")
        for code in subdivisions(country)
    )
