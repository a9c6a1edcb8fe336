from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from crm.backoffice.changes import changing_offers
from crm.core.models import Incident
from offers.models import Customer, Offer
from offers.revisions import refresh_offers
from offers.status import set_status
from reminders.explain import explain
from reminders.holds import hold_sending
from reminders.models import (
    CompanyHoliday,
    CustomerPlan,
    FollowUp,
    MailText,
    Reminder,
    ReminderPlan,
    SendingHold,
)
from reminders.planning import plan_offer_ids
from reminders.rules import Because
from tests.make import make_due
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


def post_dialog(client: Client, action: str, pk: int, **data: object) -> str:
    """Run an action through its dialog; return where it leads, or what the dialog says instead."""
    url = reverse(f"admin:{action}", args=[pk])
    assert client.get(url).status_code == 200
    response = client.post(url, {"_form_submitted": "True", **data})
    return response.headers.get("HX-Redirect", response.content.decode())


def make_rows() -> dict[str, Any]:
    offer = make_due(timezone.now())
    for _ in range(4):
        make_due(timezone.now())
    reminder = Reminder.objects.create(
        offer=offer, step=1, state="in_doubt", message_id="<a@b>", mail_date=timezone.now(), recipient="a@b.example",
        claimed_at=timezone.now(),
    )  # fmt: skip
    return {
        "reminderplan": ReminderPlan.objects.get(),
        "companyholiday": CompanyHoliday.objects.create(date=date(2026, 12, 24), name="Inventory"),
        "customerplan": CustomerPlan.objects.create(
            customer=offer.customer, plan=ReminderPlan.objects.get()
        ),
        "mailtext": MailText.objects.first(),
        "followup": offer.follow_up,
        "reminder": reminder,
        "sendinghold": SendingHold.get(),
    }


def test_every_list_and_page_opens(staff: Client, django_assert_max_num_queries: Any):
    for model, row in make_rows().items():
        with django_assert_max_num_queries(15):
            assert staff.get(reverse(f"admin:reminders_{model}_changelist")).status_code == 200
        assert (
            staff.get(reverse(f"admin:reminders_{model}_change", args=[row.pk])).status_code == 200
        )
    for model in ("reminderplan", "companyholiday", "customerplan", "mailtext"):
        assert staff.get(reverse(f"admin:reminders_{model}_add")).status_code == 200


@pytest.mark.parametrize("due", ["next", "mails", "release", "calls", "none"])
def test_the_list_of_what_comes_filters(staff: Client, due: str):
    make_due(timezone.now())
    assert (
        staff.get(reverse("admin:reminders_followup_changelist"), {"due": due}).status_code == 200
    )


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Unser Angebot AN-7: Fluchttreppe", "Fluchttreppe"),
        ("Angebot Nr. AN-7 für Fluchttreppe", "für Fluchttreppe"),
        ("AW: Anfrage Carport - Angebot AN-7", "AW: Anfrage Carport - Angebot"),
        ("Carport", "Carport"),
        ("AN-7", ""),
    ],
)
def test_the_list_of_what_comes_says_what_an_offer_is_about(subject: str, words: str):
    offer = make_due(timezone.now(), number="AN-7", subject=subject)
    model_admin = admin.site.get_model_admin(FollowUp)
    assert model_admin.offer_in_short(FollowUp.objects.get(offer=offer)) == ("AN-7", words)


def test_the_offer_says_when_its_next_reminder_comes_and_why(staff: Client):
    offer = make_due(timezone.now(), sent_at=timezone.now() - timedelta(hours=1))
    page = staff.get(reverse("admin:offers_offer_change", args=[offer.pk])).content.decode()
    assert "Reminder 1: " in page
    assert "The plan says so." in page


def test_a_customers_page_says_what_comes_about_each_open_offer(staff: Client):
    offer = make_due(timezone.now())
    stopped = make_due(timezone.now(), customer=offer.customer, reminders_stopped=True)
    page = unescape(
        staff.get(
            reverse("admin:offers_customer_change", args=[offer.customer_id])
        ).content.decode()
    )
    with override("en"):
        sentences = [explain(FollowUp.objects.get(offer=each)) for each in (offer, stopped)]
    for each, sentence in zip((offer, stopped), sentences, strict=True):
        assert f"{each.number}</a> {sentence}" in page


def test_a_customers_reminders_are_sent_now_in_one_mail(staff: Client, receiver: SmtpServer):
    offer = make_due(timezone.now())
    second = make_due(timezone.now(), customer=offer.customer)
    stopped = make_due(timezone.now(), customer=offer.customer, reminders_stopped=True)
    post_dialog(staff, "offers_customer_send_reminders", offer.customer_id)
    page = unescape(staff.get(reverse("admin:index")).content.decode())
    [mail] = receiver.mails
    assert set(Reminder.objects.values_list("message_id", flat=True)) == {mail["Message-ID"]}
    assert f"The reminder of offer {offer} is sent." in page
    assert f"The reminder of offer {second} is sent." in page
    assert (
        f"The reminder of offer {stopped} was not sent. No reminder. Reminders of this offer were stopped."
        in page
    )


def test_nothing_is_sent_to_a_customer_without_an_open_offer(staff: Client, receiver: SmtpServer):
    offer = make_due(timezone.now())
    set_status(offer, Offer.Status.ORDERED, channel=Offer.Channel.ORDER, at=timezone.now())
    post_dialog(staff, "offers_customer_send_reminders", offer.customer_id)
    assert "The customer has no open offer." in staff.get(reverse("admin:index")).content.decode()
    assert not receiver.mails


def test_a_customers_own_plan_is_chosen_on_the_customers_page(staff: Client):
    offer = make_due(timezone.now())
    plan = ReminderPlan.objects.create(name="Slow", days=[90])
    page = staff.get(reverse("admin:offers_customer_change", args=[offer.customer_id]))
    form = page.context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    data |= {"own_plan-TOTAL_FORMS": 1, "own_plan-INITIAL_FORMS": 0, "own_plan-0-plan": plan.pk}
    url = reverse("admin:offers_customer_change", args=[offer.customer_id])
    assert staff.post(url, {**data, "own_plan-0-customer": offer.customer_id}).status_code == 302
    assert CustomerPlan.objects.get().plan == plan
    planned_at = FollowUp.objects.get(offer=offer).next_at
    assert planned_at is not None
    assert planned_at > timezone.now() + timedelta(days=80)


def test_the_timeline_of_an_offer_has_its_reminders(staff: Client):
    row = make_rows()["reminder"]
    page = staff.get(reverse("admin:offers_offer_change", args=[row.offer_id])).content.decode()
    assert "Reminder 1: in doubt" in page


def test_the_timeline_of_an_offer_tells_who_did_what_to_its_reminders(staff: Client):
    offer = make_due(timezone.now())
    until = (timezone.localdate() + timedelta(days=20)).isoformat()
    post_dialog(staff, "reminders_followup_edit_text", offer.follow_up.pk, text="As we said.")
    post_dialog(staff, "reminders_followup_snooze", offer.follow_up.pk, until=until)
    post_dialog(staff, "offers_offer_stop", offer.pk)
    post_dialog(staff, "offers_offer_resume", offer.pk)
    run_bulk(staff, "followup", "skip", offer.follow_up.pk)
    post_dialog(staff, "reminders_followup_call_one", offer.follow_up.pk)
    post_dialog(staff, "reminders_followup_call_made", offer.follow_up.pk)
    post_dialog(staff, "offers_offer_note_contact", offer.pk, note="Will decide in May")
    staff.get(reverse("admin:index"))  # shows what each action said, in the same words
    page = unescape(
        staff.get(reverse("admin:offers_offer_change", args=[offer.pk])).content.decode()
    )
    for words in (
        "Wrote the text of the next reminder.",
        "Paused reminders until",
        "Stopped reminders.",
        "Resumed reminders.",
        "Skipped the next reminder.",
        "Planned a phone call instead of the next reminder.",
        "Phone call instead of reminder 2",
        "Will decide in May",
    ):
        assert page.count(words) == 1, words


def test_an_action_that_changes_nothing_leaves_no_trace_in_the_timeline(staff: Client):
    offer = make_due(timezone.now())
    run_bulk(staff, "followup", "release", offer.follow_up.pk)
    assert not LogEntry.objects.exists()


def test_reminders_of_an_offer_are_paused_stopped_and_resumed(staff: Client):
    offer = make_due(timezone.now())
    until = timezone.localdate() + timedelta(days=20)
    post_dialog(staff, "offers_offer_pause", offer.pk, until=until.isoformat())
    assert FollowUp.objects.get(offer=offer).because == Because.PAUSED
    post_dialog(staff, "offers_offer_stop", offer.pk)
    assert FollowUp.objects.get(offer=offer).because == Because.STOPPED
    post_dialog(staff, "offers_offer_resume", offer.pk)
    offer.refresh_from_db()
    assert (offer.paused_until, offer.reminders_stopped) == (None, False)
    assert FollowUp.objects.get(offer=offer).next_at


def test_a_pause_must_end_in_the_future(staff: Client):
    offer = make_due(timezone.now())
    assert "Choose a day after today." in post_dialog(
        staff, "offers_offer_pause", offer.pk, until="2020-01-01"
    )


def test_resuming_after_a_reply_goes_on(staff: Client):
    offer = make_due(timezone.now())
    Offer.objects.update(replied_at=timezone.now())
    post_dialog(staff, "offers_offer_resume", offer.pk)
    assert FollowUp.objects.get(offer=offer).next_at


@pytest.mark.parametrize("action", ["reminders_followup_send_now", "offers_offer_send_reminder"])
def test_a_reminder_is_sent_at_once(staff: Client, receiver: SmtpServer, action: str):
    offer = make_due(timezone.now(), sent_at=timezone.now() - timedelta(hours=1))
    post_dialog(staff, action, offer.follow_up.pk if "followup" in action else offer.pk)
    assert len(receiver.mails) == 1
    assert Reminder.objects.get().state == "sent"


def test_send_now_passes_no_gate(staff: Client, receiver: SmtpServer):
    offer = make_due(timezone.now())
    offer.customer.opted_out_at = timezone.now()
    offer.customer.save()
    post_dialog(staff, "offers_offer_send_reminder", offer.pk)
    assert not receiver.mails
    assert FollowUp.objects.get().because == Because.OPTED_OUT
    assert FollowUp.objects.get().send_now_at is None


@pytest.mark.parametrize(
    ("action", "data", "expected"),
    [
        ("snooze", {"until": f"{timezone.localdate() + timedelta(days=300)}"}, ("paused", 1)),
        ("skip_one", {}, (None, 2)),
        ("call_one", {}, ("call", 1)),
    ],
)
def test_a_row_of_the_list_is_moved_skipped_or_called(
    staff: Client, action: str, data: dict[str, str], expected: tuple[str | None, int]
):
    offer = make_due(timezone.now())
    post_dialog(staff, f"reminders_followup_{action}", offer.follow_up.pk, **data)
    follow_up = FollowUp.objects.get()
    assert follow_up.next_step == expected[1]
    assert expected[0] is None or follow_up.because == expected[0]


def run_bulk(client: Client, model: str, action: str, *pks: int) -> None:
    response = client.post(
        reverse(f"admin:reminders_{model}_changelist"),
        {"action": action, "_selected_action": list(pks)},
    )
    assert response.status_code == 302


def test_reminders_are_released_in_bulk(staff: Client):
    ReminderPlan.objects.update(release="required")
    offers = [make_due(timezone.now()) for _ in range(3)]
    assert FollowUp.objects.filter(because=Because.NEEDS_RELEASE).count() == 3
    run_bulk(staff, "followup", "release", *(offer.follow_up.pk for offer in offers))
    assert not FollowUp.objects.filter(because=Because.NEEDS_RELEASE).exists()


def test_a_call_that_was_made_is_followed_by_quiet_days(staff: Client):
    offer = make_due(timezone.now())
    run_bulk(staff, "followup", "call_instead", offer.follow_up.pk)
    assert FollowUp.objects.get().call_at
    run_bulk(staff, "followup", "record_call", offer.follow_up.pk)
    follow_up = FollowUp.objects.get()
    assert (follow_up.next_step, follow_up.call_at) == (2, None)
    assert follow_up.offer.contacted_at
    # A mail that is imported later works the contacts out anew.
    refresh_offers([follow_up.offer], now=timezone.now())
    assert Offer.objects.get().contacted_at == offer.contacts.get().at


def test_a_text_of_ones_own_goes_out_once(staff: Client, receiver: SmtpServer):
    offer = make_due(timezone.now())
    post_dialog(
        staff,
        "reminders_followup_edit_text",
        offer.follow_up.pk,
        text="Wie besprochen, {{ name }}.",
    )
    post_dialog(staff, "reminders_followup_send_now", offer.follow_up.pk)
    assert "Wie besprochen, Jörg Bühler." in receiver.mails[0].get_body(("plain",)).get_content()
    assert FollowUp.objects.get().own_text == ""


def test_a_text_of_ones_own_with_a_mistake_is_refused(staff: Client):
    offer = make_due(timezone.now())
    assert "Line 2" in post_dialog(
        staff, "reminders_followup_edit_text", offer.follow_up.pk, text="A\n{{ nam }}"
    )


def test_an_own_text_begins_with_the_words_of_the_mail_text_and_can_be_taken_back(staff: Client):
    offer = make_due(timezone.now(), number="AN-7")
    dialog = staff.get(
        reverse("admin:reminders_followup_edit_text", args=[offer.follow_up.pk])
    ).content.decode()
    assert "AN-7" in dialog
    assert "{{" not in dialog
    post_dialog(staff, "reminders_followup_edit_text", offer.follow_up.pk, text="As we said.")
    assert FollowUp.objects.get().own_text == "As we said."
    post_dialog(staff, "reminders_followup_edit_text", offer.follow_up.pk, text="")
    assert FollowUp.objects.get().own_text == ""


def test_the_list_says_what_to_do_about_reminders_in_doubt_while_there_are_some(staff: Client):
    make_rows()
    url = reverse("admin:reminders_reminder_changelist")
    assert "Some reminders are in doubt" in staff.get(url).content.decode()
    Reminder.objects.update(state="sent")
    assert "Some reminders are in doubt" not in staff.get(url).content.decode()


def make_doubt(state: str = "in_doubt") -> Reminder:
    offer = make_due(timezone.now())
    now = timezone.now()
    return Reminder.objects.create(
        offer=offer,
        step=1,
        state=state,
        message_id=f"<{offer.pk}@x>",
        mail_date=now,
        recipient="a@b.c",
        claimed_at=now,
    )


def test_a_doubt_is_resolved_as_sent(staff: Client):
    row = make_doubt()
    post_dialog(staff, "reminders_reminder_was_sent_one", row.pk)
    row.refresh_from_db()
    assert (row.state, row.sent_at) == ("sent", row.claimed_at)
    assert row.resolved_by is not None


@pytest.mark.parametrize("state", ["in_doubt", "failed"])
def test_what_failed_or_is_in_doubt_goes_out_again_as_a_new_mail(
    staff: Client, receiver: SmtpServer, state: str
):
    row = make_doubt(state)
    run_bulk(staff, "reminder", "send_again", row.pk)
    from reminders.sending.run import send_due

    send_due(timezone.now)
    [mail] = receiver.mails
    again = Reminder.objects.get(pk=row.pk)
    assert (again.state, again.message_id) == ("sent", mail["Message-ID"])
    assert again.message_id != row.message_id


def test_what_was_sent_cannot_be_sent_again(staff: Client):
    row = make_doubt("sent")
    run_bulk(staff, "reminder", "send_again", row.pk)
    assert Reminder.objects.get().state == "sent"


def test_a_held_run_is_released(staff: Client):
    hold_sending(SendingHold.Reason.TOO_MANY, timezone.now(), due_count=3)
    post_dialog(staff, "reminders_sendinghold_release", 1)
    assert not SendingHold.get().is_held
    assert Incident.objects.get().ended_at


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Hello\n{{ nmae }}", "Line 2"),
        ("{% if several %}x", "Line 1"),
        ("a\nb\n{% include 'x' %}", "Line 3"),
        ("{% if unknown %}x{% endif %}", "unknown"),
        ("{{ name|nonsense }}", "nonsense"),
        ("{% load i18n %}", "i18n"),
    ],
)
def test_a_mistake_in_a_text_is_refused_with_its_place(staff: Client, text: str, complaint: str):
    row = MailText.objects.first()
    response = staff.post(
        reverse("admin:reminders_mailtext_change", args=[row.pk]),
        {"step": row.step, "language": row.language, "subject": "", "text": text},
    )
    assert response.status_code == 200
    assert complaint in str(response.context["adminform"].form.errors["text"])


def test_a_text_is_tried_with_a_real_offer_but_not_with_its_link(staff: Client):
    offer = make_due(timezone.now())
    row = MailText.objects.get(language="de", step=1)
    url = post_dialog(staff, "reminders_mailtext_preview", row.pk, number=offer.number)
    page = staff.get(url).content.decode()
    assert offer.number in page
    assert str(offer.invitations.get().token) not in page
    html = staff.get(url + "&as=html").content.decode()
    assert html.startswith("<!DOCTYPE html>")
    assert str(offer.invitations.get().token) not in html


def test_a_test_mail_goes_to_oneself(staff: Client, receiver: SmtpServer):
    make_due(timezone.now())
    row = MailText.objects.get(language="de", step=3)
    post_dialog(staff, "reminders_mailtext_test_mail", row.pk)
    [[recipient]] = receiver.recipients
    assert recipient.endswith("@muster-metallbau.example")
    assert not Reminder.objects.exists()


def test_a_reminder_asked_for_while_sending_is_held_does_not_go_out_later(
    staff: Client, receiver: SmtpServer
):
    offer = make_due(timezone.now(), sent_at=timezone.now() - timedelta(hours=1))
    hold_sending(SendingHold.Reason.PERSON, timezone.now())
    post_dialog(staff, "offers_offer_send_reminder", offer.pk)
    follow_up = FollowUp.objects.get()
    assert (follow_up.send_now_at, follow_up.because) == (None, Because.STEP_DUE)
    assert follow_up.next_at > timezone.now()
    assert not receiver.mails


def make_stuck(state: str, **fields: Any) -> Reminder:
    offer = make_due(timezone.now(), **fields)
    row = Reminder.objects.create(
        offer=offer, step=1, state=state, message_id="<a@b>", mail_date=timezone.now(), recipient="a@b.example",
        claimed_at=timezone.now(),
    )  # fmt: skip
    plan_offer_ids([offer.pk], timezone.now())
    return row


@pytest.mark.parametrize("why", ["stopped", "skipped", "closed"])
def test_what_would_not_go_out_is_not_sent_again(staff: Client, why: str):
    row = make_stuck("in_doubt", reminders_stopped=why == "stopped")
    if why == "skipped":
        FollowUp.objects.update(skipped_step=1)
    if why == "closed":
        set_status(row.offer, Offer.Status.DECLINED, channel=Offer.Channel.PHONE, at=timezone.now())
    post_dialog(staff, "reminders_reminder_send_again_one", row.pk)
    row.refresh_from_db()
    assert (row.state, row.message_id, FollowUp.objects.get().send_now_at) == (
        "in_doubt",
        "<a@b>",
        None,
    )
    assert "are not sent again" in staff.get(reverse("admin:index")).content.decode()


def test_a_failed_reminder_that_is_dealt_with_waits_for_nobody(staff: Client):
    failed, doubtful = make_stuck("failed"), make_stuck("in_doubt")
    run_bulk(staff, "reminder", "set_aside", failed.pk, doubtful.pk)
    assert list(Reminder.objects.stuck()) == [doubtful]
    assert (
        "Dealt with by"
        in staff.get(reverse("admin:reminders_reminder_changelist")).content.decode()
    )


def read_list(client: Client, model: str, **query: str) -> str:
    return client.get(reverse(f"admin:reminders_{model}_changelist"), query).content.decode()


def test_the_list_says_what_keeps_all_reminders_back(staff: Client, settings: Any):
    make_due(timezone.now())
    before = read_list(staff, "followup")
    assert "Sending is held, because" not in before
    hold_sending(SendingHold.Reason.PERSON, timezone.now())
    assert "Sending is held, because someone held it." in read_list(staff, "followup")
    settings.REMINDERS_ENABLED = False
    settings.REMINDERS_TEST_ADDRESS = "pilot@muster-metallbau.example"
    page = read_list(staff, "followup")
    # Once more than in the filter by reasons.
    assert page.count("Sending is switched off") == before.count("Sending is switched off") + 1
    assert "all reminders go to pilot@muster-metallbau.example" in page


def test_a_call_that_was_made_is_ticked_off_in_its_row(staff: Client):
    offer = make_due(timezone.now())
    post_dialog(staff, "reminders_followup_call_one", offer.follow_up.pk)
    assert offer.number in read_list(staff, "followup", due="calls")
    post_dialog(staff, "reminders_followup_call_made", offer.follow_up.pk)
    assert offer.number not in read_list(staff, "followup", due="calls")
    assert FollowUp.objects.get().next_step == 2


def test_an_action_leads_back_to_the_list_it_was_chosen_in(staff: Client):
    pk = make_due(timezone.now()).follow_up.pk
    url = reverse("admin:reminders_followup_skip_one", args=[pk])
    for current, expected in (
        ("http://testserver/admin/reminders/followup/?due=next",) * 2,
        ("https://evil.example/", reverse("admin:reminders_followup_changelist")),
    ):
        response = staff.post(url, {"_form_submitted": "True"}, headers={"HX-Current-URL": current})
        assert response.headers["HX-Redirect"] == expected


@pytest.mark.parametrize(
    ("status", "words"),
    [("open", "it is tried again"), ("declined", "No reminder. The customer has declined.")],
)
def test_a_reminder_that_is_planned_again_says_whether_it_still_comes(
    staff: Client, status: str, words: str
):
    row = make_doubt("planned")
    Reminder.objects.update(
        retry_at=timezone.now() + timedelta(minutes=30), server_reply="451 greylisted"
    )
    with changing_offers(row.offer):
        set_status(row.offer, Offer.Status(status), channel=Offer.Channel.LINK, at=timezone.now())
    page = read_list(staff, "reminder")
    assert "451 greylisted" in page
    assert words in page


def test_a_bounced_address_that_works_again_gets_its_reminders(staff: Client):
    offer = make_due(timezone.now())
    Customer.objects.update(bounced_at=timezone.now(), bounce_detail="550 5.1.1 unknown")
    plan_offer_ids([offer.pk], timezone.now())
    assert FollowUp.objects.get().because == Because.BOUNCED
    url = reverse("admin:offers_customer_changelist")
    assert offer.customer.email in staff.get(url, {"silent": "bounced"}).content.decode()
    staff.post(url, {"action": "clear_bounce", "_selected_action": [offer.customer_id]})
    assert FollowUp.objects.get().next_at
