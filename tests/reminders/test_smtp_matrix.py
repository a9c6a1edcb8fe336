"""What becomes of a reminder when the mail server fails at each stage in each way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm.core.models import Incident
from offers.models import Customer
from reminders.incidents import IncidentKind
from reminders.models import FollowUp, Reminder
from reminders.rules import Because
from tests.make import NOW, make_customer, make_due
from tests.reminders.send import send
from tests.smtp_server import FAULTS, STAGES, SmtpServer, smtp_server

pytestmark = pytest.mark.django_db(transaction=True)


# What is left of a reminder: no row (-), planned again, failed, in doubt. In the order of FAULTS:
# 421 432 450 451 452 500 535 550 552 554 timeout reset half-a-line.
LETTERS = {"-": None, "p": "planned", "f": "failed", "d": "in_doubt"}
TABLE = {
    "connect": "- - - - - - - - - - - - -",
    "EHLO": "- - - - - - - - - - - - -",
    "AUTH": "- - - - - - - - - - - - -",
    "MAIL": "p p p p p f p f f f p p p",
    "RCPT": "p p p p p f p f p f p p p",
    "DATA": "p p p p p f p f f f d d d",
    "final dot": "p p p p p f p f f f d d d",
}


def expected_states(stage: str) -> dict[int | str, str | None]:
    letters = TABLE[stage].split()
    return {fault: LETTERS[letter] for fault, letter in zip(FAULTS, letters, strict=True)}


def test_the_table_has_every_cell():
    assert list(TABLE) == list(STAGES)
    assert sum(len(expected_states(stage)) for stage in TABLE) == 7 * 13


def point_to(server: SmtpServer, settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 1
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "user", "password"
    settings.REMINDERS_PER_MINUTE = 0


@pytest.mark.parametrize("stage", STAGES)
def test_a_fault_at_a_stage_leaves_the_reminder_in_its_state(stage: str, settings: Any):
    with smtp_server() as server:
        point_to(server, settings)
        found = {}
        for fault in FAULTS:
            server.script = {stage: fault}
            offer = make_due()
            send()
            found[fault] = next((reminder.state for reminder in offer.reminders.all()), None)
            follow_up = FollowUp.objects.get(offer=offer)
            if found[fault] is None:
                assert FollowUp.objects.due(NOW).filter(offer=offer).exists()
                assert Incident.objects.get(ended_at=None).kind == IncidentKind.MAIL_SERVER
            elif found[fault] == "planned":
                assert offer.reminders.get().retry_at == NOW + timedelta(minutes=30)
                assert follow_up.because == Because.RETRY
            else:
                assert offer.reminders.get().server_reply
            follow_up.delete()
    assert found == expected_states(stage)
    assert not server.accepted


@pytest.mark.parametrize("stage", STAGES[3:])
def test_a_fault_harms_neither_the_mail_before_nor_the_one_after(stage: str, settings: Any):
    with smtp_server() as server:
        point_to(server, settings)
        for fault, state in expected_states(stage).items():
            server.script, server.accepted = {f"{stage} 2": fault}, []
            offers = [make_due() for _ in range(3)]
            send()
            rows = Reminder.objects.filter(offer__in=offers)
            assert sorted(row.state for row in rows) == sorted(["sent", "sent", state]), fault
            sent = {row.message_id.encode() for row in rows if row.state == "sent"}
            kept = [
                next(each for each in mail.split(b"\r\n") if each.startswith(b"Message-ID:"))
                for mail in server.accepted
            ]
            assert sorted(line[12:] for line in kept) == sorted(sent), fault
            FollowUp.objects.all().delete()


def test_a_second_try_has_the_same_message_id_and_date(settings: Any):
    with smtp_server({"RCPT": 450}) as server:
        point_to(server, settings)
        make_due()
        send()
        before = Reminder.objects.get()
        server.script.clear()
        send(NOW + timedelta(minutes=29))
        assert not server.accepted
        later = NOW + timedelta(minutes=31)
        send(later)
    after = Reminder.objects.get()
    assert (after.state, after.message_id, after.mail_date) == (
        "sent",
        before.message_id,
        before.mail_date,
    )
    assert before.message_id.encode() in server.accepted[0]


def test_a_refused_customer_does_not_stop_the_others(settings: Any):
    with smtp_server({"RCPT 2": b"550 5.1.1 unknown\r\n"}) as server:
        point_to(server, settings)
        for _ in range(3):
            make_due()
        assert str(send()).startswith("2 ")
    assert sorted(Reminder.objects.values_list("state", flat=True)) == ["failed", "sent", "sent"]
    bounced = Customer.objects.get(bounced_at__isnull=False)
    assert FollowUp.objects.get(offer__customer=bounced).because == Because.BOUNCED


def test_a_server_that_closes_after_some_mails_is_called_again(settings: Any):
    with smtp_server({"MAIL 3": 421}) as server:
        point_to(server, settings)
        for _ in range(5):
            make_due()
        send()
        greetings = [command for command in server.commands if command.lower().startswith(b"ehlo")]
    assert len(greetings) >= 2
    assert len(server.accepted) == 4
    assert Reminder.objects.filter(state="planned").count() == 1


def test_a_broken_log_in_touches_no_reminder_and_is_one_incident(settings: Any):
    with smtp_server({"AUTH": 535}) as server:
        point_to(server, settings)
        for _ in range(3):
            make_due()
        send()
        send()
        assert (Reminder.objects.count(), Incident.objects.get().ended_at) == (0, None)
        server.script.clear()
        send()
    assert len(server.accepted) == 3
    assert Incident.objects.get().ended_at


def test_a_mail_that_lost_an_offer_before_its_second_try_is_another_mail(settings: Any):
    with smtp_server({"RCPT": 450}) as server:
        point_to(server, settings)
        customer = make_customer()
        make_due(customer=customer)
        gone = make_due(customer=customer)
        send()
        [first_id] = set(Reminder.objects.values_list("message_id", flat=True))
        server.script.clear()
        gone.reminders_stopped = True
        gone.save()
        send(NOW + timedelta(minutes=31))
    sent = Reminder.objects.filter(state="sent").get()
    assert sent.message_id != first_id
