"""The dashboard: tiles, charts, and notes on how they are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from stats import charts, figures
from stats.charts import Chart
from stats.figures import AGE_CLASSES, FEW, Figures
from stats.filters import BASES, OfferFilter
from stats.periods import Span
from stats.tiles import Tile, build_tiles


@dataclass(frozen=True)
class Dashboard:
    """The page of the figures; `notes` are sentences on how they are counted."""

    filter: OfferFilter
    tiles: list[Tile]
    charts: list[Chart]
    period: str
    notes: list[str]
    few: str
    is_empty: bool


def build_dashboard(chosen: OfferFilter, *, now: datetime) -> Dashboard:
    """Return the dashboard of the filtered offers."""
    today, span = timezone.localdate(now), chosen.span
    before = span.before()
    past = None
    if before is not None:
        past = figures.count_figures(chosen.offers_of(before), today=today)
    offers = chosen.offers_of(span)
    groups, sent = figures.group_offers(offers), figures.count_sent(offers)
    first_answers, reactions = figures.count_first_answers(offers), figures.count_reactions(offers)
    main = figures.find_figures(groups, sent, reactions, today=today)
    ages = dict.fromkeys(AGE_CLASSES, 0)
    if main.open:
        ages = figures.count_open_by_age(offers, now=now)
    few = ""
    if main.offers and main.is_few:
        few = _("Fewer than %(few)s answers: treat rates and times with care.") % {"few": FEW}
    sent_numbers = {day: offers_sent.number for day, offers_sent in sent.items()}
    link = link_to_offers(chosen)
    reasons, *more_reasons = charts.chart_reasons(groups, chosen.reasons, link)
    return Dashboard(
        filter=chosen,
        tiles=build_tiles(main, past, link),
        charts=[
            charts.chart_time_line(sent_numbers, first_answers, span=span, today=today, link=link),
            reasons,
            charts.chart_statuses(main, link),
            charts.chart_steps(groups, link),
            charts.chart_ages(ages, link),
            *more_reasons,
        ],
        period=describe_span(span),
        notes=_describe_counting(chosen, before, past),
        few=few,
        is_empty=not main.offers,
    )


def link_to_offers(chosen: OfferFilter) -> Callable[[str], str]:
    """Return a function from a part ("status:open") to the list of its offers, same filter."""
    asked = {name: value for name, value in chosen.data.items() if value}
    url = reverse("admin:offers_offer_changelist")
    return lambda part: f"{url}?{urlencode({'figures': urlencode({**asked, 'part': part})})}"


def describe_span(span: Span) -> str:
    """Return the period in words."""
    words = {}
    if span.first is not None:
        words["first"] = date_format(span.first, "DATE_FORMAT")
    if span.last is not None:
        words["last"] = date_format(span.last, "DATE_FORMAT")
    if len(words) == 2:
        return _("%(first)s to %(last)s") % words
    if "first" in words:
        return _("since %(first)s") % words
    return _("until %(last)s") % words if words else _("all time")


def _describe_counting(chosen: OfferFilter, before: Span | None, past: Figures | None) -> list[str]:
    which = _("offers whose first mail was sent in the period.")
    if chosen.by_decision:
        which = _("offers that were interested, declined or ordered in the period.")
    basis = str(dict(BASES)[chosen.values["basis"]])
    notes = [
        _("Counted %(basis)s: %(which)s") % {"basis": basis, "which": which},
        _("Response rate: answered offers out of those that are answered or at least 14 days old."),
        _("A superseded offer counts once, with the offer that took its place."),
    ]
    if before is not None and past is not None:
        words = _("Changes are against %(period)s.")
        if past.offers < FEW:
            words = _(
                "No changes are shown, because %(period)s has too few offers to compare with."
            )
        notes.append(words % {"period": describe_span(before)})
    return notes
