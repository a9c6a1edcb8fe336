from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from crm.backoffice.roles import LEADERS
from feedback.backoffice.answers import take_back_answer
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer
from stats import filters, queries, summary
from tests.make import make_offer, make_user, make_year

pytestmark = pytest.mark.django_db


def test_a_suspect_answer_counts_until_it_is_found_to_be_a_robots() -> None:
    now = timezone.now()
    offer = make_offer(status="declined", status_at=now, status_channel="link")
    reason = DeclineReason.objects.get_or_create(code="price", defaults={"group": "price"})[0]
    answer = Answer.objects.create(
        offer=offer, kind="declined", reason=reason, is_suspect=True, answered_at=now
    )
    ((_pk, fact),) = queries.read_facts(Offer.objects.all())
    assert (fact.status, fact.reason, fact.answered_on) == (
        "declined",
        reason.pk,
        timezone.localdate(now),
    )
    assert take_back_answer(answer, by=None, at=now)
    ((_pk, fact),) = queries.read_facts(Offer.objects.all())
    assert (fact.status, fact.reason, fact.answered_on) == ("open", 0, None)


WORDS = {
    "none": "",
    "found": "customer=k1-1@kunde1.example&company=Stadtwerke",
    "one refused": "company=Stadtwerke&customer=Petra",
    "both refused": "company=e&customer=Petra",
    "nobody": "company=nowhere&customer=nobody",
}
OTHERS = [
    "",
    "status=declined",
    "reason=none",
    "salesperson={seller}",
    "status=open&salesperson={seller}",
]


@pytest.mark.parametrize("words", WORDS)
def test_no_filter_makes_the_page_ask_more_than_ten_times(  # type: ignore[no-untyped-def]
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    settings,
    django_assert_max_num_queries,
    words: str,
) -> None:
    settings.STATS_PER_SALESPERSON = True
    monkeypatch.setattr(summary, "PLAIN_UP_TO", 10)
    monkeypatch.setattr(filters, "MOST_CUSTOMERS", 5)
    seller, leader = make_user(), make_user()
    leader.groups.add(Group.objects.get(name=LEADERS))
    make_year(60, now=timezone.now(), salespeople=[seller])
    summary.refresh()
    client.force_login(leader)
    for other in OTHERS:
        for period in ("period=last_12_months", "period=all", "first=2026-01-10&basis=decision"):
            # Session, person, own rights and those of roles, and menu among them.
            with django_assert_max_num_queries(10):
                page = client.get(
                    f"/stats/?{period}&{WORDS[words]}&{other.format(seller=seller.pk)}"
                ).content.decode()
            refused = {"one refused": 1, "both refused": 2, "nobody": 2}.get(words, 0)
            assert page.count('class="field-error"') == refused
            assert 'name="salesperson"' in page
