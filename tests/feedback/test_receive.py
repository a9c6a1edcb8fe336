from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from crm.backoffice.changes import follow_changes
from feedback import sealing
from feedback.backoffice import receive
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer
from offers.models import Offer
from offers.status import set_status
from tests import disk
from tests.make import make_invitation, make_offer, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 16, 12, tzinfo=timezone.get_default_timezone())


def seal(comment: str = "", phone: str = "") -> str:
    public_key = sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    return sealing.seal_message(sealing.Message(comment=comment, phone=phone), public_key)


def make_item(invitation: Invitation | None = None, **fields: Any) -> dict[str, Any]:
    """An answer as it comes over the wire."""
    digest = (invitation or make_invitation()).digest
    defaults = {
        "uid": str(uuid4()),
        "digest": digest,
        "kind": "interested",
        "reason": "",
        "sealed_comment": "",
    }
    defaults |= {"ask_again_on": None, "submitted_at": NOW.isoformat(), "suspect": False}
    return defaults | fields


def take(*items: object, after_store: receive.AfterStore = follow_changes) -> receive.ReceivedPage:
    return receive.receive_page(items, now=NOW, after_store=after_store)


@pytest.mark.parametrize(
    ("kind", "status"), [("interested", "interested"), ("declined", "declined")]
)
def test_a_decision_changes_the_offer_and_uses_up_the_link(kind: str, status: str) -> None:
    invitation = make_invitation()
    taken = take(make_item(invitation, kind=kind))
    invitation.refresh_from_db()
    assert taken.stored == 1
    assert (invitation.state, invitation.offer.status, invitation.offer.status_channel) == (
        "answered",
        status,
        "link",
    )
    assert invitation.offer.status_at == NOW


@pytest.mark.django_db(transaction=True)
def test_what_is_acknowledged_survives_a_loss_of_power() -> None:
    item = make_item()
    with disk.watch("INSERT INTO") as waited:
        take(item)
    assert waited
    assert all(waited)


def test_the_reason_and_the_words_are_kept() -> None:
    take(
        make_item(
            kind="declined",
            reason="price",
            sealed_comment=seal("10 % zu teuer", "+41 44 000 00 00"),
        )
    )
    answer = Answer.objects.get()
    assert (answer.reason.group, answer.comment, answer.phone) == (
        "price",
        "10 % zu teuer",
        "+41 44 000 00 00",
    )
    assert (answer.answered_at, answer.received_at, answer.handled_at) == (NOW, NOW, None)


def test_undecided_leaves_the_link_and_says_when_to_ask_again() -> None:
    invitation = make_invitation()
    take(make_item(invitation, kind="undecided", ask_again_on="2026-12-01"))
    invitation.refresh_from_db()
    assert (invitation.state, invitation.offer.status) == ("active", "open")
    assert str(Answer.objects.get().ask_again_on) == "2026-12-01"


def test_an_opt_out_stops_the_reminders_of_the_customer() -> None:
    invitation = make_invitation()
    take(make_item(invitation, kind="opted_out"))
    assert Offer.objects.get().customer.opted_out_at == NOW


def test_the_same_page_twice_changes_nothing() -> None:
    items = [make_item(), make_item(kind="declined")]
    assert take(*items).stored == 2
    again = take(*items)
    assert (again.stored, again.rejected, len(again.settled)) == (0, 0, 2)
    assert Answer.objects.count() == 2


def test_an_answer_that_stands_twice_in_a_page_is_stored_once() -> None:
    item = make_item()
    assert take(item, item).stored == 1


def test_undecided_and_then_declined_in_one_page_ends_declined() -> None:
    invitation = make_invitation()
    later = (NOW + timedelta(hours=1)).isoformat()
    take(
        make_item(invitation, kind="declined", submitted_at=later),
        make_item(invitation, kind="undecided"),
    )
    invitation.offer.refresh_from_db()
    assert invitation.offer.status == "declined"


@pytest.mark.parametrize(("kind", "status"), [("interested", "interested"), ("undecided", "open")])
def test_a_late_answer_reopens_what_had_no_answer(kind: str, status: str) -> None:
    invitation = make_invitation(make_offer(status="no_answer"))
    take(make_item(invitation, kind=kind))
    invitation.offer.refresh_from_db()
    assert invitation.offer.status == status


@pytest.mark.parametrize("status", ["ordered", "withdrawn", "superseded", "declined"])
def test_a_decided_offer_keeps_its_status_and_the_answer_says_so(status: str) -> None:
    invitation = make_invitation(make_offer(status=status))
    take(make_item(invitation, kind="interested"))
    invitation.offer.refresh_from_db()
    answer = Answer.objects.get()
    assert (invitation.offer.status, answer.handled_at) == (status, None)
    assert answer.note


def test_what_a_person_recorded_after_the_click_counts_more() -> None:
    invitation = make_invitation()
    at = NOW + timedelta(hours=1)
    set_status(
        invitation.offer,
        Offer.Status.INTERESTED,
        channel=Offer.Channel.PHONE,
        at=at,
        by=make_user(),
    )
    take(make_item(invitation, kind="declined"))
    invitation.offer.refresh_from_db()
    assert invitation.offer.status == "interested"
    assert Answer.objects.get().note


def test_an_unknown_reason_is_noted() -> None:
    take(make_item(kind="declined", reason="moon-phase"))
    answer = Answer.objects.get()
    assert answer.reason is None
    assert "moon-phase" in answer.note


def test_a_retired_reason_is_still_known() -> None:
    DeclineReason.objects.filter(code="price").update(is_active=False)
    take(make_item(kind="declined", reason="price"))
    assert Answer.objects.get().reason.code == "price"


def test_words_that_cannot_be_opened_are_kept_sealed() -> None:
    _private, other_key = sealing.new_key_pair()
    sealed = sealing.seal_message(sealing.Message(comment="geheim"), other_key)
    invitation = make_invitation()
    take(make_item(invitation, kind="declined", sealed_comment=sealed))
    answer = Answer.objects.get()
    assert (answer.comment, answer.sealed_comment) == ("", sealed)
    assert answer.note
    assert Offer.objects.get().status == "declined"


def test_sealed_words_are_opened_once_the_key_is_back(settings: Any) -> None:
    private, public = sealing.new_key_pair()
    take(
        make_item(
            kind="declined",
            sealed_comment=sealing.seal_message(sealing.Message(comment="geheim"), public),
        )
    )
    answer = Answer.objects.get()
    assert not receive.open_sealed_comment(answer)
    settings.FEEDBACK_SEALING_PRIVATE_KEY = private
    assert receive.open_sealed_comment(answer)
    answer.refresh_from_db()
    assert (answer.comment, answer.sealed_comment, answer.note) == ("geheim", "", "")


def test_an_answer_right_after_the_mail_is_marked_but_counts() -> None:
    invitation = make_invitation(mailed_at=NOW - timedelta(seconds=50))
    take(make_item(invitation, kind="declined"))
    assert Answer.objects.get().is_suspect
    assert Offer.objects.get().status == "declined"


def test_an_answer_three_minutes_after_the_mail_is_a_person() -> None:
    take(make_item(make_invitation(mailed_at=NOW - timedelta(minutes=3))))
    assert not Answer.objects.get().is_suspect


def test_an_answer_that_the_public_service_suspects_is_marked() -> None:
    take(make_item(suspect=True))
    assert Answer.objects.get().is_suspect


def test_an_answer_through_a_revoked_link_counts_and_is_noted() -> None:
    invitation = make_invitation(state="revoked")
    take(make_item(invitation))
    invitation.refresh_from_db()
    assert (invitation.state, invitation.offer.status) == ("answered", "interested")
    assert Answer.objects.get().note


POISON: dict[str, dict[str, Any]] = {
    "unknown link": {"digest": "0" * 64},
    "unknown kind": {"kind": "delighted"},
    "no time": {"submitted_at": "yesterday"},
    "year 9999": {"submitted_at": "9999-12-31T23:59:59+00:00", "kind": "wrong too"},
    "a list for a reason": {"reason": ["price"]},
    "NUL in the kind": {"kind": "decl\x00ined"},
    "a number for a digest": {"digest": None},
}


@pytest.mark.parametrize("fields", POISON.values(), ids=POISON.keys())
def test_a_poisoned_answer_is_set_aside_and_the_rest_goes_on(fields: dict[str, Any]) -> None:
    good = [make_item() for _ in range(3)]
    taken = take(good[0], make_item(**fields), *good[1:])
    assert (taken.stored, taken.rejected, len(taken.settled)) == (3, 1, 4)
    rejected = RejectedAnswer.objects.get()
    assert rejected.error


@pytest.mark.parametrize("item", ["text", None, [], {"kind": "declined"}, {"uid": "no uid"}])
def test_what_has_no_id_is_set_aside_once(item: object) -> None:
    take(item)
    taken = take(item)
    assert (taken.rejected, taken.settled) == (0, [])
    assert RejectedAnswer.objects.count() == 1


def test_an_offer_whose_answer_was_set_aside_is_held_for_review() -> None:
    invitation = make_invitation()
    take(make_item(invitation, kind="delighted"))
    invitation.offer.refresh_from_db()
    assert invitation.offer.needs_review


def test_what_follows_from_a_held_offer_is_done_with_it() -> None:
    invitation = make_invitation()
    changed: list[Offer] = []
    take(make_item(invitation, kind="delighted"), after_store=changed.extend)
    assert changed == [invitation.offer]


def test_a_poison_that_is_noticed_late_is_set_aside() -> None:
    bad, good = make_invitation(), make_invitation()

    def fail_on_bad(offers: Sequence[Offer]) -> None:
        if any(offer == bad.offer and offer.status != "open" for offer in offers):
            raise ValueError("broken rule")

    taken = take(make_item(bad), make_item(good), after_store=fail_on_bad)
    assert (taken.stored, taken.rejected, len(taken.settled)) == (1, 1, 2)
    assert Answer.objects.get().offer == good.offer
    bad.offer.refresh_from_db()
    assert (bad.offer.status, bool(bad.offer.needs_review)) == ("open", True)


def test_a_set_aside_answer_is_stored_when_its_fault_is_gone() -> None:
    invitation = make_invitation()
    take(make_item(invitation, kind="delighted"))
    rejected = RejectedAnswer.objects.get()
    with pytest.raises(receive.UnreadableAnswerError):
        receive.retry_rejected(rejected, now=NOW)
    rejected.content["kind"] = "interested"
    receive.retry_rejected(rejected, now=NOW)
    invitation.offer.refresh_from_db()
    assert (rejected.resolved_at, invitation.offer.status, invitation.offer.needs_review) == (
        NOW,
        "interested",
        "",
    )


def test_a_very_long_phone_number_is_not_lost() -> None:
    take(make_item(sealed_comment=seal("Bitte anrufen", "0" * 60)))
    answer = Answer.objects.get()
    assert len(answer.phone) == 50
    assert "0" * 60 in answer.comment
