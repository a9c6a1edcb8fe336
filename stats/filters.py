"""The filter of the figures. It lives in the URL, so that a view can be bookmarked and sent."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.core.search import first_line, has_words
from offers.models import Customer, Offer
from stats import periods
from stats.drill_down import NOT_STATED, reason_is
from stats.figures import counted_offers, find_reasons, within

PERIODS = [
    ("last_30_days", _("last 30 days")),
    ("last_90_days", _("last 90 days")),
    ("this_month", _("this month")),
    ("last_month", _("last month")),
    ("this_quarter", _("this quarter")),
    ("last_quarter", _("last quarter")),
    ("this_year", _("this year")),
    ("last_year", _("last year")),
    ("last_12_months", _("last 12 months")),
    ("all", _("all time")),
]
BASES = [("offer", _("by offer date")), ("decision", _("by decision date"))]
STATUSES = [choice for choice in Offer.Status.choices if choice[0] != Offer.Status.SUPERSEDED]
_DAY_INPUT = forms.DateInput({"type": "date"}, "%Y-%m-%d")
# Which days count, and what happened on them: `OfferFilter.offers_of` applies these together.
PERIOD_FIELDS = ("period", "first", "last", "basis")
DEFAULTS = {"period": periods.DEFAULT, "basis": "offer"}


def find_customers(words: str) -> QuerySet[Customer]:
    """Return the customers who have all the words in company, name or e-mail."""
    return Customer.objects.filter(has_words(words)).order_by()


def find_companies(words: str) -> QuerySet[Customer]:
    """Return the customers whose company has all the words."""
    companies = Customer.objects.alias(company_text=first_line()).order_by()
    return companies.filter(has_words(words, "company_text"))


def suggest(words: str, *, companies: bool) -> list[str]:
    """Return up to ten addresses, or companies, that have the two or more characters typed."""
    if len(words.strip()) < 2:
        return []
    if companies:
        found = find_companies(words).exclude(company="").values_list("company", flat=True)
        return list(found.order_by("company").distinct()[:10])
    return list(find_customers(words).order_by("email").values_list("email", flat=True)[:10])


_MEANT = {"customer": find_customers, "company": find_companies}


# A mistyped year such as 0026 would make a time line of two thousand years.
FIRST_YEAR, LAST_YEAR = 2000, 2100


class FilterForm(forms.Form):
    """The fields of the filter. An invalid value is reported at its field; the others count."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in ("first", "last"):
            day = values.get(name)
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                words = _("Choose a day between %(first)s and %(last)s. This day is ignored.")
                years = {"first": FIRST_YEAR, "last": LAST_YEAR}
                self.add_error(name, ValidationError(words, params=years))
        first, last = values.get("first"), values.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period ends before it starts. This day is ignored."))
        for name, find in _MEANT.items():
            if values.get(name) and not find(values[name]).exists():
                self.add_error(name, _("Nobody is found by this. The field is ignored."))
        return values


def may_see_salespeople(user: Any) -> bool:
    """True where figures per salesperson are switched on and this person may see them."""
    return bool(settings.STATS_PER_SALESPERSON and user.has_perm("stats.view_salesperson_figures"))


class OfferFilter(filters.FilterSet):
    period = filters.ChoiceFilter(label=_("Period"), choices=PERIODS, empty_label=None)
    first = filters.DateFilter(label=_("From"), widget=_DAY_INPUT)
    last = filters.DateFilter(label=_("To"), widget=_DAY_INPUT)
    basis = filters.ChoiceFilter(label=_("Counted"), choices=BASES, empty_label=None)
    status = filters.ChoiceFilter(label=_("Status"), choices=STATUSES, empty_label=_("all"))
    reason = filters.ChoiceFilter(
        label=_("Decline reason"), method="by_reason", empty_label=_("all")
    )
    customer = filters.CharFilter(label=_("Customer"), method="by_customer", max_length=200)
    company = filters.CharFilter(label=_("Company"), method="by_customer", max_length=200)
    salesperson = filters.ChoiceFilter(label=_("Salesperson"), empty_label=_("all"))

    class Meta:
        model = Offer
        fields: list[str] = []
        form = FilterForm

    def __init__(
        self, data: Any, *, request: HttpRequest, queryset: QuerySet[Offer] | None = None
    ) -> None:
        data = data.copy()
        for name, value in DEFAULTS.items():
            if not data.get(name):
                data[name] = value
        if queryset is None:
            queryset = counted_offers()
        super().__init__(data, queryset=queryset, request=request)
        self.reasons = find_reasons()
        self.filters["reason"].extra["choices"] = [
            (NOT_STATED, _("not stated")),
            *((code, str(reason)) for code, reason in self.reasons.items()),
        ]
        if may_see_salespeople(request.user):
            self.filters["salesperson"].extra["choices"] = [
                (str(user.pk), str(user)) for user in User.objects.all()
            ]
        else:
            del self.filters["salesperson"]

    @property
    def values(self) -> dict[str, Any]:
        """The valid values, with defaults for the fields that are empty."""
        self.form.is_valid()  # fills cleaned_data with the valid fields, whatever the others say
        return DEFAULTS | {
            name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")
        }

    @property
    def span(self) -> periods.Span:
        """The days of the period: the ones entered, else the preset."""
        values = self.values
        if "first" in values or "last" in values:
            return periods.Span(values.get("first"), values.get("last"))
        return periods.read_preset(values["period"], today=timezone.localdate())

    @property
    def by_decision(self) -> bool:
        return bool(self.values["basis"] == "decision")

    def offers_of(self, span: periods.Span) -> QuerySet[Offer]:
        """Return the offers filtered by the other fields, in the given period."""
        offers: QuerySet[Offer] = self.queryset
        for name, value in self.values.items():
            if name not in PERIOD_FIELDS:
                offers = self.filters[name].filter(offers, value)
        if self.by_decision:
            in_span = within("status_at", span.first, span.last)
            return offers.filter(in_span, status__in=Offer.DECIDED)
        if span.first is not None:
            offers = offers.filter(sent_on__gte=span.first)
        if span.last is not None:
            offers = offers.filter(sent_on__lte=span.last)
        return offers

    def filter_queryset(self, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        return self.offers_of(self.span)

    def by_reason(self, offers: QuerySet[Offer], _name: str, code: str) -> QuerySet[Offer]:
        return offers.filter(reason_is(code))

    def by_customer(self, offers: QuerySet[Offer], name: str, words: str) -> QuerySet[Offer]:
        return offers.filter(customer__in=_MEANT[name](words))
