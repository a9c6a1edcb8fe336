from __future__ import annotations

from datetime import date
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.charts import bucket, choose_grain, end_of, start_of
from stats.figures import Fact, Tally, change, find_median, read_figures, tenths
from stats.page import build_tiles
from stats.periods import Span, read_preset

TODAY = date(2026, 5, 20)
DAY = 86400


def figures(*facts: Fact):  # type: ignore[no-untyped-def]
    tally = Tally()
    for fact in facts:
        tally.add_facts([fact])
    return read_figures(tally, today=TODAY)


def sent(day: int, **fields: object) -> Fact:
    return Fact(sent_on=date(2026, 5, day), **{"status": "open", **fields})  # type: ignore[arg-type]


def answered(day: int, days: float, status: str = "interested") -> Fact:
    return sent(
        day, status=status, answered_on=date(2026, 5, day), reaction_seconds=int(days * DAY)
    )


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        ([], None),
        ([sent(19)], None),
        ([sent(6)], 0),
        ([sent(7)], None),
        ([sent(6), answered(19, 1)], 0.5),
        ([answered(19, 1), sent(19)], 1),
    ],
    ids=[
        "nothing",
        "too young",
        "exactly 14 days",
        "13 days",
        "answered and old",
        "answered and young",
    ],
)
def test_the_response_rate_counts_answered_or_old_offers(
    facts: list[Fact], rate: float | None
) -> None:
    assert figures(*facts).response_rate == rate


def test_reaction_times_are_days_with_the_open_ones_left_out() -> None:
    result = figures(answered(1, 1), answered(2, 2), answered(3, 9), sent(1))
    assert (result.reaction_mean, result.reaction_median, result.open) == (4, 2, 1)


def test_amounts_are_summed_by_currency_and_status() -> None:
    result = figures(
        sent(1, cents=10_050, currency="EUR"),
        sent(1, cents=1, currency="CHF", status="declined"),
        sent(1, cents=None, currency="EUR", status="declined"),
    )
    assert {currency: str(amount) for currency, amount in result.value().items()} == {
        "CHF": "0.01",
        "EUR": "100.5",
    }
    assert list(result.value("declined")) == ["CHF"]


def test_taking_a_fact_out_leaves_nothing() -> None:
    tally, fact = Tally(), answered(3, 4, "declined")
    tally.add_facts([fact])
    tally.add_facts([fact], -1)
    assert tally.numbers("status") == tally.numbers("reaction") == {}
    assert not any(total for *_key, total in tally.rows())


@given(st.lists(st.integers(0, 50), min_size=1))
def test_the_median_is_the_median(values: list[int]) -> None:
    assert find_median((value, 1) for value in values) == median(values)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, 0), (4319, 0), (4320, 1), (8640, 1), (86400, 10)]
)
def test_tenths_of_a_day_round_half_up(seconds: int, expected: int) -> None:
    assert tenths(seconds) == expected


@pytest.mark.parametrize(
    ("now", "before", "expected"), [(3, 2, 0.5), (1, 0, None), (1, None, None), (None, 1, None)]
)
def test_a_change_needs_something_to_compare_with(now, before, expected) -> None:  # type: ignore[no-untyped-def]
    assert change(now, before) == expected


@pytest.mark.parametrize(
    ("preset", "span"),
    [
        ("last_30_days", Span(date(2026, 4, 21), TODAY)),
        ("this_month", Span(date(2026, 5, 1), TODAY)),
        ("last_month", Span(date(2026, 4, 1), date(2026, 4, 30))),
        ("this_quarter", Span(date(2026, 4, 1), TODAY)),
        ("last_quarter", Span(date(2026, 1, 1), date(2026, 3, 31))),
        ("last_year", Span(date(2025, 1, 1), date(2025, 12, 31))),
        ("last_12_months", Span(date(2025, 6, 1), TODAY)),
        ("all", Span(None, None)),
    ],
)
def test_presets_mean_these_days(preset: str, span: Span) -> None:
    assert read_preset(preset, today=TODAY) == span


def test_the_period_before_has_the_same_length_and_ends_the_day_before() -> None:
    assert Span(date(2026, 3, 1), date(2026, 3, 31)).before() == Span(
        date(2026, 1, 29), date(2026, 2, 28)
    )
    assert Span(None, TODAY).before() is None


def test_days_weeks_and_months_by_length_of_the_period() -> None:
    grains = [
        choose_grain(date(2026, 1, 1), last)
        for last in (date(2026, 1, 31), date(2026, 5, 1), date(2026, 12, 1))
    ]
    assert grains == ["day", "week", "month"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["day", "week", "month"]))
def test_every_day_lies_in_its_bucket(day: date, grain) -> None:  # type: ignore[no-untyped-def]
    start = start_of(day, grain)
    assert start <= day <= end_of(start, grain)
    assert start_of(end_of(start, grain), grain) == start


def test_no_day_is_left_out_of_the_time_line() -> None:
    numbers = {"2026-01-01": 2, "2026-03-31": 1}
    rows = bucket([numbers, {}], grain="month", first=date(2026, 2, 1), last=date(2026, 2, 5))
    assert [values for _start, _end, values in rows] == [(2, 0), (0, 0), (1, 0)]


@pytest.mark.parametrize(("before", "is_shown"), [(19, False), (20, True)])
def test_a_change_is_shown_only_against_enough_offers(before: int, is_shown: bool) -> None:
    past = figures(*[sent(1)] * before)
    tiles = build_tiles(figures(*[sent(1)] * 40), past, lambda _part: "")
    assert bool(tiles[0].trend) is is_shown
