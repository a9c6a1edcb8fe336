"""Changes of offers from the roof: the change, the link and the plan come together or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.backoffice.changes import changing_offers
from feedback.backoffice.answers import record_answer, take_back_answer
from feedback.backoffice.models import Answer, Invitation
from offers.models import Offer
from offers.status import note_contact, opt_out, set_status
from reminders.models import FollowUp
from reminders.rules import Because
from tests.make import make_due, make_offer

pytestmark = pytest.mark.django_db


def test_a_changed_offer_gets_its_link_and_its_plan() -> None:
    offer = make_offer()
    with changing_offers(offer):
        note_contact(offer, at=timezone.now())
    assert Invitation.objects.get().offer == offer
    assert FollowUp.objects.get().offer_version == Offer.objects.get().version


def test_a_change_that_fails_leaves_nothing_behind() -> None:
    offer = make_offer()

    def decline_and_fail() -> None:
        with changing_offers(offer):
            set_status(offer, Offer.Status.DECLINED, channel=Offer.Channel.PHONE, at=timezone.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        decline_and_fail()
    assert Offer.objects.get().status == Offer.Status.OPEN
    assert not Invitation.objects.exists()
    assert not FollowUp.objects.exists()


def test_offers_found_during_the_change_are_planned_too() -> None:
    offer = make_offer()
    make_offer(customer=offer.customer)
    with changing_offers() as changed:
        changed.extend(opt_out(offer.customer, at=timezone.now()))
    becauses = FollowUp.objects.values_list("because", flat=True)
    assert list(becauses) == [Because.OPTED_OUT, Because.OPTED_OUT]


def test_an_undecided_answer_that_was_a_robots_moves_no_reminder() -> None:
    now = timezone.now()
    offer = make_due(now)
    answer = Answer(
        offer=offer,
        kind=Answer.Kind.UNDECIDED,
        ask_again_on=timezone.localdate(now) + timedelta(days=60),
        answered_at=now,
        is_suspect=True,
        channel="link",
    )
    with changing_offers() as changed:
        changed.extend(record_answer(answer))
    assert FollowUp.objects.get().because == Because.ASK_AGAIN
    with changing_offers() as changed:
        changed.extend(take_back_answer(answer, by=None, at=now))
    assert FollowUp.objects.get().because != Because.ASK_AGAIN
