"""What is recorded as an incident, from which the alarms are made: one row from begin to end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.core.models import Incident
from reminders.holds import hold_sending
from reminders.models import FollowUp, MailText, SendingHold
from reminders.services import release_hold
from tests.make import NOW, make_due
from tests.reminders.send import send
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("receiver")]


def test_a_mail_text_that_breaks_holds_back_its_language_alone_and_is_one_incident(
    receiver: SmtpServer,
):
    """A text gets past the check of the admin only by a data migration or SQL; the run must not
    stumble over it.
    """
    good = MailText.objects.get(language="de", step=1).text
    MailText.objects.filter(language="de", step=1).update(text="Hello\n{{ nmae }}")
    german, french = make_due(language="de"), make_due(language="fr")
    for minutes in (0, 5, 10):
        send(NOW + timedelta(minutes=minutes))
    assert receiver.recipients == [[french.customer.email]]
    assert FollowUp.objects.due(NOW).filter(offer=german).exists()
    incident = Incident.objects.get()
    assert (incident.kind, incident.ended_at) == ("mail_text", None)
    assert "2" in incident.detail
    assert "nmae" in incident.detail
    MailText.objects.filter(language="de", step=1).update(text=good)
    for minutes in (15, 20):
        send(NOW + timedelta(minutes=minutes))
    assert len(receiver.mails) == 2
    assert Incident.objects.get().ended_at is not None


def test_a_hold_by_a_person_is_one_incident():
    make_due()
    for _ in range(3):
        hold_sending(SendingHold.Reason.PERSON, NOW)
        send()
    assert Incident.objects.get().ended_at is None
    assert release_hold(by=None, now=NOW)
    assert not release_hold(by=None, now=NOW)
    assert Incident.objects.get().ended_at is not None
