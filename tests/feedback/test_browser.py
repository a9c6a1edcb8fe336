"""Recording an answer in a real Chromium: the dialog opens, refuses, takes, and leads back, under
the office's policy.

The pictures lie under var/screenshots/ afterwards.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.backoffice.changes import follow_changes
from feedback.backoffice.models import Answer, DeclineReason
from tests.make import make_invitation, make_offer, make_user
from tests.stats.test_browser import browser, open_page, take_picture

__all__ = ["browser"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make_reason() -> DeclineReason:
    labels = {f"label_{language}": "Der Preis ist zu hoch" for language in ("de", "en", "fr", "it")}
    return DeclineReason.objects.get_or_create(code="price", defaults={"group": "price", **labels})[
        0
    ]


def test_an_answer_by_phone_takes_two_clicks(browser: Any, live_server: Any) -> None:
    reason = make_reason()
    offer = make_offer()
    follow_changes([offer])
    page = open_page(browser, live_server, make_user(is_superuser=True))
    page.goto(live_server.url + reverse("admin:offers_offer_change", args=[offer.pk]))
    take_picture(page, "offer")
    page.get_by_text("Rückmeldung erfassen").first.click()
    page.select_option("select[name=outcome]", "declined")
    page.get_by_role("button", name="Erfassen").click()
    page.get_by_text("Wählen Sie den Grund, aus dem der Kunde absagt.").wait_for()
    take_picture(page, "record-answer")
    page.select_option("select[name=reason]", str(reason.pk))
    page.get_by_role("button", name="Erfassen").click()
    page.get_by_text("ist erfasst").wait_for()
    take_picture(page, "offer-declined")
    offer.refresh_from_db()
    assert (offer.status, offer.answers.get().reason) == ("declined", reason)


def test_the_list_of_answers_looks_right(browser: Any, live_server: Any) -> None:
    reason, now = make_reason(), timezone.now()
    for kind in Answer.Kind:
        invitation = make_invitation()
        Answer.objects.create(
            offer=invitation.offer,
            invitation=invitation,
            kind=kind,
            reason=reason if kind == Answer.Kind.DECLINED else None,
            comment="Leider haben wir günstiger gekauft.",
            is_suspect=kind == Answer.Kind.OPTED_OUT,
            answered_at=now,
        )
    page = open_page(browser, live_server, make_user(is_superuser=True))
    page.goto(live_server.url + reverse("admin:feedback_answer_changelist"))
    take_picture(page, "answers")
    page.goto(
        live_server.url
        + reverse("admin:feedback_answer_change", args=[Answer.objects.latest("pk").pk])
    )
    take_picture(page, "answer")


def test_a_link_is_renewed_extended_and_revoked_from_the_menu(
    browser: Any, live_server: Any
) -> None:
    link = make_invitation()
    page = open_page(browser, live_server, make_user(is_superuser=True))
    page.goto(live_server.url + reverse("admin:offers_offer_change", args=[link.offer_id]))

    def choose(name: str, button: str, outcome: str) -> None:
        page.locator("li a", has_text="Feedback-Links").filter(has_text="chevron_right").click()
        page.locator(f"nav a[href$='/{name}/']").click()
        take_picture(page, name)
        page.get_by_role("button", name=button).click()
        page.get_by_text(outcome).first.wait_for()  # then it stands in the story too

    choose("new_link", "Neuer Link", "hat einen neuen Feedback-Link")
    link.refresh_from_db()
    new = link.offer.invitations.get(state="active")
    assert link.state == "revoked"
    type(new).objects.filter(pk=new.pk).update(expires_at=timezone.now())
    choose("extend_link", "Verlängern", "wurde verlängert")
    new.refresh_from_db()
    assert new.expires_at > timezone.now()
    choose("revoke_link", "Sperren", "wurde gesperrt")
    new.refresh_from_db()
    assert new.state == "revoked"
