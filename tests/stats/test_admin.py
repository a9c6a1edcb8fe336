from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from feedback.backoffice.models import Answer
from stats import summary
from tests.make import make_user
from tests.stats.make import make_reasons, make_year

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("plain_up_to", [-1, 1000], ids=["large office", "small office"])
@pytest.mark.parametrize("query", ["period=all", "period=last_90_days&basis=decision", "status=declined&company=Hotel"])
def test_every_number_links_to_exactly_the_offers_behind_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, plain_up_to: int
) -> None:
    monkeypatch.setattr(summary, "PLAIN_UP_TO", plain_up_to)
    make_year(60, now=timezone.now())
    Answer.objects.filter(pk__in=Answer.objects.filter(kind="declined").values("pk")[:9]).update(
        seller_reason=make_reasons()[1]
    )
    summary.refresh()
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
