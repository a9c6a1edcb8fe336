from __future__ import annotations

import pytest
from django.utils import timezone

from feedback.backoffice.models import Answer, DeclineReason
from feedback.backoffice.services import dismiss_answer
from offers.models import Offer
from stats import queries
from tests.make import make_offer

pytestmark = pytest.mark.django_db


def test_a_suspect_answer_counts_until_it_is_found_to_be_a_robots() -> None:
    now = timezone.now()
    offer = make_offer(status="declined", status_at=now, status_channel="link")
    reason = DeclineReason.objects.get_or_create(code="price", defaults={"group": "price"})[0]
    answer = Answer.objects.create(offer=offer, kind="declined", reason=reason, is_suspect=True, answered_at=now)
    ((_pk, fact),) = queries.read_facts(Offer.objects.all())
    assert (fact.status, fact.reason, fact.answered_on) == ("declined", reason.pk, timezone.localdate(now))
    assert dismiss_answer(answer, by=None, at=now)
    ((_pk, fact),) = queries.read_facts(Offer.objects.all())
    assert (fact.status, fact.reason, fact.answered_on) == ("open", 0, None)
