from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from feedback.backoffice.answers import change_salesperson_reason
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer
from tests.make import make_invitation, make_user, make_year

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query",
    [
        "status=declined&company=Hotel",
        pytest.param("period=all", marks=pytest.mark.slow),
        pytest.param("period=last_90_days&basis=decision", marks=pytest.mark.slow),
    ],
)
def test_every_number_links_to_exactly_the_offers_behind_it(client: Client, query: str) -> None:
    make_year(60, now=timezone.now())
    reason = list(DeclineReason.objects.all())[1]
    for answer in Answer.objects.filter(kind="declined", dismissed_at=None)[:9]:
        answer.salesperson_reason = reason
        change_salesperson_reason(answer)
    client.force_login(make_user(is_superuser=True))
    page = client.get(f"/stats/?{query}").content.decode()
    cells = re.findall(r'<td><a href="([^"]+)">([\d.]+)</a></td>', page)
    assert len(cells) > 20
    for link, number in cells:
        if "," not in number:
            offers = client.get(unescape(link))
            assert offers.status_code == 200
            assert offers.context["cl"].result_count == int(number.replace(".", "")), link


def test_a_damaged_link_shows_all_offers_and_says_so(client: Client) -> None:
    make_year(20, now=timezone.now())
    client.force_login(make_user(is_superuser=True))
    answer = client.get("/admin/offers/offer/?figures=part%3Dsent%3Anonsense")
    assert answer.context["cl"].result_count == 20
    assert "beschädigt" in answer.content.decode() or "damaged" in answer.content.decode()


@pytest.mark.parametrize("part", ["all", "status:declined", "answered", "step:1", "group:price"])
def test_the_pages_behind_a_number_hold_each_offer_once_the_newest_first(
    client: Client, part: str
) -> None:
    make_year(60, now=timezone.now())
    client.force_login(make_user(is_superuser=True))
    behind = {"figures": f"period=all&part={part}"}
    first = client.get("/admin/offers/offer/", behind).context["cl"]
    rows = list(first.result_list)
    for page in range(2, first.paginator.num_pages + 1):
        rows += client.get("/admin/offers/offer/", {**behind, "p": page}).context["cl"].result_list
    assert len({row.pk for row in rows}) == len(rows) == first.result_count
    assert rows == sorted(rows, key=lambda row: row.sent_at, reverse=True)


def test_a_list_behind_a_number_can_be_filtered_and_searched(client: Client) -> None:
    make_year(60, now=timezone.now())
    client.force_login(make_user(is_superuser=True))
    behind = "/admin/offers/offer/?figures=period%3Dall%26part%3Dall"
    declined = client.get(f"{behind}&status__exact=declined").context["cl"].result_count
    assert declined == Offer.objects.filter(status="declined").count() > 0
    oldest = Offer.objects.exclude(status="superseded").earliest("first_sent_at")
    assert client.get(f"{behind}&q={oldest.number}").context["cl"].result_count == 1


def test_the_page_of_an_offer_asks_a_bounded_number_of_times(  # type: ignore[no-untyped-def]
    client: Client, django_assert_max_num_queries
) -> None:
    make_year(20, now=timezone.now())
    offer = Offer.objects.filter(answers__isnull=False).first()
    for _link in range(3):
        make_invitation(offer, state="revoked")
    client.force_login(make_user(is_superuser=True))
    with django_assert_max_num_queries(24):
        page = client.get(f"/admin/offers/offer/{offer.pk}/change/").content.decode()  # type: ignore[union-attr]
    assert "Feedback-Link ausgestellt" in page
