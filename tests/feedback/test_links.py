from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.backoffice import links
from feedback.backoffice.models import Invitation
from offers.models import Offer
from offers.status import set_status
from tests.make import make_invitation, make_offer

pytestmark = pytest.mark.django_db


def test_a_new_offer_gets_one_link_that_the_public_service_does_not_know_yet() -> None:
    offer = make_offer()
    links.make_missing_links([offer])
    links.make_missing_links([offer])
    invitation = Invitation.objects.get()
    assert (invitation.offer, invitation.registered_at, invitation.state) == (offer, None, "active")


def test_a_changed_subject_is_sent_to_the_public_service_again() -> None:
    invitation = make_invitation()
    invitation.offer.subject = "Ihr Angebot, zweite Fassung"
    links.make_missing_links([invitation.offer])
    invitation.refresh_from_db()
    assert (invitation.registered_at, invitation.version) == (None, 1)


def test_a_change_that_the_form_does_not_show_leaves_the_link_alone() -> None:
    invitation = make_invitation()
    invitation.offer.note = "anrufen"
    links.make_missing_links([invitation.offer])
    invitation.refresh_from_db()
    assert invitation.registered_at is not None


def test_an_offer_that_is_reopened_after_an_answer_gets_a_fresh_link() -> None:
    used_up = make_invitation(state="answered")
    set_status(used_up.offer, Offer.Status.OPEN, channel=Offer.Channel.PHONE, at=timezone.now())
    links.make_missing_links([used_up.offer])
    assert used_up.offer.invitations.filter(state="active").count() == 1


def test_a_revoked_link_is_not_replaced_by_itself() -> None:
    revoked = make_invitation(state="revoked")
    links.make_missing_links([revoked.offer])
    assert revoked.offer.invitations.count() == 1


def test_a_new_link_ends_the_old_one() -> None:
    old = make_invitation()
    new = links.renew_link(old.offer)
    old.refresh_from_db()
    assert (old.state, old.registered_at, new.state) == ("revoked", None, "active")


def test_an_answered_link_cannot_be_revoked() -> None:
    assert not links.revoke_link(make_invitation(state="answered"))


def test_an_extended_link_lives_on_and_is_sent_again() -> None:
    invitation = make_invitation(expires_at=timezone.now() - timedelta(days=1))
    assert links.extend_link(invitation)
    assert invitation.expires_at > timezone.now() + timedelta(days=59)
    assert invitation.registered_at is None


def test_the_time_of_the_mail_is_kept_with_the_link_it_carried() -> None:
    active, other = make_invitation(), make_invitation()
    links.mark_mailed([active.offer_id], at=timezone.now())
    active.refresh_from_db()
    other.refresh_from_db()
    assert active.mailed_at is not None
    assert other.mailed_at is None
