"""Two spellings of one offer number are one number."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from offers.models import Offer, number_key
from tests.make import make_customer, make_offer

build_keys = import_module("offers.migrations.0003_number_keys").build_keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AN–2026–0815", "AN-2026-0815"),
        ("AN‑2026‑0815", "an-2026-0815"),
        ("2026 / 1042", "2026/1042"),
        ("AN 2026 0815", "AN-2026-0815"),
        ("AN\u00a04711", "AN 4711"),
        ("2026 – 1042", "2026-1042"),
        ("2026/1042", "2026_1042"),
        ("AN.2026.118", "AN-2026-118"),
    ],
)
def test_separators_make_no_other_number(one: str, other: str) -> None:
    assert number_key(one) == number_key(other)


def test_numbers_without_a_separator_are_other_numbers() -> None:
    assert number_key("2026/1042") != number_key("20261042")


@pytest.mark.django_db
def test_the_update_compares_older_offers_like_new_ones() -> None:
    customer = make_customer()
    odd, taken = make_offer(number="AN-1", customer=customer), make_offer(number="AN-2")
    other = make_offer(number="AN-3", customer=taken.customer)
    Offer.objects.filter(pk=odd.pk).update(number_key="AN – 1")
    Offer.objects.filter(pk=other.pk).update(number_key="AN–2")
    build_keys(apps, None)
    odd.refresh_from_db()
    other.refresh_from_db()
    assert odd.number_key == "AN-1"
    assert other.number_key == "AN–2"
