from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from crm.backoffice.changes import changing_offers
from crm.core.models import Incident
from feedback.backoffice.models import SyncState
from offers.models import Customer, Offer, SentMessage
from offers.status import note_contact, opt_out, set_status
from reminders import services
from reminders.holds import hold_sending
from reminders.incidents import IncidentKind
from reminders.models import FollowUp, Reminder, ReminderPlan, SendingHold
from reminders.planning import plan_offer_ids
from reminders.rules import Because
from reminders.sending import run
from reminders.sentences import SENTENCES
from tests import disk
from tests.make import NOW, make_customer, make_due
from tests.reminders.send import send
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("receiver")]
DAY = timedelta(days=1)
MARK = 'UPDATE "reminders_reminder" SET "state" = %s, "claimed_at" = %s, "subject" = %s'


def test_a_due_reminder_goes_out_with_its_link(receiver: SmtpServer) -> None:
    offer = make_due()
    sums = send()
    [mail] = receiver.mails
    assert (sums.sent, mail["To"].addresses[0].addr_spec) == (1, offer.customer.email)
    assert offer.invitations.get().url in mail.get_body(("plain",)).get_content()
    reminder = Reminder.objects.get()
    assert (reminder.state, reminder.step, reminder.message_id) == ("sent", 1, mail["Message-ID"])
    kept = SentMessage.objects.get()
    assert (kept.message_id, kept.offer, kept.recipient) == (
        mail["Message-ID"],
        offer,
        offer.customer.email,
    )


def test_the_mark_before_data_survives_a_loss_of_power(receiver: SmtpServer) -> None:
    make_due()
    make_due(customer=make_due().customer)
    with disk.watch(MARK) as waited:
        assert send().sent == 2
    assert waited == [True, True]


def test_a_second_run_sends_nothing_and_plans_the_next_step(receiver: SmtpServer) -> None:
    offer = make_due()
    send()
    assert send().sent == 0
    follow_up = FollowUp.objects.get(offer=offer)
    assert (follow_up.next_step, follow_up.because) == (2, Because.STEP_DUE)
    assert len(receiver.mails) == 1


def test_nobody_who_answered_is_reminded(receiver: SmtpServer) -> None:
    offer = make_due()
    set_status(offer, Offer.Status.DECLINED, channel=Offer.Channel.LINK, at=NOW)
    FollowUp.objects.update(next_at=NOW - timedelta(minutes=1))
    assert send().sent == 0
    assert not receiver.mails
    assert FollowUp.objects.get().because == Because.DECLINED


def test_nobody_who_opted_out_is_reminded_of_a_later_offer(receiver: SmtpServer) -> None:
    customer = make_customer(opted_out_at=timezone.now())
    make_due(customer=customer)
    assert send().sent == 0
    assert FollowUp.objects.get().because == Because.OPTED_OUT


def test_several_offers_of_a_customer_share_one_mail(receiver: SmtpServer) -> None:
    customer = make_customer()
    first, second = make_due(customer=customer), make_due(customer=customer)
    send()
    [mail] = receiver.mails
    text = mail.get_body(("plain",)).get_content()
    assert first.invitations.get().url in text
    assert second.invitations.get().url in text
    assert Reminder.objects.filter(message_id=mail["Message-ID"], state="sent").count() == 2


def test_nothing_is_sent_while_answers_are_stale(
    receiver: SmtpServer, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("feedback.backoffice.api_client.time.sleep", lambda _seconds: None)
    settings.FEEDBACK_API_URL = "http://127.0.0.1:9"
    make_due()
    later = NOW + timedelta(minutes=20)
    assert send(later, fresh=False).because == Because.STALE_ANSWERS
    assert send(later, fresh=False).because == Because.STALE_ANSWERS
    assert not receiver.mails
    assert Incident.objects.get().kind == IncidentKind.STALE_ANSWERS


def test_a_long_run_ends_when_answers_become_stale(
    receiver: SmtpServer, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("feedback.backoffice.api_client.time.sleep", lambda _seconds: None)
    monkeypatch.setattr("reminders.sending.run.RECHECK_SECONDS", 0)
    settings.FEEDBACK_API_URL = "http://127.0.0.1:9"
    for _ in range(4):
        make_due()
    mark, marked = run.mark_transmitting, []

    def lose_the_line_after_two(*arguments: Any) -> bool:
        marked.append(arguments[0])
        if len(marked) == 2:
            SyncState.objects.update(pulled_at=NOW - timedelta(hours=1))
        return mark(*arguments)

    monkeypatch.setattr(run, "mark_transmitting", lose_the_line_after_two)
    assert send().sent == 2
    assert set(Reminder.objects.values_list("message_id", "state")) == {
        (each, "sent") for each in receiver.message_ids
    }
    assert FollowUp.objects.due(NOW).count() == 2
    assert Incident.objects.get().kind == IncidentKind.STALE_ANSWERS


@pytest.mark.parametrize(
    "shut",
    [
        lambda offer: opt_out(offer.customer, at=NOW),
        lambda offer: Offer.objects.filter(pk=offer.pk).update(contact_basis="none"),
        lambda offer: Offer.objects.filter(pk=offer.pk).update(reminders_stopped=True),
        lambda offer: Offer.objects.filter(pk=offer.pk).update(needs_review="x"),
        lambda offer: Offer.objects.filter(pk=offer.pk).update(replied_at=NOW),
        lambda offer: Offer.objects.filter(pk=offer.pk).update(paused_until=NOW.date() + DAY),
        lambda offer: Offer.objects.filter(pk=offer.pk).update(status="ordered"),
        lambda offer: Customer.objects.filter(pk=offer.customer_id).update(bounced_at=NOW),
        lambda offer: Customer.objects.filter(pk=offer.customer_id).update(do_not_contact=True),
        lambda offer: Customer.objects.update(paused_until=NOW.date() + DAY),
        lambda offer: offer.invitations.update(state="revoked"),
        lambda offer: offer.invitations.update(registered_at=None),
        lambda offer: offer.invitations.update(expires_at=NOW),
    ],
    ids=[
        "opted out",
        "no basis any more",
        "stopped",
        "in review",
        "replied",
        "paused",
        "ordered",
        "bounced",
        "do not contact",
        "customer paused",
        "link revoked",
        "link unknown to the VPS",
        "link expired",
    ],
)
def test_a_gate_that_shuts_between_claim_and_data_withholds_the_mail(
    receiver: SmtpServer, monkeypatch: Any, shut: Any
) -> None:
    offer = make_due()
    mark = run.mark_transmitting

    def shut_first(*arguments: Any) -> bool:
        shut(offer)
        return mark(*arguments)

    monkeypatch.setattr(run, "mark_transmitting", shut_first)
    assert send().withheld == 1
    assert not receiver.mails
    assert not Reminder.objects.exists()


def note_call(offer: Offer) -> None:
    with changing_offers(offer):
        note_contact(offer, at=NOW)


@pytest.mark.parametrize(
    ("happen", "because", "step"),
    [
        (
            lambda offer: services.skip(FollowUp.objects.filter(offer=offer), now=NOW),
            Because.STEP_DUE,
            2,
        ),
        (
            lambda offer: services.call_instead(FollowUp.objects.filter(offer=offer), now=NOW),
            Because.CALL,
            1,
        ),
        (note_call, Because.QUIET, 1),
    ],
    ids=["skipped", "call instead", "contact"],
)
def test_what_happens_to_an_offer_takes_its_claimed_mail_back(
    receiver: SmtpServer, monkeypatch: Any, happen: Any, because: Because, step: int
) -> None:
    offer = make_due()
    mark = run.mark_transmitting

    def happen_first(*arguments: Any) -> bool:
        with time_machine.travel(NOW):
            happen(offer)
        return mark(*arguments)

    monkeypatch.setattr(run, "mark_transmitting", happen_first)
    assert send().withheld == 1
    assert not receiver.mails
    assert not Reminder.objects.exists()
    follow_up = FollowUp.objects.get()
    assert (follow_up.because, follow_up.next_step) == (because, step)


def test_a_text_that_is_written_for_a_claimed_mail_goes_out_with_the_next_run(
    receiver: SmtpServer, monkeypatch: Any
) -> None:
    make_due()
    mark, counts = run.mark_transmitting, []

    def write_first(*arguments: Any) -> bool:
        if not counts:
            counts.append(
                services.write_own_text(FollowUp.objects.all(), "Grüße aus Köln", now=NOW)
            )
        return mark(*arguments)

    monkeypatch.setattr(run, "mark_transmitting", write_first)
    assert (send().withheld, send().sent, len(counts[0])) == (1, 1, 1)
    assert "Grüße aus Köln" in receiver.mails[0].get_body(("plain",)).get_content()
    assert FollowUp.objects.get().own_text == ""


def test_a_mail_that_is_being_sent_can_no_longer_be_changed(
    receiver: SmtpServer, monkeypatch: Any
) -> None:
    make_due()
    mark, counts = run.mark_transmitting, []

    def change_after(*arguments: Any) -> bool:
        marked = mark(*arguments)
        rows = FollowUp.objects.all()
        counts.extend(
            [services.write_own_text(rows, "Zu spät", now=NOW), services.skip(rows, now=NOW)]
        )
        return marked

    monkeypatch.setattr(run, "mark_transmitting", change_after)
    assert (send().sent, counts) == (1, [[], []])
    follow_up = FollowUp.objects.get()
    assert (follow_up.own_text, follow_up.skipped_step, follow_up.next_step) == ("", 0, 2)


def test_a_run_ends_at_once_when_somebody_holds_sending(
    receiver: SmtpServer, monkeypatch: Any
) -> None:
    for _ in range(4):
        make_due()
    mark, marked = run.mark_transmitting, []

    def hold_before_second(*arguments: Any) -> bool:
        marked.append(arguments[0])
        if len(marked) == 2:
            hold_sending(SendingHold.Reason.PERSON, NOW)
        return mark(*arguments)

    monkeypatch.setattr(run, "mark_transmitting", hold_before_second)
    sums = send()
    assert (sums.sent, sums.withheld, sums.because) == (1, 1, Because.HELD)
    assert str(SENTENCES[Because.HELD]) in str(sums)
    assert [reminder.state for reminder in Reminder.objects.all()] == ["sent"]
    assert FollowUp.objects.due(NOW).count() == 3


def test_the_mail_before_is_recorded_also_when_the_next_one_is_withheld(
    receiver: SmtpServer, monkeypatch: Any
) -> None:
    for _ in range(3):
        make_due()
    mark, marked = run.mark_transmitting, []

    def shut_second(*arguments: Any) -> bool:
        marked.append(arguments[0])
        if len(marked) == 2:
            rows = Reminder.objects.filter(message_id=arguments[0]).values("offer")
            Offer.objects.filter(pk__in=rows).update(reminders_stopped=True)
        return mark(*arguments)

    monkeypatch.setattr(run, "mark_transmitting", shut_second)
    sums = send()
    assert (sums.sent, sums.withheld) == (2, 1)
    assert set(Reminder.objects.values_list("message_id", "state")) == {
        (each, "sent") for each in receiver.message_ids
    }


def test_each_mail_is_recorded_before_the_next_is_claimed(
    receiver: SmtpServer, monkeypatch: Any
) -> None:
    """So that a run which is killed leaves one mail in doubt at most."""
    for _ in range(3):
        make_due()
    mark, states = run.mark_transmitting, []

    def look(*arguments: Any) -> bool:
        marked = mark(*arguments)
        states.append(sorted(Reminder.objects.values_list("state", flat=True)))
        return marked

    monkeypatch.setattr(run, "mark_transmitting", look)
    assert send().sent == 3
    assert states == [["transmitting"], ["sent", "transmitting"], ["sent"] * 2 + ["transmitting"]]


def test_a_cap_lets_so_many_mails_a_minute_go(
    receiver: SmtpServer, settings: Any, monkeypatch: Any
) -> None:
    for _ in range(3):
        make_due()
    settings.REMINDERS_PER_MINUTE = 6
    elapsed = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        elapsed[0] += seconds

    stopped = SimpleNamespace(monotonic=lambda: elapsed[0], sleep=sleep)
    monkeypatch.setattr(run, "time", stopped)
    assert send().sent == 3
    assert waits == [10, 10]


def test_an_error_gives_the_claim_back_at_once(receiver: SmtpServer, monkeypatch: Any) -> None:
    make_due()
    with monkeypatch.context() as patch:
        patch.setattr(run, "compose", lambda *_rows, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send()
    assert not Reminder.objects.exists()
    assert send().sent == 1
    assert len(receiver.mails) == 1


def test_the_plan_made_while_sending_is_the_one_that_planning_makes(receiver: SmtpServer) -> None:
    customer = make_customer()
    for fields in (
        {},
        {"customer": customer},
        {"customer": customer},
        {"amount": 10},
        {"language": "fr"},
    ):
        make_due(**fields)
    columns = ("offer_id", "next_at", "next_step", "call_at", "because")
    for step in (1, 2, 3):
        now = max(filter(None, FollowUp.objects.values_list("next_at", flat=True)))
        send(now)
        assert set(Reminder.objects.values_list("state", flat=True)) == {"sent"}
        assert Reminder.objects.filter(step=step).count() == 5
        planned = set(FollowUp.objects.values_list(*columns))
        plan_offer_ids(list(Offer.objects.values_list("pk", flat=True)), now)
        assert set(FollowUp.objects.values_list(*columns)) == planned


def test_a_reply_while_the_mail_is_under_way_ends_the_plan(
    receiver: SmtpServer, monkeypatch: Any
) -> None:
    offer = make_due()
    mark = run.mark_transmitting

    def reply_after(*arguments: Any) -> bool:
        marked = mark(*arguments)
        with changing_offers(offer):
            set_status(offer, Offer.Status.DECLINED, channel=Offer.Channel.LINK, at=NOW)
        return marked

    monkeypatch.setattr(run, "mark_transmitting", reply_after)
    assert send().sent == 1
    assert FollowUp.objects.get().because == Because.DECLINED


@pytest.mark.parametrize(
    ("of_plan", "of_offer", "mails"),
    [("request", "", 1), ("request", "none", 0), ("none", "", 0), ("none", "consent", 1)],
)
def test_nobody_is_written_to_without_a_basis(
    receiver: SmtpServer, of_plan: str, of_offer: str, mails: int
) -> None:
    ReminderPlan.objects.update(contact_basis=of_plan)
    make_due(contact_basis=of_offer)
    assert send().sent == mails
    assert FollowUp.objects.filter(because=Because.NO_BASIS).exists() is not bool(mails)
    assert len(receiver.mails) == mails


def test_a_mail_that_somebody_settled_meanwhile_is_not_sent_again(monkeypatch: Any) -> None:
    make_due()
    send()
    Reminder.objects.update(state="in_doubt")

    def settle(_from_email: str) -> str:
        services.resolve_as_sent(Reminder.objects.all(), by=None, now=NOW)
        return "<again@muster.example>"

    monkeypatch.setattr(services, "new_message_id", settle)
    assert services.send_again(Reminder.objects.all(), by=None, now=NOW) == 0
    assert Reminder.objects.get().state == "sent"
