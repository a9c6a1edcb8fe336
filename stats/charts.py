"""The charts of the dashboard with their labels, and the table below each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from feedback.backoffice.models import DeclineReason
from offers.models import Offer
from stats.drill_down import NOT_STATED
from stats.figures import AGES, Figures, OfferGroup, count_by, sum_by
from stats.periods import Span, choose_grain, fill_buckets

Counts = Mapping[date, int]
Link = Callable[[str], str]
STATUS_COLOURS = {
    "open": "blue",
    "interested": "green",
    "ordered": "teal",
    "declined": "red",
    "no_answer": "grey",
    "withdrawn": "slate",
}


@dataclass(frozen=True)
class Point:
    """One row of the table, and one bar, slice or point of the chart with links to its offers."""

    label: str
    values: tuple[float, ...]
    links: tuple[str, ...] = ()
    colour: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart and its table. `kind` is a type of Chart.js, `colours` are those of the series."""

    name: str
    title: str
    head: tuple[str, ...]
    points: tuple[Point, ...]
    empty: str
    kind: Literal["pie", "line", "bar"] = "bar"
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
        data = asdict(self)
        del data["empty"], data["note"]
        return data


def rank(
    numbers: Mapping[str, float], label: Callable[[str], str], link: Callable[[str], str]
) -> tuple[Point, ...]:
    """Return one point per key, the largest first, equal ones by label."""
    points = [Point(label(key), (number,), (link(key),)) for key, number in numbers.items()]
    return tuple(sorted(points, key=lambda point: (-point.values[0], point.label)))


def chart_time_line(
    sent: Counts, answered: Counts, *, span: Span, today: date, link: Link
) -> Chart:
    """Return the chart of the offers sent and the first answers by day, week or month."""
    days = sorted({*sent, *answered})
    first, last = span.first or (days[0] if days else today), min(span.last or today, today)
    grain = choose_grain(min([first, *days[:1]]), max([last, *days[-1:]]))
    day_format = "YEAR_MONTH_FORMAT" if grain == "month" else "SHORT_DATE_FORMAT"
    points = []
    for bucket in fill_buckets([sent, answered], grain=grain, first=first, last=last):
        label = date_format(bucket.first, day_format)
        within = f"{bucket.first}..{bucket.last}"
        links = (link(f"sent:{within}"), link(f"answered_on:{within}"))
        points.append(Point(label, bucket.numbers, links))
    heads = {"day": _("Day"), "week": _("Week from"), "month": _("Month")}
    return Chart(
        name="time",
        kind="line",
        title=_("Offers and answers over time"),
        head=(heads[grain], _("Offers sent"), _("First answers")),
        points=tuple(points),
        empty=_(
            "No offer was sent in this period. Choose a longer period, or look into the import log."
        ),
        note=_("Offers on the day of their first mail, answers on the day they came."),
    )


def chart_reasons(
    groups: list[OfferGroup], reasons: Mapping[str, DeclineReason], link: Link
) -> list[Chart]:
    """Return the charts of the decline reasons by number, class, side, and value per currency."""
    declined = [group for group in groups if group.is_declined]
    numbers = {"": 0} | count_by(declined, lambda group: group.reason)

    def label(code: str) -> str:
        return str(reasons[code]) if code in reasons else _("not stated")

    def link_to(code: str) -> str:
        return link(f"reason:{code or NOT_STATED}")

    empty = _(
        "No offer was declined in this period. Reasons appear as soon as a customer declines through the link."
    )
    by_number = Chart(
        name="reasons",
        kind="pie",
        title=_("Why offers are declined"),
        head=(_("Reason"), _("Offers")),
        points=rank(numbers, label, link_to),
        empty=empty,
    )
    by_value = []
    for currency, values in sorted(_sum_values(declined).items()):
        chart = Chart(
            name=f"reasons-{currency.lower()}",
            kind="pie",
            title=_("Declined value by reason, in %(currency)s") % {"currency": currency},
            head=(_("Reason"), currency),
            points=rank(values, label, link_to),
            empty=empty,
            note=_("Only offers whose amount is known."),
            is_money=True,
        )
        by_value.append(chart)
    by_class = _chart_classes(numbers, reasons, link)
    return [by_number, by_class, _chart_both_sides(declined, label, link), *by_value]


def _sum_values(declined: list[OfferGroup]) -> dict[str, dict[str, float]]:
    """Return the sums of the known amounts by currency and, in each, by reason."""
    sums: dict[str, dict[str, float]] = {}
    for group in declined:
        if group.valued:
            of_currency = sums.setdefault(group.currency, {})
            of_currency[group.reason] = of_currency.get(group.reason, 0) + float(group.value)
    return sums


def _chart_classes(
    numbers: Mapping[str, int], reasons: Mapping[str, DeclineReason], link: Link
) -> Chart:
    # A renamed or retired reason must not break a comparison over years.
    by_class = dict.fromkeys(DeclineReason.Group.values, 0)
    for code, number in numbers.items():
        if code in reasons:
            by_class[reasons[code].group] += number
    labels = dict(DeclineReason.Group.choices)
    points = [
        Point(capfirst(str(labels[name])), (number,), (link(f"group:{name}"),))
        for name, number in by_class.items()
    ]
    not_stated = (link(f"reason:{NOT_STATED}"),)
    points.append(Point(capfirst(_("not stated")), (numbers[""],), not_stated, "grey"))
    return Chart(
        name="classes",
        title=_("Classes of decline reasons"),
        head=(_("Class"), _("Offers")),
        points=tuple(points),
        empty=_("No offer was declined in this period."),
        note=_(
            "Each reason belongs to a class, also the retired ones, so that years can be compared."
        ),
    )


def _chart_both_sides(declined: list[OfferGroup], label: Callable[[str], str], link: Link) -> Chart:
    """Return the chart of the reasons stated by customers, beside those of the salespeople."""
    customers = count_by(declined, lambda group: group.customer_reason)
    salespeople = count_by(declined, lambda group: group.salesperson_reason)
    codes = {*customers, *salespeople} - {""}

    def order(code: str) -> tuple[int, str]:
        return -customers.get(code, 0) - salespeople.get(code, 0), label(code)

    points = []
    for code in sorted(codes, key=order):
        numbers = (customers.get(code, 0), salespeople.get(code, 0))
        links = (link(f"customer_reason:{code}"), link(f"salesperson_reason:{code}"))
        points.append(Point(label(code), numbers, links))
    return Chart(
        name="sides",
        title=_("Customer's reason and salesperson's reason"),
        head=(_("Reason"), _("Stated by the customer"), _("Stated by the salesperson")),
        points=tuple(points),
        empty=_(
            "Nobody has stated a reason in this period. Salespeople enter their own on the page of an answer."
        ),
        colours=("blue", "orange"),
    )


def chart_statuses(figures: Figures, link: Link) -> Chart:
    """Return the chart of what became of the offers."""
    labels = dict(Offer.Status.choices)
    points = []
    for status, colour in STATUS_COLOURS.items():
        number = figures.statuses.get(status, 0)
        points.append(Point(str(labels[status]), (number,), (link(f"status:{status}"),), colour))
    return Chart(
        name="status",
        title=_("What became of the offers"),
        head=(_("Status"), _("Offers")),
        points=tuple(points),
        empty=_("No offer in this period. Choose a longer period, or look into the import log."),
    )


def chart_steps(groups: list[OfferGroup], link: Link) -> Chart:
    """Return the chart of the first answers by how many reminders had been sent before."""
    answered = sum_by(groups, lambda group: group.step, lambda group: group.answered)
    last = max([3, *answered])
    points = []
    for step in range(last + 1):
        label = _("before any reminder")
        if step:
            label = _("after reminder %(step)s") % {"step": step}
        points.append(Point(label, (answered.get(step, 0),), (link(f"step:{step}"),)))
    return Chart(
        name="steps",
        title=_("Answers per reminder"),
        head=(_("Answered"), _("Offers")),
        points=tuple(points),
        empty=_("Nobody has answered yet. The chart shows which reminder brings the answers."),
    )


def chart_ages(ages: Mapping[str, int], link: Link) -> Chart:
    """Return the chart of the open offers by their age."""
    labels = label_ages()
    points = []
    for name, number in ages.items():
        colour = "red" if name == "expired" else "blue"
        points.append(Point(labels[name], (number,), (link(f"age:{name}"),), colour))
    return Chart(
        name="ages",
        title=_("Age of open offers"),
        head=(_("Age"), _("Offers")),
        points=tuple(points),
        empty=_("No open offer. Everything has been answered or closed."),
        note=_(
            "Counted from the newest mail. “Link expired” holds the offers whose link can no longer be used."
        ),
    )


def label_ages() -> dict[str, str]:
    """Return the words for each age class of `figures.AGE_CLASSES`."""
    labels = {}
    for name, low, high in AGES:
        labels[name] = _("%(low)s to %(high)s days") % {"low": low, "high": high}
    return labels | {"over-30": _("over 30 days"), "expired": _("link expired")}
