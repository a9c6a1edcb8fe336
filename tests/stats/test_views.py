from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from tests.make import make_user, make_year

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
        "first=0026-10-01",
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


@pytest.mark.parametrize(
    ("switched_on", "right", "shown"),
    [(False, True, False), (True, False, False), (True, True, True)],
)
def test_figures_per_salesperson_need_the_switch_and_the_right(  # type: ignore[no-untyped-def]
    client: Client, settings, switched_on: bool, right: bool, shown: bool
) -> None:
    settings.STATS_PER_SALESPERSON = switched_on
    leader, salesperson = make_user(), make_user()
    codes = ["view_figures", "export_figures"] + ["view_salesperson_figures"] * right
    leader.user_permissions.set(Permission.objects.filter(codename__in=codes))
    make_year(30, now=timezone.now(), salespeople=[salesperson])
    client.force_login(leader)
    page = client.get(f"/stats/?period=all&salesperson={leader.pk}")
    assert ('name="salesperson"' in page.content.decode()) is shown
    assert page.context["page"].is_empty is shown  # the filter counts only where it is allowed
    head = (
        b"".join(client.get("/stats/export.csv").streaming_content)
        .decode("utf-8-sig")
        .splitlines()[0]
    )
    assert ("Verkäufer" in head.split(";")) is shown


def test_the_page_speaks_the_persons_language(client: Client) -> None:
    make_year(30, now=timezone.now())
    client.force_login(make_user(is_superuser=True, language="en"))
    page = client.get("/stats/").content.decode()
    assert "Response rate" in page
    assert "Rückmeldequote" not in page


@pytest.mark.parametrize("words", ["K", "", " "])
def test_one_letter_suggests_nobody(boss: Client, words: str) -> None:
    make_year(10, now=timezone.now())
    assert boss.get("/stats/customers", {"q": words}).json() == {"suggestions": []}


def test_typing_suggests_addresses_and_companies(boss: Client) -> None:
    make_year(60, now=timezone.now())
    assert len(boss.get("/stats/customers", {"q": "kühn"}).json()["suggestions"]) == 10
    found = boss.get("/stats/customers", {"q": "löw", "field": "company"}).json()["suggestions"]
    assert found == ["Hotel Löwen"]


def test_a_mistyped_year_is_named_and_ignored(boss: Client) -> None:
    page = boss.get("/stats/?first=0001-01-01&last=9999-12-31").content.decode()
    assert "Wählen Sie einen Tag zwischen 2000 und 2100." in page
