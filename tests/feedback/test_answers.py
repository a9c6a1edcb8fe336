from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from crm.backoffice.changes import changing_offers, follow_changes
from feedback.backoffice import answers, receive
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer
from offers.status import set_status
from tests.make import make_invitation, make_offer, make_user

pytestmark = pytest.mark.django_db


def record(offer: Offer, kind: Answer.Kind, **fields: Any) -> Answer:
    """An answer that a salesperson heard on the phone, recorded."""
    defaults = {"channel": Offer.Channel.PHONE, "answered_at": timezone.now()}
    answer = Answer(offer=offer, kind=kind, **{**defaults, **fields})
    answers.record_answer(answer)
    return answer


def test_an_answer_by_phone_decides_the_offer() -> None:
    offer, user = make_offer(), make_user()
    reason = DeclineReason.objects.get(code="price")
    record(offer, Answer.Kind.DECLINED, recorded_by=user, reason=reason)
    offer.refresh_from_db()
    assert (offer.status, offer.status_channel, offer.status_by) == ("declined", "phone", user)


def test_an_order_makes_the_offer_ordered() -> None:
    offer = make_offer()
    record(offer, Answer.Kind.INTERESTED, channel=Offer.Channel.ORDER)
    offer.refresh_from_db()
    assert offer.status == "ordered"


def test_an_answer_taken_back_leaves_what_the_customer_said_before() -> None:
    offer, now = make_offer(), timezone.now()
    Answer.objects.create(offer=offer, kind="interested", answered_at=now - timedelta(days=1))
    answer = record(offer, Answer.Kind.DECLINED)
    assert answers.take_back_answer(answer, by=None, at=now) == [offer]
    offer.refresh_from_db()
    assert (offer.status, offer.status_channel) == ("interested", "link")


def test_an_opt_out_taken_back_lets_reminders_go_on() -> None:
    offer, now = make_offer(), timezone.now()
    answer = record(offer, Answer.Kind.OPTED_OUT, answered_at=now)
    offer.customer.refresh_from_db()
    assert offer.customer.opted_out_at == now
    answers.take_back_answer(answer, by=None, at=now)
    offer.customer.refresh_from_db()
    assert offer.customer.opted_out_at is None


def test_what_the_customer_said_through_the_link_cannot_be_taken_back() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert not answers.take_back_answer(answer, by=None, at=timezone.now())
    assert Answer.objects.count() == 1


def test_a_status_that_somebody_set_since_outlives_an_answer_that_is_taken_back() -> None:
    offer = make_offer()
    answer = record(offer, Answer.Kind.INTERESTED)
    record(offer, Answer.Kind.INTERESTED, channel=Offer.Channel.ORDER)
    answers.take_back_answer(answer, by=None, at=timezone.now())
    offer.refresh_from_db()
    assert offer.status == "ordered"


def test_an_opt_out_concerns_all_offers_of_the_customer() -> None:
    offer = make_offer()
    other = make_offer(customer=offer.customer)
    answer = Answer(offer=offer, kind=Answer.Kind.OPTED_OUT, answered_at=timezone.now())
    assert set(answers.record_answer(answer)) == {offer, other}


def test_dealt_with_is_counted_once() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert [answers.mark_handled([answer], at=timezone.now()) for _ in range(2)] == [1, 0]


def make_suspect(**fields: object) -> Answer:
    """An answer that came a minute after the reminder, stored as the sync does it."""
    invitation = make_invitation(mailed_at=timezone.now())
    item: dict[str, object] = {"uid": str(uuid4()), "digest": invitation.digest, "kind": "declined"}
    item |= {"submitted_at": timezone.now().isoformat()} | fields
    receive.receive_page([item], now=timezone.now(), after_store=follow_changes)
    answer = Answer.objects.get()
    assert answer.is_suspect
    return answer


def test_a_suspect_answer_that_a_person_gave_counts() -> None:
    answer = make_suspect()
    assert answers.confirm_answer(answer)
    assert not answers.confirm_answer(answer)
    assert not Answer.objects.get().is_suspect


def test_what_a_robot_did_is_taken_back_and_the_customer_gets_a_fresh_link() -> None:
    answer = make_suspect()
    with changing_offers(answer.offer):
        assert answers.take_back_answer(answer, by=make_user(), at=timezone.now())
    offer = Offer.objects.get(pk=answer.offer_id)
    assert (offer.status, offer.invitations.filter(state="active").count()) == ("open", 1)
    assert Answer.objects.get().handled_at is not None


def test_the_opt_out_of_a_robot_is_taken_back() -> None:
    answer = make_suspect(kind="opted_out")
    answer.offer.customer.refresh_from_db()
    assert answer.offer.customer.opted_out_at is not None
    answers.take_back_answer(answer, by=None, at=timezone.now())
    answer.offer.customer.refresh_from_db()
    assert answer.offer.customer.opted_out_at is None


def test_a_decision_of_a_person_outlives_the_robot() -> None:
    answer = make_suspect()
    set_status(
        answer.offer,
        Offer.Status.ORDERED,
        channel=Offer.Channel.ORDER,
        at=timezone.now(),
        by=make_user(),
    )
    answers.take_back_answer(answer, by=None, at=timezone.now())
    assert Offer.objects.get(pk=answer.offer_id).status == "ordered"


def test_an_answer_beyond_doubt_is_not_dismissed() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert not answers.take_back_answer(answer, by=None, at=timezone.now())
