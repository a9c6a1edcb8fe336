from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from offers.timeline import Event, sort_events
from tests.make import make_customer, make_offer, make_user


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(make_user(is_superuser=True))
    return client


@pytest.mark.parametrize("model", ["offer", "customer", "mailfolder", "sourcefile"])
def test_each_list_opens(staff: Client, model: str) -> None:
    make_offer(customer=make_customer(company="Bühler AG"))
    assert staff.get(f"/admin/offers/{model}/").status_code == 200


def test_the_page_of_an_offer_tells_its_story(staff: Client) -> None:
    offer = make_offer()
    assert staff.get(f"/admin/offers/offer/{offer.pk}/change/").status_code == 200


def test_the_newest_event_comes_first() -> None:
    old, new = (Event(datetime(2026, 9, day, tzinfo=UTC), "x") for day in (1, 2))
    assert sort_events([old, new]) == [new, old]
