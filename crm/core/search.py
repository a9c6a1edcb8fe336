"""Search in folded columns: every word must occur, in any order."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr
from django.http import HttpRequest

from crm.core.folding import fold


def has_words(words: str, column: str = "search_text") -> Q:
    """Return the condition that a folded column has every word; without words it is always true."""
    condition = Q()
    for word in fold(words).split():
        condition &= Q(**{f"{column}__contains": word})
    return condition


def first_line() -> Substr:
    """Return the first line of `search_text`, with its end of line."""
    return Substr("search_text", 1, StrIndex(F("search_text"), Value("\n")))


def further_lines() -> Substr:
    """Return the lines of `search_text` after the first."""
    return Substr("search_text", StrIndex(F("search_text"), Value("\n")) + 1)


class KeysFirstPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Read the keys of a page, then its rows."""

    # A list sorted by a column without an index would otherwise join the other tables to all of
    # its rows before it keeps 50 of them: 4 s instead of 0.2 s with 250,000 follow-ups.
    def page(self, number: int | str) -> Page[Any]:
        page, rows = super().page(number), cast("QuerySet[Any]", self.object_list)
        keys = cast("QuerySet[Any]", page.object_list).values_list("pk", flat=True)
        page.object_list = rows.filter(pk__in=list(keys))
        return page


class FoldedSearch:
    """Mixin of an admin list that is searched in the one folded column in its `search_fields`."""

    paginator = KeysFirstPaginator

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        (column,) = self.search_fields  # type: ignore[attr-defined]
        return queryset.filter(has_words(search_term, column)), False
