"""The lists of the admin at any size: the offers, those behind a number of the figures, and what
belongs to offers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin.filters import ListFilter
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.bulk import among
from offers.models import Offer, number_key
from stats import paging, queries, search, summary
from stats.filters import OfferFilter
from stats.models import OfferFact
from stats.page import number
from stats.paging import FirstPages, PagesOfFacts

# Sorting more offers by a column without an index takes longer than a person likes to wait.
SORTED_UP_TO = 50_000
# To filter a million offers behind a number takes seconds, and the list ends here anyhow.
MOST_NARROWED = 10_000


class BehindTheFigures(ListFilter):
    """Shows the offers behind a number: `?figures=` carries the filter of the page and which part
    of it was clicked.
    """

    title = gettext_lazy("Figures")
    template = "stats/admin_filter.html"
    parameter = "figures"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        asked = params.pop(self.parameter, None)
        self.asked = asked[-1] if isinstance(asked, list) else asked

    def has_output(self) -> bool:
        return bool(self.asked)

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """The way back to all offers."""
        yield {
            "query_string": changelist.get_query_string(remove=[self.parameter]),
            "display": _("Show all offers"),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        """Return the offers behind the number; all of them, with a message, where the link makes no
        sense.
        """
        if not self.asked:
            return queryset
        values = QueryDict(self.asked)
        try:
            behind = find_behind(OfferFilter(values, request=request), values.get("part", "all"))
        except ValueError:
            messages.error(request, _("This link to the figures is damaged. All offers are shown."))
            return queryset
        if behind.model is OfferFact:
            if set(request.GET) <= {self.parameter, PAGE_VAR}:
                # For the paginator, which sees nothing but the request.
                request.counted_ids = behind  # type: ignore[attr-defined]
            elif request.GET.get(SEARCH_VAR):
                # The few that are found are looked up one by one, instead of all that are behind
                # the number.
                return queryset.filter(Exists(behind.order_by().filter(pk=OuterRef("pk"))))
            elif behind[MOST_NARROWED:].exists():
                words = _(
                    "Filtered are only the newest %(most)s offers behind this number. Choose a shorter period."
                )
                messages.info(request, words % {"most": number(MOST_NARROWED)})
                # As values: for a subquery PostgreSQL goes through all offers.
                return queryset.filter(among("pk", behind[:MOST_NARROWED]))
        return queryset.filter(pk__in=behind)


def find_behind(offers: OfferFilter, part: str) -> QuerySet[Any, Any]:
    """Return the ids of the offers behind a number, from where the page counted it, the newest
    first.

    Raises ValueError.
    """
    if summary.is_large() and not part.startswith("age:"):
        basis = offers.values["basis"]
        facts = summary.narrow(offers.facts.filter(summary.within(basis, offers.span)), part)
        return facts.order_by(f"-{summary.day_of(basis)}", "-offer_id").values_list(
            "offer_id", flat=True
        )
    return queries.narrow(offers.qs, part, now=timezone.now()).values_list("pk", flat=True)


class PagedOffers:
    """The list of offers at any size."""

    def find_by_number(self, queryset: QuerySet[Offer], words: str) -> QuerySet[Offer] | None:
        """Return the offers whose number begins like this, by the index; None where there are
        none.
        """
        key = number_key(words[:100])
        found = (
            queryset.filter(number_key__gte=key, number_key__lt=key + "\U0010ffff")
            if key
            else queryset.none()
        )
        return found if found.exists() else None

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Return the columns by which the list is sorted in no time: only those with an index,
        where it is long.
        """
        columns = list(super().get_sortable_by(request))  # type: ignore[misc]
        return ["sent_at"] if summary.has_more_than(SORTED_UP_TO) else columns

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **more: Any
    ) -> Paginator:
        """Return pages that cost little wherever one turns to; say so where they end."""
        ids: QuerySet[OfferFact, int] | None = getattr(request, "counted_ids", None)
        pages = FirstPages(queryset, per_page)
        if ids is not None:
            pages = PagesOfFacts(
                ids,
                per_page,
                offers=Offer.objects.select_related("customer", "salesperson"),
            )
        if (
            request.GET.get(PAGE_VAR) == str(paging.MOST_PAGES)
            and pages.count > paging.MOST_PAGES * per_page
        ):
            words = _(
                "The list ends here, after %(most)s of %(all)s offers. Filter or search to see the others."
            )
            messages.info(
                request,
                words % {"most": number(paging.MOST_PAGES * per_page), "all": number(pages.count)},
            )
        return pages

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; an address with a page beyond the last leads to the last."""
        asked = request.GET.get(PAGE_VAR, "")
        if asked.isdecimal() and int(asked) > paging.MOST_PAGES:
            last = request.GET.copy()
            last[PAGE_VAR] = str(paging.MOST_PAGES)
            return HttpResponseRedirect(f"?{last.urlencode()}")
        response: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Offer], search_term: str
    ) -> tuple[QuerySet[Offer], bool]:
        """Look for a number that begins like this; only when there is none, through all words by
        their index.
        """
        by_number = self.find_by_number(queryset, search_term)
        if by_number is not None or not search_term.strip():
            return queryset if by_number is None else by_number, False
        return queryset.filter(pk__in=_find_offers(request, search_term)), False


class ListOfOffers:
    """A list of what belongs to offers: found by the words of its offer, and no longer than the
    list of offers.
    """

    list_per_page = 50
    search_help_text = gettext_lazy("Number, customer, company or subject of the offer.")

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Return no column where the list is so long that sorting it takes time."""
        return [] if summary.has_more_than(SORTED_UP_TO) else list(super().get_sortable_by(request))  # type: ignore[misc]

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **more: Any
    ) -> Paginator:
        return FirstPages(queryset, per_page)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(offer__in=_find_offers(request, search_term)), False


def _find_offers(request: HttpRequest, words: str) -> list[int]:
    found, are_all = search.find(words)
    if not are_all:
        sentence = _(
            "More than %(most)s offers match. Only the newest of them are shown: add a word."
        )
        messages.warning(request, sentence % {"most": number(search.MOST)})
    return found
