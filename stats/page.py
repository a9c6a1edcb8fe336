"""What the page of the figures says: tiles and charts with their words, numbers in local form, and
links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.backoffice.models import DeclineReason
from offers.models import Offer
from stats import queries, summary
from stats.charts import AGE_CLASSES, AGES, Chart, Point, bucket, choose_grain, rank
from stats.figures import FEW, Figures, Tally, change, read_figures
from stats.filters import BASES, OfferFilter
from stats.periods import Span

Measure = Callable[[Figures], float | None]
STATUS_COLOURS = {
    "open": "blue",
    "interested": "green",
    "ordered": "teal",
    "declined": "red",
    "no_answer": "grey",
    "withdrawn": "slate",
}


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


@dataclass(frozen=True)
class Page:
    """The page of the figures; `notes` are sentences on how they are counted."""

    filter: OfferFilter
    tiles: list[Tile]
    charts: list[Chart]
    period: str
    notes: list[str]
    few: str
    is_empty: bool


def build_page(offers: OfferFilter, *, now: datetime) -> Page:
    """Return the page for what the filter leaves."""
    today, span = timezone.localdate(now), offers.span
    before = span.before()
    still_open = offers.offers_of(span) if offers.may_leave_open else Offer.objects.none()
    ages = queries.ages_of_open(still_open, now=now)
    tally, *earlier = count(offers, [span, before] if before else [span], ages)
    figures = read_figures(tally, today=today)
    past = read_figures(earlier[0], today=today) if earlier else None
    link = link_to_offers(offers)
    reasons, *more_reasons = _reasons(tally, offers, link)
    charts = [
        _time_line(tally, span, today, link),
        reasons,
        _statuses(figures, link),
        _steps(tally, link),
        _ages(tally, link),
        *more_reasons,
    ]
    return Page(
        filter=offers,
        tiles=build_tiles(figures, past, link),
        charts=charts,
        period=describe(span),
        notes=_notes(offers, before, past),
        few=_few() if figures.offers and figures.is_few else "",
        is_empty=not figures.offers,
    )


def count(offers: OfferFilter, spans: list[Span], ages: QuerySet[Any, Any]) -> list[Tally]:
    """Return the counts of each period, those of the first one with the ages of its open offers.

    By reading each offer, from the sums where there are many.
    """
    counts = None
    if part := offers.part:
        counted, tallies = summary.count_slice(part, spans, ages)
        if counted > summary.PLAIN_UP_TO:
            return tallies
    else:
        counts = summary.count_facts(offers.facts, offers.values["basis"], spans)
    counts = counts or [queries.count_offers(offers.offers_of(span)) for span in spans]
    if counts[0].numbers("status").get("open"):
        for _place, *row in ages:
            counts[0].add(*row)
    return counts


def link_to_offers(offers: OfferFilter) -> Callable[[str], str]:
    """Return a function from a part ("status:open") to the list of the offers behind it, with the
    same filter.
    """
    asked = {name: value for name, value in offers.data.items() if value}
    url = reverse("admin:offers_offer_changelist")
    return lambda part: f"{url}?{urlencode({'figures': urlencode({**asked, 'part': part})})}"


def describe(span: Span) -> str:
    """Return the period in words."""
    first, last = (day and date_format(day, "DATE_FORMAT") for day in (span.first, span.last))
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("since %(first)s") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("all time")


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


def _reasons(tally: Tally, offers: OfferFilter, link: Callable[[str], str]) -> list[Chart]:
    def label(key: str) -> str:
        reason = offers.reasons.get(int(key))
        return str(reason) if reason else _("not stated")

    counts = {"0": 0, **tally.numbers("reason")}
    empty = _(
        "No offer was declined in this period. Reasons appear as soon as a customer declines through the link."
    )
    charts = [
        Chart(
            name="reasons",
            kind="pie",
            title=_("Why offers are declined"),
            head=(_("Reason"), _("Offers")),
            points=rank(counts, label, lambda key: link(f"reason:{key}")),
            empty=empty,
        ),
        _classes(counts, offers, link),
        _both_sides(tally, label, link),
    ]
    for currency in sorted({key[:3] for key in tally.of("reason_value")}):
        sums = {
            key[4:]: c.total / 100
            for key, c in tally.of("reason_value").items()
            if key[:3] == currency
        }
        charts.append(
            Chart(
                name=f"reasons-{currency.lower()}",
                kind="pie",
                title=_("Declined value by reason, in %(currency)s") % {"currency": currency},
                head=(_("Reason"), currency),
                points=rank(sums, label, lambda key: link(f"reason:{key}")),
                empty=empty,
                note=_("Only offers whose amount is known."),
                is_money=True,
            )
        )
    return charts


def _classes(counts: dict[str, int], offers: OfferFilter, link: Callable[[str], str]) -> Chart:
    """The reasons by class, so that a renamed or retired reason does not break a comparison over
    years.
    """
    numbers = dict.fromkeys(DeclineReason.Group.values, 0)
    for key, number_of_offers in counts.items():
        if reason := offers.reasons.get(int(key)):
            numbers[reason.group] += number_of_offers
    labels = dict(DeclineReason.Group.choices)
    points = [
        Point(_sentence_case(labels[name]), (n,), (link(f"group:{name}"),))
        for name, n in numbers.items()
    ]
    return Chart(
        name="classes",
        kind="bar",
        title=_("Classes of decline reasons"),
        head=(_("Class"), _("Offers")),
        points=(
            *points,
            Point(_sentence_case(_("not stated")), (counts["0"],), (link("reason:0"),), "grey"),
        ),
        empty=_("No offer was declined in this period."),
        note=_(
            "Each reason belongs to a class, also the retired ones, so that years can be compared."
        ),
    )


def _both_sides(tally: Tally, label: Callable[[str], str], link: Callable[[str], str]) -> Chart:
    """What customers stated beside what their sellers think: both are kept."""
    customers, sellers = tally.numbers("customer_reason"), tally.numbers("seller_reason")
    keys = sorted(
        {*customers, *sellers},
        key=lambda key: (-customers.get(key, 0) - sellers.get(key, 0), label(key)),
    )
    return Chart(
        name="sides",
        kind="bar",
        title=_("Customer's reason and seller's reason"),
        head=(_("Reason"), _("Stated by the customer"), _("Stated by the seller")),
        points=tuple(
            Point(
                label(key),
                (customers.get(key, 0), sellers.get(key, 0)),
                (link(f"customer_reason:{key}"), link(f"seller_reason:{key}")),
            )
            for key in keys
        ),
        empty=_(
            "Nobody has stated a reason in this period. Sellers enter their own on the page of an answer."
        ),
        colours=("blue", "orange"),
    )


def _sentence_case(words: object) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


def _time_line(tally: Tally, span: Span, today: date, link: Callable[[str], str]) -> Chart:
    sent, came = tally.numbers("sent"), tally.numbers("came")
    days = sorted(date.fromisoformat(day) for day in {*sent, *came})
    first, last = span.first or (days[0] if days else today), min(span.last or today, today)
    grain = choose_grain(min([first, *days[:1]]), max([last, *days[-1:]]))
    form = {"day": "SHORT_DATE_FORMAT", "week": "SHORT_DATE_FORMAT", "month": "YEAR_MONTH_FORMAT"}[
        grain
    ]
    points = tuple(
        Point(
            date_format(start, form),
            numbers,
            (link(f"sent:{start}..{end}"), link(f"came:{start}..{end}")),
        )
        for start, end, numbers in bucket([sent, came], grain=grain, first=first, last=last)
    )
    heads = {"day": _("Day"), "week": _("Week from"), "month": _("Month")}
    return Chart(
        name="time",
        kind="line",
        title=_("Offers and answers over time"),
        head=(heads[grain], _("Offers sent"), _("First answers")),
        points=points,
        empty=_(
            "No offer was sent in this period. Choose a longer period, or look into the import log."
        ),
        note=_("Offers on the day of their first mail, answers on the day they came."),
    )


def _statuses(figures: Figures, link: Callable[[str], str]) -> Chart:
    labels = dict(Offer.Status.choices)
    return Chart(
        name="status",
        kind="bar",
        title=_("What became of the offers"),
        head=(_("Status"), _("Offers")),
        points=tuple(
            Point(
                str(labels[status]),
                (figures.statuses.get(status, 0),),
                (link(f"status:{status}"),),
                colour,
            )
            for status, colour in STATUS_COLOURS.items()
        ),
        empty=_("No offer in this period. Choose a longer period, or look into the import log."),
    )


def _steps(tally: Tally, link: Callable[[str], str]) -> Chart:
    numbers = tally.numbers("step")
    last = max([3, *(int(step) for step in numbers)])
    return Chart(
        name="steps",
        kind="bar",
        title=_("Answers per reminder"),
        head=(_("Answered"), _("Offers")),
        points=tuple(
            Point(
                _("before any reminder")
                if not step
                else _("after reminder %(step)s") % {"step": step},
                (numbers.get(str(step), 0),),
                (link(f"step:{step}"),),
            )
            for step in range(last + 1)
        ),
        empty=_("Nobody has answered yet. The chart shows which reminder brings the answers."),
    )


def _ages(tally: Tally, link: Callable[[str], str]) -> Chart:
    ages = dict.fromkeys(AGE_CLASSES, 0) | tally.numbers("age")
    labels = {"over-30": _("over 30 days"), "expired": _("link expired")}
    for name, low, high in AGES[:3]:
        labels[name] = _("%(low)s to %(high)s days") % {"low": low, "high": high}
    return Chart(
        name="ages",
        kind="bar",
        title=_("Age of open offers"),
        head=(_("Age"), _("Offers")),
        points=tuple(
            Point(
                labels[name],
                (value,),
                (link(f"age:{name}"),),
                "red" if name == "expired" else "blue",
            )
            for name, value in ages.items()
        ),
        empty=_("No open offer. Everything has been answered or closed."),
        note=_(
            "Counted from the newest mail. “Link expired” holds the offers whose link can no longer be used."
        ),
    )


def _notes(offers: OfferFilter, before: Span | None, past: Figures | None) -> list[str]:
    basis = str(dict(BASES)[offers.values["basis"]])
    notes = [
        _("Counted %(basis)s: %(which)s")
        % {
            "basis": basis,
            "which": _("offers that were interested, declined or ordered in the period.")
            if offers.by_decision
            else _("offers whose first mail was sent in the period."),
        },
        _("Response rate: answered offers out of those that are answered or at least 14 days old."),
        _("A superseded offer counts once, with the offer that took its place."),
    ]
    if before and past:
        words = (
            _("Changes are against %(period)s.")
            if past.offers >= FEW
            else _("No changes are shown, because %(period)s has too few offers to compare with.")
        )
        notes.append(words % {"period": describe(before)})
    return notes


def _few() -> str:
    return _("Fewer than %(few)s answers: treat rates and times with care.") % {"few": FEW}
