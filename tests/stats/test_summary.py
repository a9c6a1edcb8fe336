"""The sums must say the same as a plain count, whatever happened in between and through whatever
door.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from crm.accounts.models import User
from crm.backoffice.roles import LEADERS
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Customer, Offer
from reminders.models import Reminder
from stats import queries, summary, triggers
from stats.filters import STATUSES, OfferFilter
from stats.models import MonthlySum, OfferChange, OfferFact
from stats.page import count
from stats.periods import Span
from stats.summary import Slice
from tests.make import make_offer, make_user, make_year

pytestmark = pytest.mark.django_db
NOW = timezone.now()
NO_AGES = queries.ages_of_open(Offer.objects.none(), now=NOW)


def draw_filter(chance: random.Random) -> dict[str, str]:
    """Return what a person may have chosen: nothing, one field, or several."""
    reasons = ["none", *(str(reason.pk) for reason in list(DeclineReason.objects.all()))]
    choices = {
        "status": [value for value, _label in STATUSES],
        "reason": reasons,
        "company": ["Hotel", "weiß", "AG"],
        "customer": ["kunde7.example", "petra kühn 1"],
        "salesperson": [str(pk) for pk in User.objects.values_list("pk", flat=True)],
    }
    chosen = chance.sample([*choices], chance.choice([0, 0, 1, 1, 1, 2, 3]))
    return {name: chance.choice(choices[name]) for name in chosen}


def assert_equal_to_a_recount(chance: random.Random, rounds: int = 30) -> None:
    """Compare what the page of a large office counts with reading every offer, for random filters
    and periods.
    """
    today = timezone.localdate(NOW)
    boss = User.objects.filter(is_superuser=True).first() or make_user(is_superuser=True)
    for _n in range(rounds):
        first = today - timedelta(days=chance.randrange(400))
        last = first + timedelta(days=chance.randrange(120))
        span = chance.choice(
            [Span(), Span(first, last), Span(first, None), Span(None, last), Span(first, today)]
        )
        request = RequestFactory().get(
            "/stats/", {"basis": chance.choice(["offer", "decision"]), **draw_filter(chance)}
        )
        request.user = boss
        offers = OfferFilter(request.GET, request=request)
        both = [span, *filter(None, [span.before()])]
        for its, tally in zip(both, count(offers, both, NO_AGES), strict=True):
            assert tally.rows() == queries.count_offers(offers.offers_of(its)).rows(), (
                offers.data,
                its,
            )


@pytest.fixture(autouse=True)
def _large_office(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(summary, "PLAIN_UP_TO", -1)
    settings.STATS_PER_SALESPERSON = True


def change_something(chance: random.Random) -> None:
    """One change as it may come from a service, from the admin, in bulk, or by plain SQL."""
    ids = list(Offer.objects.values_list("pk", flat=True))
    some = chance.sample(ids, 3)
    offer = Offer.objects.get(pk=chance.choice(ids))
    match chance.randrange(9):
        case 0:
            Offer.objects.filter(pk__in=some).update(
                status=chance.choice(Offer.Status.values), status_at=NOW
            )
        case 1:
            offer.first_sent_at -= timedelta(days=chance.randrange(60))
            offer.amount = chance.choice([None, 5, 1_000_000])
            offer.save()
        case 2:
            Answer.objects.create(
                offer=offer,
                kind=chance.choice(Answer.Kind.values),
                answered_at=NOW - timedelta(days=2),
            )
        case 3:
            answers = Answer.objects.filter(offer_id__in=some)
            dismissed_at = NOW if chance.random() < 0.5 else None
            reason, sellers = (
                chance.choice([None, *list(DeclineReason.objects.all())]),
                chance.choice([None, *list(DeclineReason.objects.all())]),
            )
            answers.update(dismissed_at=dismissed_at, reason=reason, seller_reason=sellers)
        case 4:
            offer.delete()
        case 5:
            Answer.objects.filter(offer_id__in=some).delete()
        case 6:
            Reminder.objects.filter(offer_id__in=some).update(
                state=chance.choice(["sent", "failed"])
            )
        case 7:
            customer, seller = (
                Customer.objects.order_by("?").first(),
                User.objects.order_by("?").first(),
            )
            Offer.objects.filter(pk__in=some).exclude(customer=customer).update(salesperson=seller)
            offer.customer = customer
            offer.save(update_fields=["customer"])
        case _:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE offers_offer SET status = 'declined' WHERE id = %s", [offer.pk]
                )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sums_equal_a_plain_count_on_random_data(seed: int) -> None:
    chance = random.Random(seed)
    make_year(120, now=NOW, days=420, seed=seed, salespeople=[make_user(), make_user()])
    summary.refresh()
    assert_equal_to_a_recount(chance)
    for _round in range(6):
        for _n in range(chance.randrange(1, 8)):
            change_something(chance)
        summary.refresh()
        assert_equal_to_a_recount(chance, rounds=8)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(100, 110))
def test_the_sums_equal_a_plain_count_after_many_changes(seed: int) -> None:
    chance = random.Random(seed)
    make_year(400, now=NOW, days=900, seed=seed, salespeople=[make_user(), make_user()])
    for _round in range(20):
        for _n in range(chance.randrange(1, 30)):
            change_something(chance)
        summary.refresh()
        assert_equal_to_a_recount(chance, rounds=20)


def test_a_refresh_without_changes_counts_nothing() -> None:
    make_year(20, now=NOW)
    summary.refresh()
    before = list(MonthlySum.objects.values_list().order_by("pk"))
    assert summary.refresh() == 0
    assert list(MonthlySum.objects.values_list().order_by("pk")) == before


def test_a_rebuild_changes_nothing_that_was_right() -> None:
    make_year(40, now=NOW)
    summary.refresh()
    before = summary.count_slice(Slice("offer"), [Span()], NO_AGES)[1][0].rows()
    call_command("refresh_figures", "--rebuild")
    assert summary.count_slice(Slice("offer"), [Span()], NO_AGES)[1][0].rows() == before
    assert not OfferChange.objects.exists()


def test_lost_triggers_come_back_and_all_is_counted_anew() -> None:
    make_year(20, now=NOW)
    summary.refresh()
    triggers.uninstall()
    Offer.objects.filter(pk__in=OfferFact.objects.values("pk")[:5]).update(status="declined")
    Offer.objects.filter(pk__in=OfferFact.objects.values("pk")[5:7]).delete()
    summary.refresh()
    assert triggers.find_missing() == set()
    assert_equal_to_a_recount(random.Random(1), rounds=8)


def test_a_refresh_in_small_batches_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "BATCH", 7)
    make_year(60, now=NOW)
    summary.refresh()
    assert_equal_to_a_recount(random.Random(1), rounds=8)


def test_a_new_offer_is_noted_by_the_database_itself() -> None:
    before = set(OfferChange.objects.values_list("pk", flat=True))
    offer = make_offer()
    assert [change.offer_id for change in OfferChange.objects.exclude(pk__in=before)] == [offer.pk]


def test_only_reminders_that_were_sent_are_noted_and_those_that_were() -> None:
    reminder = Reminder.objects.create(
        offer=make_offer(), step=1, state=Reminder.State.CLAIMED, mail_date=NOW
    )
    OfferChange.objects.all().delete()

    for state, is_noted in (
        ("transmitting", False),
        ("sent", True),
        ("in_doubt", True),
        ("planned", False),
    ):
        Reminder.objects.filter(pk=reminder.pk).update(state=state)
        noted = [change.offer_id for change in OfferChange.objects.all()]
        assert noted == ([reminder.offer_id] if is_noted else []), state
        OfferChange.objects.all().delete()


def test_the_page_of_a_large_office_comes_from_the_sums_in_few_queries(  # type: ignore[no-untyped-def]
    client: Client, monkeypatch: pytest.MonkeyPatch, settings, django_assert_max_num_queries
) -> None:
    settings.STATS_PER_SALESPERSON = False  # as it comes
    make_year(80, now=NOW)
    summary.refresh()
    leader = make_user()
    leader.groups.add(Group.objects.get(name=LEADERS))
    client.force_login(leader)
    for period in ("last_12_months", "all"):
        with django_assert_max_num_queries(8):  # session, person, rights and menu among them
            from_sums = client.get(f"/stats/?period={period}").content.decode()
        with monkeypatch.context() as small:
            small.setattr(summary, "PLAIN_UP_TO", 1000)
            plain = client.get(f"/stats/?period={period}").content.decode()
        assert from_sums.partition("<main")[2] == plain.partition("<main")[2]
