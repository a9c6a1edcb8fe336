from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from feedback.backoffice import intake, services
from feedback.backoffice.models import Answer, DeclineReason, Invitation
from offers.models import Offer
from offers.services import announce, set_status
from tests.make import make_invitation, make_offer, make_user

pytestmark = pytest.mark.django_db


def test_a_new_offer_gets_one_link_that_the_public_page_does_not_know_yet() -> None:
    offer = make_offer()
    announce([offer])
    announce([offer])
    invitation = Invitation.objects.get()
    assert (invitation.offer, invitation.registered_at, invitation.state) == (offer, None, "active")


def test_a_changed_subject_is_sent_to_the_public_page_again() -> None:
    invitation = make_invitation()
    invitation.offer.subject = "Ihr Angebot, zweite Fassung"
    announce([invitation.offer])
    invitation.refresh_from_db()
    assert (invitation.registered_at, invitation.version) == (None, 1)


def test_a_change_that_the_form_does_not_show_leaves_the_link_alone() -> None:
    invitation = make_invitation()
    invitation.offer.note = "anrufen"
    announce([invitation.offer])
    invitation.refresh_from_db()
    assert invitation.registered_at is not None


def test_an_offer_that_is_reopened_after_an_answer_gets_a_fresh_link() -> None:
    used_up = make_invitation(state="answered")
    set_status(used_up.offer, Offer.Status.OPEN, channel=Offer.Channel.PHONE, at=timezone.now())
    assert used_up.offer.invitations.filter(state="active").count() == 1


def test_a_revoked_link_is_not_replaced_by_itself() -> None:
    revoked = make_invitation(state="revoked")
    announce([revoked.offer])
    assert revoked.offer.invitations.count() == 1


def test_a_new_link_ends_the_old_one() -> None:
    old = make_invitation()
    new = services.issue_link(old.offer)
    old.refresh_from_db()
    assert (old.state, old.registered_at, new.state) == ("revoked", None, "active")


def test_an_answered_link_cannot_be_revoked() -> None:
    assert not services.revoke(make_invitation(state="answered"))


def test_an_extended_link_lives_on_and_is_sent_again() -> None:
    invitation = make_invitation(expires_at=timezone.now() - timedelta(days=1))
    assert services.extend(invitation)
    assert invitation.expires_at > timezone.now() + timedelta(days=59)
    assert invitation.registered_at is None


def test_an_answer_by_phone_decides_the_offer() -> None:
    offer, user = make_offer(), make_user()
    reason = DeclineReason.objects.get(code="price")
    services.record_answer(
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
    services.record_answer(
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
    answer = services.record_answer(
        offer, Answer.Kind.DECLINED, channel=Offer.Channel.PHONE, by=None, at=now
    )
    assert services.undo_answer(answer, by=None, at=now)
    offer.refresh_from_db()
    assert (offer.status, offer.status_channel) == ("interested", "link")


def test_an_undone_opt_out_lets_reminders_go_on() -> None:
    offer, now = make_offer(), timezone.now()
    answer = services.record_answer(
        offer, Answer.Kind.OPTED_OUT, channel=Offer.Channel.PHONE, by=None, at=now
    )
    offer.customer.refresh_from_db()
    assert offer.customer.opted_out_at == now
    services.undo_answer(answer, by=None, at=now)
    offer.customer.refresh_from_db()
    assert offer.customer.opted_out_at is None


def test_what_the_customer_said_through_the_link_cannot_be_undone() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert not services.undo_answer(answer, by=None, at=timezone.now())
    assert Answer.objects.count() == 1


def test_dealt_with_is_counted_once() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert [services.mark_handled([answer], at=timezone.now()) for _ in range(2)] == [1, 0]


def make_suspect(**fields: object) -> Answer:
    """An answer that came a minute after the reminder, stored as the sync does it."""
    invitation = make_invitation(mailed_at=timezone.now())
    item = {"uid": str(uuid4()), "digest": invitation.digest, "kind": "declined"}
    intake.store_page(
        [item | {"submitted_at": timezone.now().isoformat()} | fields], now=timezone.now()
    )
    answer = Answer.objects.get()
    assert answer.is_suspect
    return answer


def test_a_suspect_answer_that_a_person_gave_counts() -> None:
    answer = make_suspect()
    assert services.confirm_answer(answer)
    assert not services.confirm_answer(answer)
    assert not Answer.objects.get().is_suspect


def test_what_a_robot_did_is_taken_back_and_the_customer_gets_a_fresh_link() -> None:
    answer = make_suspect()
    assert services.dismiss_answer(answer, by=make_user(), at=timezone.now())
    offer = Offer.objects.get(pk=answer.offer_id)
    assert (offer.status, offer.invitations.filter(state="active").count()) == ("open", 1)
    assert Answer.objects.get().handled_at is not None


def test_the_opt_out_of_a_robot_is_taken_back() -> None:
    answer = make_suspect(kind="opted_out")
    answer.offer.customer.refresh_from_db()
    assert answer.offer.customer.opted_out_at is not None
    services.dismiss_answer(answer, by=None, at=timezone.now())
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
    services.dismiss_answer(answer, by=None, at=timezone.now())
    assert Offer.objects.get(pk=answer.offer_id).status == "ordered"


def test_an_answer_beyond_doubt_is_not_dismissed() -> None:
    answer = Answer.objects.create(offer=make_offer(), kind="declined", answered_at=timezone.now())
    assert not services.dismiss_answer(answer, by=None, at=timezone.now())


def test_the_time_of_the_mail_is_kept_with_the_link_it_carried() -> None:
    active, other = make_invitation(), make_invitation()
    services.mark_mailed([active.offer_id], at=timezone.now())
    active.refresh_from_db()
    other.refresh_from_db()
    assert active.mailed_at is not None
    assert other.mailed_at is None
