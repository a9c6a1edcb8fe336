"""The main figures of the dashboard as tiles, numbers in local form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.figures import FEW, Figures, change

Measure = Callable[[Figures], float | None]


@dataclass(frozen=True)
class Tile:
    """One main figure. `trend` is the change in words, `is_better` its judgement (None: neither
    good nor bad).
    """

    label: str
    value: str
    note: str
    link: str
    trend: str = ""
    is_better: bool | None = None


def number(value: float | Decimal, decimals: int = 0) -> str:
    return str(number_format(value, decimals, use_l10n=True, force_grouping=True))


def money(sums: dict[str, Decimal]) -> str:
    """Return amounts such as "12.300 EUR + 900 CHF"; nothing where none is known."""
    return " + ".join(f"{number(amount)} {currency}" for currency, amount in sums.items())


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{number(value * 100, 1)} %"


def _days(value: float | None) -> str:
    return "–" if value is None else _("%(days)s d") % {"days": number(value, 1)}


def _trend(
    now: float | None, before: float | None, *, more_is_better: bool | None
) -> dict[str, Any]:
    moved = change(now, before)
    if moved is None:
        return {}
    words = f"{'+' if moved > 0 else '−' if moved < 0 else '±'}{number(abs(moved) * 100)} %"
    return {
        "trend": words,
        "is_better": None if more_is_better is None or not moved else (moved > 0) is more_is_better,
    }


def build_tiles(now: Figures, past: Figures | None, link: Callable[[str], str]) -> list[Tile]:
    # Against a handful of offers every change is a sensation: "+7,850 %" in the first year of use.
    base = past if past is not None and past.offers >= FEW else None

    def tile(
        label: str,
        value: str,
        note: str,
        part: str,
        *,
        of: Measure,
        more_is_better: bool | None = True,
    ) -> Tile:
        before = None if base is None else of(base)
        return Tile(
            label, value, note, link(part), **_trend(of(now), before, more_is_better=more_is_better)
        )

    def status_tile(status: str, label: str, better: bool | None) -> Tile:
        def of(figures: Figures) -> float:
            return figures.statuses.get(status, 0)

        return tile(
            label,
            number(of(now)),
            money(now.value(status)),
            f"status:{status}",
            of=of,
            more_is_better=better,
        )

    answered = _("%(answered)s of %(due)s answered") % {
        "answered": number(now.answered),
        "due": number(now.due),
    }
    still_open = ngettext(
        "%(number)s offer is still open", "%(number)s offers are still open", now.open
    )
    return [
        tile(
            _("Offers"),
            number(now.offers),
            money(now.value()),
            "all",
            of=lambda figures: figures.offers,
        ),
        tile(
            _("Response rate"),
            _percent(now.response_rate),
            answered,
            "answered",
            of=lambda figures: figures.response_rate,
        ),
        tile(
            _("Reaction time, median"),
            _days(now.reaction_median),
            still_open % {"number": number(now.open)},
            "answered",
            of=lambda figures: figures.reaction_median,
            more_is_better=False,
        ),
        tile(
            _("Reaction time, mean"),
            _days(now.reaction_mean),
            _("from the first mail to the first answer"),
            "answered",
            of=lambda figures: figures.reaction_mean,
            more_is_better=False,
        ),
        status_tile("interested", _("Interested"), True),
        status_tile("declined", _("Declined"), False),
        status_tile("ordered", _("Ordered"), True),
        status_tile("open", _("Open"), None),
    ]
