"""The filters of the list of offers, and the base of filters with fixed choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from offers.models import Offer
from reminders.planning import find_open_replies
from stats.drill_down import narrow
from stats.filters import OfferFilter


class ConditionFilter(admin.SimpleListFilter):
    """Base of filters that have a condition for each of their choices."""

    @cached_property
    def conditions(self) -> list[tuple[str, Any, Q]]:
        """The choices: value in the URL, label, condition. A property: some depend on the time."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, label, _condition in self.conditions]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, _label, condition in self.conditions:
            if name == self.value():
                return queryset.filter(condition)
        return queryset


class BehindTheFigures(admin.SimpleListFilter):
    """Shows the offers behind a number of the figures."""

    title = gettext_lazy("Figures")
    template = "stats/admin_filter.html"
    # Its value is the query string of the page of figures, with the number that was clicked.
    parameter_name = "figures"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        # There is nothing to choose: the links are on the page of figures.
        return []

    def has_output(self) -> bool:
        return bool(self.value())

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        yield {
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Show all offers"),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        """Return the offers behind the number; all, with a message, when the link is damaged."""
        if not self.value():
            return queryset
        values = QueryDict(self.value())
        counted = queryset.exclude(status=Offer.Status.SUPERSEDED)
        chosen = OfferFilter(values, request=request, queryset=counted)
        try:
            return narrow(chosen.qs, values.get("part", "all"), now=timezone.now())
        except ValueError:
            messages.error(request, _("This link to the figures is damaged. All offers are shown."))
            return queryset


class ToDoFilter(ConditionFilter):
    """Offers on which the salesperson must act, not the customer."""

    title = gettext_lazy("to act on")
    parameter_name = "to_do"

    @cached_property
    def conditions(self) -> list[tuple[str, Any, Q]]:
        replied = Q(pk__in=find_open_replies(Offer.objects.all()).values("pk"))
        bounced = Q(status=Offer.Status.OPEN, customer__bounced_at__isnull=False)
        return [
            ("replied", gettext_lazy("the customer replied by mail"), replied),
            ("check", gettext_lazy("to check"), ~Q(needs_review="")),
            ("bounced", gettext_lazy("bounced"), bounced),
        ]
