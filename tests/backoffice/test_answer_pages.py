from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.backoffice.models import Answer, DeclineReason, RejectedAnswer, SyncState
from tests.make import make_invitation, make_offer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True, language="en"))
    return client


def make_answer(**fields: object) -> Answer:
    return Answer.objects.create(
        **{"offer": make_offer(), "kind": "declined", "answered_at": timezone.now()} | fields
    )


def post_dialog(client: Client, action: str, pk: int, **data: object) -> str:
    """Run an action through its dialog; return where it leads, or what the dialog says instead."""
    url = reverse(f"admin:{action}", args=[pk])
    assert client.get(url).status_code == 200
    response = client.post(url, {"_form_submitted": "True", **data})
    return response.headers.get("HX-Redirect", response.content.decode())


def make_answers() -> Answer:
    reason = DeclineReason.objects.first()
    return [make_answer(reason=reason) for _number in range(5)][-1]


@pytest.mark.parametrize(
    ("model", "make"),
    [
        ("answer", make_answers),
        ("invitation", make_invitation),
        ("declinereason", lambda: DeclineReason.objects.get(code="price")),
        (
            "rejectedanswer",
            lambda: RejectedAnswer.objects.create(uid="0" * 32, content={}, error="?"),
        ),
        ("syncstate", SyncState.get),
    ],
)
def test_every_list_and_page_opens(
    staff: Client, model: str, make: Callable[[], Model], django_assert_max_num_queries: Any
) -> None:
    row = make()
    with django_assert_max_num_queries(15):
        assert staff.get(reverse(f"admin:feedback_{model}_changelist")).status_code == 200
    assert staff.get(reverse(f"admin:feedback_{model}_change", args=[row.pk])).status_code == 200


def test_the_list_of_new_answers_leaves_out_those_dealt_with(staff: Client) -> None:
    new, _old = make_answer(), make_answer(handled_at=timezone.now())
    response = staff.get(reverse("admin:feedback_answer_changelist"), {"handled": "todo"})
    assert list(response.context["cl"].queryset) == [new]


def test_an_answer_by_phone_is_recorded_in_a_dialog(staff: Client) -> None:
    offer = make_offer()
    reason = DeclineReason.objects.get(code="price")
    leads_to = post_dialog(
        staff,
        "offers_offer_record_answer",
        offer.pk,
        outcome="declined",
        channel="phone",
        reason=reason.pk,
    )
    offer.refresh_from_db()
    assert leads_to == reverse("admin:offers_offer_change", args=[offer.pk])
    assert (offer.status, offer.answers.get().reason) == ("declined", reason)


def test_a_decline_without_a_reason_is_refused_with_a_sentence(staff: Client) -> None:
    offer = make_offer()
    page = post_dialog(
        staff, "offers_offer_record_answer", offer.pk, outcome="declined", channel="phone"
    )
    assert "Choose the reason why the customer declines." in page
    assert not offer.answers.exists()


def test_a_day_in_the_past_is_refused_with_a_sentence(staff: Client) -> None:
    offer = make_offer()
    page = post_dialog(
        staff,
        "offers_offer_record_answer",
        offer.pk,
        outcome="undecided",
        channel="mail",
        ask_again_on=(timezone.localdate() - timedelta(days=1)).isoformat(),
    )
    assert "Choose a day after today." in page


def test_an_order_is_recorded_as_an_order(staff: Client) -> None:
    offer = make_offer()
    post_dialog(staff, "offers_offer_record_answer", offer.pk, outcome="ordered", channel="phone")
    offer.refresh_from_db()
    assert (offer.status, offer.answers.get().channel) == ("ordered", "order")


def test_links_are_renewed_extended_and_revoked_in_dialogs(staff: Client) -> None:
    old = make_invitation()
    offer = old.offer
    post_dialog(staff, "offers_offer_new_link", offer.pk)
    new = offer.invitations.get(state="active")
    assert new != old
    type(new).objects.filter(pk=new.pk).update(expires_at=timezone.now())
    post_dialog(staff, "offers_offer_extend_link", offer.pk)
    new.refresh_from_db()
    assert new.expires_at > timezone.now()
    post_dialog(staff, "offers_offer_revoke_link", offer.pk)
    new.refresh_from_db()
    assert new.state == "revoked"


def test_looking_at_a_dialog_changes_nothing(staff: Client) -> None:
    link = make_invitation()
    staff.get(reverse("admin:offers_offer_revoke_link", args=[link.offer_id]))
    link.refresh_from_db()
    assert link.state == "active"


def test_a_person_without_the_right_to_change_offers_records_nothing(client: Client) -> None:
    client.force_login(make_user())
    offer = make_offer()
    url = reverse("admin:offers_offer_record_answer", args=[offer.pk])
    assert client.post(url, {"_form_submitted": "True", "outcome": "ordered"}).status_code == 403
    assert not offer.answers.exists()


def test_an_answer_is_dealt_with_in_a_dialog(staff: Client) -> None:
    answer = make_answer()
    post_dialog(staff, "feedback_answer_handle", answer.pk)
    answer.refresh_from_db()
    assert answer.handled_at is not None


def test_an_answer_through_the_link_is_not_undone(staff: Client) -> None:
    answer = make_answer()
    post_dialog(staff, "feedback_answer_undo", answer.pk)
    assert Answer.objects.filter(pk=answer.pk).exists()


def test_the_page_of_an_offer_tells_what_the_customer_said(staff: Client) -> None:
    answer = make_answer(
        comment="Lieferung erst im Mai möglich?", reason=DeclineReason.objects.get(code="price")
    )
    page = staff.get(reverse("admin:offers_offer_change", args=[answer.offer_id])).content.decode()
    assert "Lieferung erst im Mai möglich?" in page
    assert "declined (feedback link)" in page


def test_the_code_of_a_reason_cannot_be_changed(staff: Client) -> None:
    reason = DeclineReason.objects.get(code="price")
    page = staff.get(
        reverse("admin:feedback_declinereason_change", args=[reason.pk])
    ).content.decode()
    assert 'name="code"' not in page


@pytest.mark.parametrize(("action", "status"), [("confirm", "declined"), ("dismiss", "open")])
def test_a_suspect_answer_is_judged_in_a_dialog(staff: Client, action: str, status: str) -> None:
    now = timezone.now()
    offer = make_offer(status="declined", status_at=now, status_channel="link")
    answer = make_answer(offer=offer, is_suspect=True, answered_at=now)
    post_dialog(staff, f"feedback_answer_{action}", answer.pk)
    offer.refresh_from_db()
    answer.refresh_from_db()
    assert offer.status == status
    assert (answer.dismissed_at is None) is (action == "confirm")
