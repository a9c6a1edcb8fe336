"""An offer is the same, whoever asks for it: a mail, a person who promotes it, a form, a list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tablib import Dataset

from crm.accounts.models import User
from crm.backoffice.changes import follow_changes
from offers.models import Customer, Offer, SourceFile
from offers.resources import OfferImportResource
from offers.services import make_offer_of_file
from tests.backoffice.test_offer_pages import with_empty_inlines
from tests.make import make_user
from tests.offers.imports import import_folder
from tests.offers.mails import SENT_AT, make_folder, write_mail

pytestmark = pytest.mark.django_db
EMAIL, NAME = "smith@customer.example", "Jane Smith"
SALESPERSON = "p.vogt@muster-metallbau.example"
NUMBER = "AN-2026-0815"
DIFFERENT = {"id", "source", "created_at", "customer_id", "message_id", "sender_name", "version"}


def import_mail(path: Path, subject: str) -> None:
    write_mail(path, "a.eml", subject=subject, to=f"{NAME} <{EMAIL}>", sender=SALESPERSON)
    import_folder(make_folder(path))


def promote_mail(path: Path, subject: str) -> None:
    write_mail(path, "a.eml", subject=f"WG: {subject}", to=f"{NAME} <{EMAIL}>", sender=SALESPERSON)
    import_folder(make_folder(path))
    SourceFile.objects.update(subject=subject)
    file = SourceFile.objects.get()
    make_offer_of_file(file, number=NUMBER, email=EMAIL, name=NAME, by=None, at=timezone.now())


def enter_by_hand(_path: Path, subject: str) -> None:
    # The form takes a customer who is there, such as one who was added with the form beside it.
    language = "en" if "Quotation" in subject else "de"
    customer = Customer.objects.create(email=EMAIL, name=NAME, language=language)
    client = Client()
    client.force_login(make_user(is_superuser=True))
    fields: dict[str, object] = {
        "number": NUMBER,
        "customer": customer.pk,
        "sent_at_0": f"{timezone.localtime(SENT_AT):%d.%m.%Y}",
        "sent_at_1": f"{timezone.localtime(SENT_AT):%H:%M:%S}",
        "subject": subject,
        "salesperson": make_salesperson().pk,
        "currency": "EUR",
        "language": "",
    }
    response = client.post("/admin/offers/offer/add/", with_empty_inlines(client, fields))
    assert response.status_code == 302, response.context["errors"]


def upload_list(_path: Path, subject: str) -> None:
    headers = ["number", "e-mail", "name", "sent_at", "subject", "salesperson"]
    row = [NUMBER, EMAIL, NAME, SENT_AT, subject, SALESPERSON]
    result = OfferImportResource(after_store=follow_changes).import_data(
        Dataset(row, headers=headers), raise_errors=True
    )
    assert result.totals["new"] == 1


def make_salesperson() -> Any:
    return make_user(email=SALESPERSON, username="vogt")


WAYS = [import_mail, promote_mail, enter_by_hand, upload_list]


@pytest.mark.parametrize("word", ["Angebot", "Quotation"])
def test_all_ways_give_the_same_offer(tmp_path: Path, word: str) -> None:
    offers, customers = [], []
    for way in WAYS:
        if way is not enter_by_hand:
            make_salesperson()
        place = tmp_path / way.__name__
        place.mkdir()
        way(place, f"{word} {NUMBER}")
        offer = Offer.objects.select_related("customer").get()
        offers.append(describe(offer) | {"salesperson_id": offer.salesperson.email})  # type: ignore[union-attr]
        customers.append(describe(offer.customer))
        forget()
    assert offers == [offers[0]] * len(WAYS)
    assert customers == [customers[0]] * len(WAYS)
    assert offers[0]["language"] == ("de" if word == "Angebot" else "en")


def describe(row: Any) -> dict[str, Any]:
    names = {field.attname for field in row._meta.concrete_fields} - DIFFERENT
    return {name: getattr(row, name) for name in sorted(names)}


def forget() -> None:
    SourceFile.objects.all().delete()
    Offer.objects.all().delete()
    Customer.objects.all().delete()
    User.objects.all().delete()


def test_the_language_of_a_known_customer_holds_where_the_subject_says_none(
    tmp_path: Path,
) -> None:
    Customer.objects.create(email=EMAIL, language="fr")
    import_mail(tmp_path, f"{NUMBER} Geländer")
    promoted = SourceFile.objects.get()
    offer = make_offer_of_file(promoted, number=NUMBER, email=EMAIL, by=None, at=timezone.now())
    assert offer.language == "fr"


def test_a_known_customer_without_a_name_gets_the_one_of_the_mail(tmp_path: Path) -> None:
    Customer.objects.create(email=EMAIL)
    import_mail(tmp_path, f"Angebot {NUMBER}")
    assert Customer.objects.get().name == NAME


def test_each_change_of_an_offer_raises_its_version(tmp_path: Path) -> None:
    import_mail(tmp_path, f"Angebot {NUMBER}")
    assert Offer.objects.get().version == 1
    later = SENT_AT + timedelta(days=1)
    write_mail(tmp_path, "b.eml", subject=f"Angebot {NUMBER}", to=EMAIL, sent_at=later)
    import_folder(SourceFile.objects.get().folder)
    assert Offer.objects.get().version > 1
