"""The list of offers by pages, in an office so large that those behind a number come from the
counted facts.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.utils import timezone

from crm.backoffice.admin.figures_filter import SORTED_UP_TO
from offers.models import Offer
from stats import filters, paging, queries, summary
from stats.filters import OfferFilter
from stats.models import SummaryState
from tests.make import make_user, make_year

pytestmark = pytest.mark.django_db
LIST = "/admin/offers/offer/"


@pytest.fixture
def boss(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(summary, "PLAIN_UP_TO", -1)
    monkeypatch.setattr(type(admin.site.get_model_admin(Offer)), "list_per_page", 7)
    make_year(60, now=timezone.now())
    summary.refresh()
    client.force_login(make_user(is_superuser=True))
    return client


def read_pages(boss: Client, query: dict[str, str]) -> list[Any]:
    """Return the offers of all pages one after the other."""
    first = boss.get(LIST, query).context["cl"]
    rows = list(first.result_list)
    for page in range(2, first.paginator.num_pages + 1):
        rows += boss.get(LIST, {**query, "p": page}).context["cl"].result_list
    return rows


@pytest.mark.parametrize(
    "part", ["all", "status:declined", "answered", "unanswered", "step:1", "group:price"]
)
@pytest.mark.parametrize("basis", ["offer", "decision"])
def test_the_pages_behind_a_number_hold_each_offer_once_the_newest_first(
    boss: Client, basis: str, part: str
) -> None:
    asked = f"period=all&basis={basis}"
    request = RequestFactory().get(f"/stats/?{asked}")
    request.user = make_user()
    plain = queries.narrow(OfferFilter(request.GET, request=request).qs, part, now=timezone.now())
    rows = read_pages(boss, {"figures": f"{asked}&part={part}"})
    assert {row.pk for row in rows} == set(plain.values_list("pk", flat=True))
    assert len({row.pk for row in rows}) == len(rows)
    if len(rows) > 7:  # one page is sorted like any list
        days = [
            timezone.localdate(row.first_sent_at if basis == "offer" else row.status_at)
            for row in rows
        ]
        assert days == sorted(days, reverse=True)


def test_a_list_behind_a_number_can_be_filtered_further(boss: Client) -> None:
    rows = read_pages(boss, {"figures": "period=all&part=all", "status": "declined"})
    assert len(rows) == Offer.objects.filter(status="declined").count()


def test_the_last_page_says_how_to_see_the_others(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    assert "21 von 60" not in boss.get(LIST, {"p": 2}).content.decode()
    assert "21 von 60" in boss.get(LIST, {"p": 3}).content.decode()
    beyond = boss.get(LIST, {"q": "AN-", "p": 9_999}, follow=True)
    assert beyond.redirect_chain == [("?q=AN-&p=3", 302)]
    assert beyond.context["cl"].result_count == 60


def test_a_long_list_is_sorted_by_what_an_index_knows(boss: Client) -> None:
    assert len(boss.get(LIST).context["cl"].sortable_by) > 3
    SummaryState.objects.update(offers=SORTED_UP_TO + 1)
    assert boss.get(LIST).context["cl"].sortable_by == ["sent_at"]


def test_a_word_that_too_many_customers_have_gets_a_sentence(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_offers = boss.get("/stats/?period=all").context["page"].tiles
    monkeypatch.setattr(filters, "MOST_CUSTOMERS", 5)
    answer = boss.get("/stats/?period=all&customer=petra")
    assert "mehr als 5 Kunden" in answer.content.decode()
    assert [tile.value for tile in answer.context["page"].tiles] == [
        tile.value for tile in all_offers
    ]
