"""The filter of the figures. It lives in the URL, so that a view can be bookmarked and sent."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CharField, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from offers.models import Customer, Offer
from stats import periods, queries
from stats.figures import DECIDED
from stats.models import OfferFact
from stats.summary import Slice, reason_is

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
DEFAULTS = {"period": periods.DEFAULT, "basis": "offer"}
NOT_STATED = ("none", _("not stated"))
_PERIOD = ("period", "basis", "first", "last")
_MEANT = {"customer": queries.is_customer, "company": queries.is_company}
# More would be no choice, and counting their offers one by one would take seconds.
MOST_CUSTOMERS = 1000


def _reason_id(value: str) -> int:
    return 0 if value == "none" else int(value)


class FilterForm(forms.Form):
    """The fields of the filter. A wrong value is a sentence beside its field; the other fields
    still count.

    `customers` holds the ids of those who are meant by a field.
    """

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, last = values.get("first"), values.get("last")
        if first and last and last < first:
            self.add_error(
                "last", ValidationError(_("The period ends before it starts. This day is ignored."))
            )
        self.customers = find_customers(
            {name: meant(values[name]) for name, meant in _MEANT.items() if values.get(name)}
        )
        for name, found in self.customers.items():
            if not found:
                self.add_error(
                    name, ValidationError(_("Nobody is found by this. The field is ignored."))
                )
            elif len(found) > MOST_CUSTOMERS:
                most = number_format(MOST_CUSTOMERS, force_grouping=True)
                words = _(
                    "More than %(most)s customers are found by this. The field is ignored: type more of the name."
                )
                self.add_error(name, ValidationError(words % {"most": most}))
        return values


def find_customers(fields: dict[str, Q]) -> dict[str, list[int]]:
    """Return by field the ids of the customers that are meant, at most one more than are allowed.
    One query for all.
    """
    found: dict[str, list[int]] = {name: [] for name in fields}
    parts: list[str] = []
    params: list[Any] = []
    for name, meant in fields.items():
        rows = Customer.objects.filter(meant).order_by().values_list(Value(name, CharField()), "pk")
        sql, its_params = rows[: MOST_CUSTOMERS + 1].query.sql_with_params()
        parts.append(f"SELECT * FROM ({sql}) AS {name}")  # noqa: S608 - the name is one of our fields
        params += its_params
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            for name, pk in cursor.fetchall():
                found[name].append(pk)
    return found


def may_see_salespeople(user: Any) -> bool:
    """True where the company has switched figures per salesperson on and this person has the right
    to see them.
    """
    return bool(settings.STATS_PER_SALESPERSON and user.has_perm("stats.view_salesperson_figures"))


class OfferFilter(filters.FilterSet):
    """Offers that count, by period, state, customer, company, reason and, where allowed,
    salesperson.
    """

    period = filters.ChoiceFilter(
        label=_("Period"), choices=PERIODS, method="leave", empty_label=None
    )
    first = filters.DateFilter(
        label=_("From"), method="leave", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = filters.DateFilter(
        label=_("To"), method="leave", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    basis = filters.ChoiceFilter(
        label=_("Counted"), choices=BASES, method="leave", empty_label=None
    )
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
        super().__init__(
            data,
            queryset=queries.counted_offers() if queryset is None else queryset,
            request=request,
        )
        self.reasons = queries.find_reasons()
        self.filters["reason"].extra["choices"] = [
            NOT_STATED,
            *((str(reason.pk), str(reason)) for reason in self.reasons.values()),
        ]
        if may_see_salespeople(request.user):
            self.filters["salesperson"].extra["choices"] = [
                (str(user.pk), str(user)) for user in User.objects.all()
            ]
        else:
            del self.filters["salesperson"]

    @property
    def values(self) -> dict[str, Any]:
        """What was asked for and is valid, with the defaults where nothing was said."""
        self.form.is_valid()  # fills cleaned_data with the valid fields, whatever the others say
        return DEFAULTS | {
            name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")
        }

    @property
    def span(self) -> periods.Span:
        """The days that are looked at: the own ones, else the preset."""
        values = self.values
        if "first" in values or "last" in values:
            return periods.Span(values.get("first"), values.get("last"))
        return periods.read_preset(values["period"], today=timezone.localdate())

    @property
    def part(self) -> Slice | None:
        """The slice of all offers of which sums are kept; None where the filter leaves something
        else.
        """
        values = self.values
        if set(values) <= {*_PERIOD, "status"}:
            return Slice(values["basis"], values.get("status", ""))
        if set(values) <= {*_PERIOD, "reason"}:
            return Slice(values["basis"], reason=_reason_id(values["reason"]))
        return None

    @property
    def facts(self) -> QuerySet[OfferFact]:
        """The counted facts that all fields but the period leave."""
        facts, values = OfferFact.objects.all(), self.values
        if "status" in values:
            facts = facts.filter(status=values["status"])
        if "reason" in values:
            facts = facts.filter(reason_is(_reason_id(values["reason"])))
        if "salesperson" in values:
            facts = facts.filter(salesperson_id=values["salesperson"])
        for name in values.keys() & _MEANT:
            facts = facts.filter(customer_id__in=self.form.customers[name])
        return facts

    @property
    def may_leave_open(self) -> bool:
        """False where no offer can be open that the filter leaves."""
        return (
            self.values.get("status", "open") == "open"
            and "reason" not in self.values
            and not self.by_decision
        )

    @property
    def by_decision(self) -> bool:
        return bool(self.values["basis"] == "decision")

    def offers_of(self, span: periods.Span) -> QuerySet[Offer]:
        """Return the offers that the other fields leave, in another period."""
        offers: QuerySet[Offer] = self.queryset
        for name, value in self.values.items():
            offers = self.filters[name].filter(offers, value)
        if self.by_decision:
            return offers.filter(
                queries.within("status_at", span.first, span.last), status__in=DECIDED
            )
        return offers.filter(queries.within("first_sent_at", span.first, span.last))

    def filter_queryset(self, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        return self.offers_of(self.span)

    def leave(self, offers: QuerySet[Offer], _name: str, _value: Any) -> QuerySet[Offer]:
        """Period and basis are applied together, in `offers_of`."""
        return offers

    def by_reason(self, offers: QuerySet[Offer], _name: str, value: str) -> QuerySet[Any]:
        return queries.narrow(offers, f"reason:{_reason_id(value)}", now=timezone.now())

    def by_customer(self, offers: QuerySet[Offer], name: str, _value: str) -> QuerySet[Offer]:
        return offers.filter(customer__in=self.form.customers[name])
