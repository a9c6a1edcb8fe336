from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.figures import Figures, OfferGroup, SentDay, change, find_figures, find_median
from stats.periods import Span, choose_grain, end_of, fill_buckets, read_preset, start_of
from stats.tiles import build_tiles

TODAY = date(2026, 5, 20)
DAY = 86400


def group(status: str = "open", **counts: object) -> OfferGroup:
    """One offer without an answer and an amount."""
    defaults = {"number": 1, "answered": 0, "valued": 0, "value": Decimal(0), "reaction_seconds": 0}
    defaults |= {"customer_reason": "", "salesperson_reason": "", "step": 0, "currency": "EUR"}
    return OfferGroup(status, **{**defaults, **counts})  # type: ignore[arg-type]


def figures(*groups: OfferGroup, unanswered: dict[int, int] | None = None) -> Figures:
    """Return the figures of offers, of which so many were sent in May and are unanswered."""
    silent = (unanswered or {}).items()
    sent = {date(2026, 5, day): SentDay(number, number) for day, number in silent}
    return find_figures(list(groups), sent, {}, today=TODAY)


@pytest.mark.parametrize(
    ("answered", "unanswered", "rate"),
    [
        (0, {}, None),
        (0, {19: 1}, None),
        (0, {6: 1}, 0),
        (0, {7: 1}, None),
        (1, {6: 1}, 0.5),
        (1, {19: 1}, 1),
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
    answered: int, unanswered: dict[int, int], rate: float | None
) -> None:
    its = figures(group(answered=answered), unanswered=unanswered)
    assert its.response_rate == rate


def test_reaction_times_are_days_with_the_open_ones_left_out() -> None:
    groups = [
        group("interested", number=3, answered=3, reaction_seconds=12 * DAY),
        group("open"),
    ]
    result = find_figures(groups, {}, {10: 1, 20: 1, 90: 1}, today=TODAY)
    assert (result.reaction_mean, result.reaction_median, result.open) == (4, 2, 1)


def test_amounts_are_summed_by_currency_and_status() -> None:
    result = figures(
        group(valued=1, value=Decimal("100.50")),
        group("declined", valued=1, value=Decimal("0.01"), currency="CHF"),
        group("declined", currency="EUR"),
    )
    assert {currency: str(amount) for currency, amount in result.value().items()} == {
        "CHF": "0.01",
        "EUR": "100.50",
    }
    assert list(result.value("declined")) == ["CHF"]


@given(st.lists(st.integers(0, 50), min_size=1))
def test_the_median_is_the_median(values: list[int]) -> None:
    assert find_median(Counter(values)) == median(values)


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
    numbers = {date(2026, 1, 1): 2, date(2026, 3, 31): 1}
    buckets = fill_buckets(
        [numbers, {}], grain="month", first=date(2026, 2, 1), last=date(2026, 2, 5)
    )
    assert [bucket.numbers for bucket in buckets] == [(2, 0), (0, 0), (1, 0)]


@pytest.mark.parametrize(("before", "is_shown"), [(19, False), (20, True)])
def test_a_change_is_shown_only_against_enough_offers(before: int, is_shown: bool) -> None:
    past, now = figures(group(number=before)), figures(group(number=40))
    tiles = build_tiles(now, past, lambda _part: "")
    assert bool(tiles[0].trend) is is_shown


def test_a_change_that_reads_as_none_is_neither_good_nor_bad() -> None:
    past, now = figures(group(number=1000)), figures(group(number=999))
    tile = build_tiles(now, past, lambda _part: "")[0]
    assert (tile.trend, tile.is_better) == ("±0 %", None)


def test_a_change_is_rounded() -> None:
    past, now = figures(group(number=100)), figures(group(number=129))
    assert build_tiles(now, past, lambda _part: "")[0].trend == "+29 %"
