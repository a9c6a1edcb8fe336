from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from crm.backoffice.admin import figures_filter
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer
from reminders.models import FollowUp, Reminder
from stats import summary
from stats.models import OfferFact
from tests.make import make_invitation, make_user, make_year

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("plain_up_to", [-1, 1000], ids=["large office", "small office"])
@pytest.mark.parametrize(
    "query", ["period=all", "period=last_90_days&basis=decision", "status=declined&company=Hotel"]
)
def test_every_number_links_to_exactly_the_offers_behind_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, plain_up_to: int
) -> None:
    monkeypatch.setattr(summary, "PLAIN_UP_TO", plain_up_to)
    make_year(60, now=timezone.now())
    Answer.objects.filter(pk__in=Answer.objects.filter(kind="declined").values("pk")[:9]).update(
        seller_reason=list(DeclineReason.objects.all())[1]
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


def test_a_long_list_behind_a_number_is_filtered_from_its_newest_offers(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "PLAIN_UP_TO", 10)
    make_year(80, now=timezone.now())
    summary.refresh()
    client.force_login(make_user(is_superuser=True))
    behind = "/admin/offers/offer/?figures=period%3Dall%26part%3Dall"
    all_of_them = client.get(behind).context["cl"].result_count
    declined = client.get(f"{behind}&status__exact=declined").context["cl"].result_count
    monkeypatch.setattr(figures_filter, "MOST_NARROWED", 20)
    assert client.get(behind).context["cl"].result_count == all_of_them > 60
    page = client.get(f"{behind}&status__exact=declined")
    assert 0 < page.context["cl"].result_count < declined
    assert "die neuesten 20 Angebote" in page.content.decode()
    newest = OfferFact.objects.order_by("-sent_on", "-offer_id").values_list("offer_id", flat=True)[
        :20
    ]
    assert {offer.pk for offer in page.context["cl"].result_list} <= set(newest)
    oldest = Offer.objects.exclude(status="superseded").earliest("first_sent_at")
    assert client.get(f"{behind}&q={oldest.number}").context["cl"].result_count == 1


@pytest.mark.parametrize(
    "name", ["feedback/answer", "feedback/invitation", "reminders/followup", "reminders/reminder"]
)
def test_what_belongs_to_an_offer_is_found_by_the_words_of_the_offer(
    client: Client, name: str
) -> None:
    make_year(40, now=timezone.now())
    for offer in Offer.objects.all():
        Answer.objects.create(offer=offer, kind="opted_out", answered_at=timezone.now())
        Reminder.objects.get_or_create(
            offer=offer, step=1, defaults={"state": "sent", "mail_date": timezone.now()}
        )
        FollowUp.objects.get_or_create(offer=offer)
        make_invitation(offer)
    summary.refresh()
    client.force_login(make_user(is_superuser=True))
    number = Offer.objects.first().number  # type: ignore[union-attr]
    found = client.get(f"/admin/{name}/?q={number[:4]}+{number[4:]}").context["cl"].result_list
    assert {row.offer.number for row in found} == {number}
    assert client.get(f"/admin/{name}/?q=nowhere").context["cl"].result_count == 0
    assert client.get(f"/admin/{name}/").context["cl"].result_count >= 40


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
