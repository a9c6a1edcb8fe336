from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tests.make import make_user
from tests.stats.make import make_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_user(is_superuser=True))
    return client


def test_an_empty_database_says_what_to_do(boss: Client) -> None:
    page = boss.get("/stats/").content.decode()
    assert "figures-empty" in page


def test_the_page_shows_tiles_charts_and_tables(boss: Client) -> None:
    make_year(200, now=timezone.now())
    page = boss.get("/stats/").content.decode()
    assert page.count('class="tile"') == 8
    assert page.count("<canvas") >= 6
    assert "Der Preis ist zu hoch" in page


@pytest.mark.parametrize(
    "query",
    [
        "period=nonsense",
        "first=2026-02-01&last=2026-01-01",
        "customer=gone@nowhere.example",
        "company=" + "x" * 10_000,
        "reason=999",
        "status=%00",
    ],
)
def test_a_wrong_filter_value_gets_a_sentence_and_the_rest_works(boss: Client, query: str) -> None:
    make_year(40, now=timezone.now())
    answer = boss.get(f"/stats/?{query}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count('class="field-error"') == 1
    assert page.count('class="tile"') == 8


def test_the_export_is_csv_for_a_german_excel(boss: Client) -> None:
    make_year(30, now=timezone.now())
    answer = boss.get("/stats/export.csv?period=all")
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert len(content.decode("utf-8-sig").splitlines()) >= 25


def test_the_export_is_a_workbook_too(boss: Client) -> None:
    make_year(30, now=timezone.now())
    answer = boss.get("/stats/export.xlsx?period=all")
    assert b"".join(answer.streaming_content).startswith(b"PK")
