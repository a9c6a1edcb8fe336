from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from offers.models import Customer, Offer
from stats import search, summary, triggers
from tests.make import make_customer, make_offer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    customer = make_customer(
        email="petra@bühler.example", name="Petra Kühn", company="Bühler 100% Metallbau [Süd]"
    )
    offer = make_offer(number="AN-77", subject="Geländer_Haus 4*?", customer=customer)
    make_offer(number="AN-78", subject="Treppe")
    summary.refresh()
    return offer


@pytest.mark.parametrize(
    "words",
    [
        "gelän",
        "KÜHN",
        "bühler metall",
        "metall  gelän",
        "100%",
        "[süd]",
        "er_h",
        "4*?",
        "ä",
        "n-77",
        "@büh",
    ],
)
def test_an_offer_is_found_by_any_part_of_its_words(offer: Offer, words: str) -> None:
    assert search.find(words) == ([offer.pk], True)


@pytest.mark.parametrize(
    "words", ["geländer treppe", "gel_nder", "100*metall", "xyz", "'", '"', "\\"]
)
def test_nothing_else_is_found(offer: Offer, words: str) -> None:
    assert search.find(words) == ([], True)


def test_a_change_is_found_at_once_and_the_old_words_no_more(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(subject="Vordach")
    Customer.objects.filter(pk=offer.customer_id).update(company="Krüger")
    for _before_and_after in range(2):
        assert search.find("vordach krüger") == ([offer.pk], True)
        assert search.find("geländer") == ([], True)
        summary.refresh()
    offer.delete()
    assert search.find("vordach") == ([], True)
    summary.refresh()
    assert search.find("vordach") == ([], True)


def test_the_list_says_when_more_match_than_it_shows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 3)
    for number in range(5):
        make_offer(number=f"N{number}", subject="Treppe")
    summary.refresh()
    client.force_login(make_user(is_superuser=True))
    answer = client.get("/admin/offers/offer/?q=treppe")
    assert [offer.number for offer in answer.context["cl"].result_list] != []
    assert answer.context["cl"].result_count == 3
    assert "Mehr als 3 Angebote passen" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_triggers_let_a_migration_rebuild_the_tables_they_watch() -> None:
    """SQLite changes a table by renaming another one, which it refuses where a trigger elsewhere
    names the table.
    """
    plain = Offer._meta.get_field("subject")
    longer = plain.clone()
    longer.set_attributes_from_name("subject")
    longer.max_length = 501
    with connection.schema_editor() as editor:
        editor.alter_field(Offer, plain, longer)
    with connection.schema_editor() as editor:
        editor.alter_field(Offer, longer, plain)
    triggers.install()
    assert make_offer().subject is not None
