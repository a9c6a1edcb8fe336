"""The offer list by pages: those behind a number from the counted facts, and none further back than
a person looks.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from offers.models import Offer
from stats.models import OfferFact

# A database counts through all rows before a page: the last page of a million offers took three
# seconds.
MOST_PAGES = 400


class FirstPages(Paginator):  # type: ignore[type-arg]
    """Counts all rows, but ends after `MOST_PAGES` pages."""

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, MOST_PAGES)


class PagesOfFacts(FirstPages):
    """Pages of the offers with these ids: counts and sorts ids, which an index holds, then reads
    one page of offers.
    """

    def __init__(
        self, ids: QuerySet[OfferFact, int], per_page: int, *, offers: QuerySet[Offer]
    ) -> None:
        super().__init__(ids, per_page)
        self.offers = offers

    def page(self, number: Any) -> Page[Any]:
        page = super().page(number)
        ids = list(page.object_list)
        rows = self.offers.in_bulk(ids)
        page.object_list = [rows[pk] for pk in ids if pk in rows]
        return page
