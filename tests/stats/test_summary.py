"""The sums must say the same as a plain count, whatever happened in between and through whatever door."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from feedback.backoffice.models import Answer
from offers.models import Offer
from reminders.models import Reminder
from stats import queries, summary, triggers
from stats.figures import DECIDED, Tally
from stats.models import MonthlySum, OfferChange, OfferFact
from stats.periods import Span
from tests.make import make_offer, make_user
from tests.stats.make import make_reasons, make_year

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def recount(basis: str, span: Span) -> Tally:
    offers = queries.counted_offers()
    if basis == "offer":
        return queries.count_offers(offers.filter(queries.within("first_sent_at", span.first, span.last)))
    decided = offers.filter(status__in=DECIDED)
    return queries.count_offers(decided.filter(queries.within("status_at", span.first, span.last)))


def numbers(tally: Tally) -> dict[tuple[str, str], tuple[int, int]]:
    return {key: (count.number, count.total) for key, count in tally.counts.items() if count.number or count.total}


def assert_equal_to_a_recount(chance: random.Random, spans: int = 12) -> None:
    today = timezone.localdate(NOW)
    choices = [Span(None, None), Span(date(today.year, 1, 1), today)]
    for _n in range(spans):
        first = today - timedelta(days=chance.randrange(400))
        last = first + timedelta(days=chance.randrange(120))
        choices += [Span(first, last), Span(first, None), Span(None, last)]
    for span in choices:
        both = [span, *filter(None, [span.before()])]
        for basis in ("offer", "decision"):
            for its, tally in zip(both, summary.count_spans(basis, both), strict=True):
                assert numbers(tally) == numbers(recount(basis, its)), (basis, its)


def change_something(chance: random.Random) -> None:
    """One change as it may come from a service, from the admin, in bulk, or by plain SQL."""
    ids = list(Offer.objects.values_list("pk", flat=True))
    some = chance.sample(ids, 3)
    offer = Offer.objects.get(pk=chance.choice(ids))
    match chance.randrange(8):
        case 0:
            Offer.objects.filter(pk__in=some).update(status=chance.choice(Offer.Status.values), status_at=NOW)
        case 1:
            offer.first_sent_at -= timedelta(days=chance.randrange(60))
            offer.amount = chance.choice([None, 5, 1_000_000])
            offer.save()
        case 2:
            Answer.objects.create(
                offer=offer, kind=chance.choice(Answer.Kind.values), answered_at=NOW - timedelta(days=2)
            )
        case 3:
            answers = Answer.objects.filter(offer_id__in=some)
            dismissed_at = NOW if chance.random() < 0.5 else None
            answers.update(dismissed_at=dismissed_at, reason=chance.choice(make_reasons()))
        case 4:
            offer.delete()
        case 5:
            Answer.objects.filter(offer_id__in=some).delete()
        case 6:
            Reminder.objects.filter(offer_id__in=some).update(state=chance.choice(["sent", "failed"]))
        case _:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE offers_offer SET status = 'declined' WHERE id = %s", [offer.pk])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sums_equal_a_plain_count_on_random_data(seed: int) -> None:
    chance = random.Random(seed)
    make_year(120, now=NOW, days=420, seed=seed)
    summary.refresh()
    assert_equal_to_a_recount(chance)
    for _round in range(6):
        for _n in range(chance.randrange(1, 8)):
            change_something(chance)
        summary.refresh()
        assert_equal_to_a_recount(chance, spans=2)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(100, 110))
def test_the_sums_equal_a_plain_count_after_many_changes(seed: int) -> None:
    chance = random.Random(seed)
    make_year(400, now=NOW, days=900, seed=seed)
    for _round in range(20):
        for _n in range(chance.randrange(1, 30)):
            change_something(chance)
        summary.refresh()
        assert_equal_to_a_recount(chance, spans=4)


def test_a_refresh_without_changes_counts_nothing() -> None:
    make_year(20, now=NOW)
    summary.refresh()
    before = list(MonthlySum.objects.values_list().order_by("pk"))
    assert summary.refresh() == 0
    assert list(MonthlySum.objects.values_list().order_by("pk")) == before


def test_a_rebuild_changes_nothing_that_was_right() -> None:
    make_year(40, now=NOW)
    summary.refresh()
    before = numbers(summary.count_spans("offer", [Span()])[0])
    call_command("refresh_figures", "--rebuild")
    assert numbers(summary.count_spans("offer", [Span()])[0]) == before
    assert not OfferChange.objects.exists()


def test_lost_triggers_come_back_and_all_is_counted_anew() -> None:
    make_year(20, now=NOW)
    summary.refresh()
    triggers.uninstall()
    Offer.objects.filter(pk__in=OfferFact.objects.values("pk")[:5]).update(status="declined")
    Offer.objects.filter(pk__in=OfferFact.objects.values("pk")[5:7]).delete()
    summary.refresh()
    assert triggers.find_missing() == set()
    assert_equal_to_a_recount(random.Random(1), spans=2)


def test_a_refresh_in_small_batches_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "BATCH", 7)
    make_year(60, now=NOW)
    summary.refresh()
    assert_equal_to_a_recount(random.Random(1), spans=2)


def test_a_new_offer_is_noted_by_the_database_itself() -> None:
    before = set(OfferChange.objects.values_list("pk", flat=True))
    offer = make_offer()
    assert [change.offer_id for change in OfferChange.objects.exclude(pk__in=before)] == [offer.pk]


def test_the_page_of_a_large_office_comes_from_the_sums_in_few_queries(  # type: ignore[no-untyped-def]
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    make_year(80, now=NOW)
    summary.refresh()
    client.force_login(make_user(is_superuser=True))
    plain = client.get("/stats/").content.decode()
    monkeypatch.setattr(summary, "PLAIN_UP_TO", 10)
    with django_assert_max_num_queries(8):  # session, person and menu among them
        from_sums = client.get("/stats/").content.decode()
    assert from_sums.partition("<main")[2] == plain.partition("<main")[2]
