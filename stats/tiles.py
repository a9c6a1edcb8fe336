"""The main figures of the dashboard as tiles, numbers in local form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.figures import FEW, Figures, change


@dataclass(frozen=True)
class Tile:
    """One main figure. `trend` is the change in words; `is_better` is None for neither."""

    label: str
    value: str
    note: str
    link: str
    trend: str = ""
    is_better: bool | None = None


def number(value: float | Decimal, decimals: int = 0) -> str:
    """Return a rounded number in local form, thousands grouped."""
    # Django's own function cuts decimals off: 28.9999 would read as 28.
    rounded = round(Decimal(value), decimals)
    return str(number_format(rounded, decimals, use_l10n=True, force_grouping=True))


def money(sums: dict[str, Decimal]) -> str:
    """Return amounts such as "12.300 EUR + 900 CHF"; nothing where none is known."""
    return " + ".join(f"{number(amount)} {currency}" for currency, amount in sums.items())


def build_tiles(now: Figures, past: Figures | None, link: Callable[[str], str]) -> list[Tile]:
    """Return the tiles of the figures, each with its change against those of the period before."""
    if past is not None and past.offers < FEW:
        # With few offers in the earlier period changes mean nothing: "+7,850 %" in the first year.
        past = None
    return [_build_tile(kind, now, past, link) for kind in _TILES]


@dataclass(frozen=True)
class _TileKind:
    """The kind of a tile: a number of the figures, its format, and the text below it."""

    label: Any
    part: str
    measure: Callable[[Figures], float | None]
    write: Callable[[float], str]
    note: Callable[[Figures], str]
    more_is_better: bool | None = True


def _build_tile(
    kind: _TileKind, now: Figures, past: Figures | None, link: Callable[[str], str]
) -> Tile:
    value = kind.measure(now)
    trend, is_better = "", None
    moved = change(value, kind.measure(past)) if past is not None else None
    if moved is not None:
        # Rounded first, so that a change that reads as 0 % is neither good nor bad.
        moved = round(moved, 2)
        trend = _describe_change(moved)
    if moved and kind.more_is_better is not None:
        is_better = (moved > 0) is kind.more_is_better
    return Tile(
        label=str(kind.label),
        value="–" if value is None else kind.write(value),
        note=kind.note(now),
        link=link(kind.part),
        trend=trend,
        is_better=is_better,
    )


def _describe_change(moved: float) -> str:
    sign = "±"
    if moved:
        sign = "+" if moved > 0 else "−"
    return f"{sign}{number(abs(moved) * 100)} %"


def _percent(value: float) -> str:
    return f"{number(value * 100, 1)} %"


def _days(value: float) -> str:
    return _("%(days)s d") % {"days": number(value, 1)}


def _count_answered(figures: Figures) -> str:
    numbers = {"answered": number(figures.answered), "rated": number(figures.rated)}
    return _("%(answered)s of %(rated)s answered") % numbers


def _count_open(figures: Figures) -> str:
    words = ngettext(
        "%(number)s offer is still open", "%(number)s offers are still open", figures.open
    )
    return words % {"number": number(figures.open)}


def _of_status(status: str, label: Any, *, more_is_better: bool | None) -> _TileKind:
    return _TileKind(
        label=label,
        part=f"status:{status}",
        measure=lambda figures: figures.statuses.get(status, 0),
        write=number,
        note=lambda figures: money(figures.value(status)),
        more_is_better=more_is_better,
    )


_TILES = [
    _TileKind(
        label=gettext_lazy("Offers"),
        part="all",
        measure=lambda figures: figures.offers,
        write=number,
        note=lambda figures: money(figures.value()),
    ),
    _TileKind(
        label=gettext_lazy("Response rate"),
        part="answered",
        measure=lambda figures: figures.response_rate,
        write=_percent,
        note=_count_answered,
    ),
    _TileKind(
        label=gettext_lazy("Reaction time, median"),
        part="answered",
        measure=lambda figures: figures.reaction_median,
        write=_days,
        note=_count_open,
        more_is_better=False,
    ),
    _TileKind(
        label=gettext_lazy("Reaction time, mean"),
        part="answered",
        measure=lambda figures: figures.reaction_mean,
        write=_days,
        note=lambda _figures: _("from the first mail to the first answer"),
        more_is_better=False,
    ),
    _of_status("interested", gettext_lazy("Interested"), more_is_better=True),
    _of_status("declined", gettext_lazy("Declined"), more_is_better=False),
    _of_status("ordered", gettext_lazy("Ordered"), more_is_better=True),
    _of_status("open", gettext_lazy("Open"), more_is_better=None),
]
