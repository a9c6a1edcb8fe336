"""The data of each chart and of the table below it. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

Grain = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Point:
    """One row of the table, and one bar, slice or point of the chart. Each value links to its
    offers.
    """

    label: str
    values: tuple[float, ...]
    links: tuple[str, ...] = ()
    colour: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart and its table. `kind` is a type of Chart.js; `colours` names one colour of the theme
    per series.
    """

    name: str
    kind: Literal["pie", "line", "bar"]
    title: str
    head: tuple[str, ...]
    points: tuple[Point, ...]
    empty: str
    note: str = ""
    colours: tuple[str, ...] = ("blue", "green")
    is_money: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(value for point in self.points for value in point.values)

    @property
    def data_id(self) -> str:
        """The id of the element that carries the data."""
        return f"{self.name}-data"

    def data(self) -> dict[str, Any]:
        """Return what the page's script draws from, ready for JSON."""
        return {key: value for key, value in asdict(self).items() if key not in {"empty", "note"}}


def choose_grain(first: date, last: date) -> Grain:
    """Return by what the time line counts: days up to six weeks, weeks up to half a year, else
    months.
    """
    days = (last - first).days
    return "day" if days <= 42 else "week" if days <= 190 else "month"


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


def bucket(
    series: Sequence[Mapping[str, int]], *, grain: Grain, first: date, last: date
) -> list[tuple[date, date, tuple[int, ...]]]:
    """Return (first day, last day, one sum per series) for each bucket, also the empty ones
    between.

    `series` are numbers by ISO day. Days outside `first` to `last` widen the range, so that nothing
    is left out.
    """
    days = [date.fromisoformat(day) for numbers in series for day in numbers]
    first, last = min([first, *days]), max([last, *days])
    sums: dict[date, list[int]] = {}
    start = start_of(first, grain)
    while start <= last:
        sums[start] = [0] * len(series)
        start = end_of(start, grain) + timedelta(days=1)
    for position, numbers in enumerate(series):
        for day, number in numbers.items():
            sums[start_of(date.fromisoformat(day), grain)][position] += number
    return [(start, end_of(start, grain), tuple(numbers)) for start, numbers in sums.items()]


def rank(
    numbers: Mapping[str, float], label: Callable[[str], str], link: Callable[[str], str]
) -> tuple[Point, ...]:
    """Return one point per key, the largest first, equal ones by label."""
    points = (Point(label(key), (number,), (link(key),)) for key, number in numbers.items())
    return tuple(sorted(points, key=lambda point: (-point.values[0], point.label)))


AGES: tuple[tuple[str, int, int | None], ...] = (
    ("0-7", 0, 7),
    ("8-14", 8, 14),
    ("15-30", 15, 30),
    ("over-30", 31, None),
)
AGE_CLASSES = (*(name for name, _low, _high in AGES), "expired")
