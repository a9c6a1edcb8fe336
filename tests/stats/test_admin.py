from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.make import make_user
from tests.stats.make import make_year

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("query", ["period=all", "period=last_90_days&basis=decision", "status=declined&company=Hotel"])
def test_every_number_links_to_exactly_the_offers_behind_it(client: Client, query: str) -> None:
    make_year(150, now=timezone.now())
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
