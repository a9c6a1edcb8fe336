"""What the search of the lists finds, and how lists sort."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from feedback.backoffice.models import Answer
from offers.models import Offer
from reminders.models import FollowUp, Reminder
from tests.make import make_customer, make_invitation, make_offer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True))
    return client


@pytest.fixture
def offer() -> Offer:
    customer = make_customer(
        email="petra@buehler.example", name="Petra Kühn", company="ÖKOBAU 100% Huber AG [Süd]"
    )
    offer = make_offer(number="AN-77", subject="Geländer_Haus 4*? weiß", customer=customer)
    make_offer(number="AN-78", subject="Treppe")
    return offer


def search(boss: Client, words: str, name: str = "offers/offer") -> list[Any]:
    page = boss.get(f"/admin/{name}/", {"q": words})
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


@pytest.mark.parametrize(
    "words",
    [
        "gelän", "gelan", "KÜHN", "Kuhn, Petra", "ökobau", "AG Huber", "ag huber",
        "huber  gelän", "100%", "[süd]", "er_h", "4*?", "ä", "n-77", "@bueh", "WEISS", "weiß",
        "77, geländer",
    ],
)  # fmt: skip
def test_an_offer_is_found_by_all_its_words_in_any_order(
    boss: Client, offer: Offer, words: str
) -> None:
    assert offer in search(boss, words)


@pytest.mark.parametrize("words", ["gelander treppe", "gel_nder", "100*huber", "xyz", "'x", "\\"])
def test_nothing_else_is_found(boss: Client, offer: Offer, words: str) -> None:
    assert search(boss, words) == []


def test_a_person_is_found_by_family_name_first(boss: Client) -> None:
    stefan = make_customer(name="Stefan Gruber")
    make_customer(name="Stefan Huber")
    assert search(boss, "Gruber, Stefan", "offers/customer") == [stefan]


def test_a_change_is_found_at_once_and_the_old_words_no_more(boss: Client, offer: Offer) -> None:
    offer.subject = "Vordach"
    offer.save(update_fields=["subject"])
    customer = offer.customer
    customer.company = "Krüger"
    customer.save(update_fields=["company"])
    assert search(boss, "vordach kruger") == [offer]
    assert search(boss, "ökobau") == search(boss, "geländer") == []
    customer.name = "Ute Groß"
    customer.save(update_fields=["name"])
    assert search(boss, "gross vordach") == [offer]


@pytest.mark.parametrize(
    "name", ["feedback/answer", "feedback/invitation", "reminders/followup", "reminders/reminder"]
)
def test_what_belongs_to_an_offer_is_found_by_the_words_of_the_offer(
    boss: Client, offer: Offer, name: str
) -> None:
    for each in Offer.objects.all():
        Answer.objects.create(offer=each, kind="opted_out", answered_at=timezone.now())
        Reminder.objects.create(offer=each, step=1, state="sent", mail_date=timezone.now())
        FollowUp.objects.get_or_create(offer=each)
        make_invitation(each)
    assert [row.offer for row in search(boss, "haus ökobau", name)] == [offer]
    assert search(boss, "nowhere", name) == []


@pytest.mark.parametrize(
    ("name", "column"), [("offers/customer", 2), ("offers/customer", 3), ("offers/offer", 4)]
)
def test_umlauts_sort_by_their_letter(boss: Client, name: str, column: int) -> None:
    for word in ("Zimmer", "Ähre", "Bär", "ahorn"):
        make_offer(subject=word, customer=make_customer(name=word, company=word))
    rows = boss.get(f"/admin/{name}/", {"o": column}).context["cl"].result_list
    words = [row.subject if isinstance(row, Offer) else row.name for row in rows]
    assert words == ["ahorn", "Ähre", "Bär", "Zimmer"]
