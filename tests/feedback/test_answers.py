from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from feedback.backoffice import answers, receive
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer
from offers.services import set_status
from tests.make import make_invitation, make_offer, make_user

pytestmark = pytest.mark.django_db


def test_an_answer_by_phone_decides_the_offer() -> None:
    offer, user = make_offer(), make_user()
    reason = DeclineReason.objects.get(code="price")
    answers.record_answer(
        offer,
        Answer.Kind.DECLINED,
        channel=Offer.Channel.PHONE,
        by=user,
        at=timezone.now(),
        reason=reason,
    )
    offer.refresh_from_db()
    assert (offer.status, offer.status_channel, offer.status_by) == ("declined", "phone", user)


def test_an_order_makes_the_offer_ordered() -> None:
    offer = make_offer()
    answers.record_answer(
        offer,
        Answer.Kind.INTERESTED,
        channel=Offer.Channel.ORDER,
        by=make_user(),
        at=timezone.now(),
    )
    offer.refresh_from_db()
    assert offer.status == "ordered"


def test_an_undone_record_leaves_what_the_customer_said_before() -> None:
    offer, now = make_offer(), timezone.now()
    Answer.objects.create(offer=offer, kind="interested", answered_at=now - timedelta(days=1))
    answer = answers.record_answer(
        offer, Answer.Kind.DECLINED, channel=Offer.Channel.PHONE, by=None, at=now
    )
    assert answers.take_back_answer(answer, by=None, at=now)
    offer.refresh_from_db()
    assert (offer.status, offer.status_channel) == ("interested", "link")


def test_an_undone_opt_out_lets_reminders_go_on() -> None:
    offer, now = make_offer(), timezone.now()
    answer = answers.record_answer(
        offer, Answer.Kind.OPTED_OUT, channel=Offer.Channel.PHONE, by=None, at=now
    )
    offer.customer.refresh_from_db()
    assert offer.customer.opted_out_at == now
    answers.take_back_answer(answer, by=None, at=now)
    offer.customer.refresh_from_db()
    assert offer.customer.opted_out_at is None


def test_what_the_customer_said_through_the_link_cannot_be_undone() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert not answers.take_back_answer(answer, by=None, at=timezone.now())
    assert Answer.objects.count() == 1


def test_dealt_with_is_counted_once() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert [answers.mark_handled([answer], at=timezone.now()) for _ in range(2)] == [1, 0]


def make_suspect(**fields: object) -> Answer:
    """An answer that came a minute after the reminder, stored as the sync does it."""
    invitation = make_invitation(mailed_at=timezone.now())
    item = {"uid": str(uuid4()), "digest": invitation.digest, "kind": "declined"}
    receive.store_page(
        [item | {"submitted_at": timezone.now().isoformat()} | fields], now=timezone.now()
    )
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
    assert answers.dismiss_answer(answer, by=make_user(), at=timezone.now())
    offer = Offer.objects.get(pk=answer.offer_id)
    assert (offer.status, offer.invitations.filter(state="active").count()) == ("open", 1)
    assert Answer.objects.get().handled_at is not None


def test_the_opt_out_of_a_robot_is_taken_back() -> None:
    answer = make_suspect(kind="opted_out")
    answer.offer.customer.refresh_from_db()
    assert answer.offer.customer.opted_out_at is not None
    answers.dismiss_answer(answer, by=None, at=timezone.now())
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
    answers.dismiss_answer(answer, by=None, at=timezone.now())
    assert Offer.objects.get(pk=answer.offer_id).status == "ordered"


def test_an_answer_beyond_doubt_is_not_dismissed() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert not answers.dismiss_answer(answer, by=None, at=timezone.now())
