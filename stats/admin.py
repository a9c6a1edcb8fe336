"""The offers behind a number of the figures, in the admin's list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.filters import ListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from offers.models import Offer
from stats import queries, search, summary
from stats.filters import OfferFilter
from stats.page import number

_Registered: Any = type(admin.site.get_model_admin(Offer))


class BehindTheFigures(ListFilter):
    """Shows the offers behind a number: `?figures=` carries the filter of the page and which part of it was clicked."""

    title = gettext_lazy("Figures")
    template = "stats/admin_filter.html"
    parameter = "figures"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        asked = params.pop(self.parameter, None)
        self.asked = asked[-1] if isinstance(asked, list) else asked

    def has_output(self) -> bool:
        return bool(self.asked)

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """The way back to all offers."""
        yield {"query_string": changelist.get_query_string(remove=[self.parameter]), "display": _("Show all offers")}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        """Return the offers behind the number; all of them, with a message, where the link makes no sense."""
        if not self.asked:
            return queryset
        values = QueryDict(self.asked)
        try:
            behind = find_behind(OfferFilter(values, request=request), values.get("part", "all"))
        except ValueError:
            messages.error(request, _("This link to the figures is damaged. All offers are shown."))
            return queryset
        return queryset.filter(pk__in=behind)


def find_behind(offers: OfferFilter, part: str) -> QuerySet[Any, Any]:
    """Return the ids of the offers behind a number: from where the page counted it. Raises ValueError."""
    if summary.is_large() and not part.startswith("age:"):
        facts = offers.facts.filter(summary.within(offers.values["basis"], offers.span))
        return summary.narrow(facts, part).values("offer_id")
    return queries.narrow(offers.qs, part, now=timezone.now()).values("pk")


class OfferAdmin(_Registered):
    """The page of an offer as the lower layers made it, reachable from the figures."""

    list_filter = [BehindTheFigures, *_Registered.list_filter]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Offer], search_term: str
    ) -> tuple[QuerySet[Offer], bool]:
        """Look for a number that begins like this; only when there is none, through all words by their index."""
        by_number = self.find_by_number(queryset, search_term)
        if by_number is not None or not search_term.strip():
            return queryset if by_number is None else by_number, False
        found, are_all = search.find(search_term)
        if not are_all:
            words = _("More than %(most)s offers match. Only the newest of them are shown: add a word.")
            messages.warning(request, words % {"most": number(search.MOST)})
        return queryset.filter(pk__in=found), False


admin.site.unregister(Offer)
admin.site.register(Offer, OfferAdmin)
