"""What the demo's year has no occasion for: the rest of the tables gets rows too, by the code that
fills them.

Runs in the office that is recorded: `manage.py shell -c 'from tests.operations.releases import
fill; fill.…()'`.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import uuid4

import requests
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_q.tasks import async_task

from crm.accounts.models import User
from crm.backoffice.changes import follow_changes
from crm.core.incidents import begin_incident, end_incident
from crm.demo import public_form
from crm.demo.start import PASSWORD, USER
from crm.demo.year import BROWSER
from feedback import links
from feedback.backoffice.models import Invitation
from feedback.backoffice.receive import receive_page
from offers.models import Customer, MailFolder, Offer, SenderRule
from offers.status import note_contact
from reminders.holds import hold_sending
from reminders.incidents import IncidentKind
from reminders.models import CustomerPlan, Reminder, ReminderPlan, SendingHold
from reminders.services import pause


def rare() -> None:
    """What happens once in a while in an office."""
    now = timezone.now()
    customers = list(Customer.objects.order_by("pk"))
    note_contact(
        _open_offers()[0], at=now, by=User.objects.get(username=USER), note="Am Telefon: „später“"
    )
    plan = ReminderPlan.objects.create(name="Langsam", days=[5, 15], call_above=50_000)
    CustomerPlan.objects.create(customer=customers[0], plan=plan)
    SenderRule.objects.create(kind="automatic", address="kasse@post.example", wording="danke für")
    begin_incident(IncidentKind.MAIL_SERVER, "refused", now)
    end_incident(IncidentKind.MAIL_SERVER, now)
    hold_sending(SendingHold.Reason.PERSON, now)
    in_doubt, failed = Reminder.objects.order_by("pk").values_list("pk", flat=True)[:2]
    Reminder.objects.filter(pk=in_doubt).update(state=Reminder.State.IN_DOUBT)
    Reminder.objects.filter(pk=failed).update(state=Reminder.State.FAILED)
    unknown = {"uid": str(uuid4()), "digest": "f" * 64, "kind": "maybe"}
    receive_page([unknown], now=now, after_store=follow_changes)
    call_command("erase_person", customers[-1].email, "--yes")
    _receive_inquiry()
    _visit()
    async_task("django.core.management.call_command", "heartbeat")


def _receive_inquiry() -> None:
    """A mail from outside that matches no offer: what it names is kept."""
    folder = MailFolder.objects.filter(direction=MailFolder.Direction.INCOMING).first()
    assert folder is not None
    path = Path(folder.path, "inquiry.eml")
    path.write_text(
        "From: neu@fremd.example\nTo: verkauf@muster-metallbau.example\nSubject: Anfrage\n"
        "Message-ID: <1@fremd.example>\nIn-Reply-To: <0@fremd.example>\n"
        f"Date: {format_datetime(timezone.now())}\n\nGuten Tag\n",
        encoding="ascii",
    )
    os.utime(path, (time.time() - 3600, time.time() - 3600))
    call_command("import_offers", folder=folder.path)


def _open_offers() -> list[Offer]:
    return list(Offer.objects.filter(status=Offer.Status.OPEN).order_by("pk"))


def _visit() -> None:
    """Sign in to the back office, once with a wrong password, and enter a holiday."""
    browser = Client(SERVER_NAME="localhost")
    for password in ("wrong", PASSWORD):
        browser.post("/admin/login/", {"username": USER, "password": password})
    holiday = {"date": "24.12.2026", "name": "Betriebsferien «Öl»"}
    done = browser.post("/admin/reminders/companyholiday/add/", holiday)
    assert done.status_code == 302, done.content.decode()


def answers() -> None:
    """Four customers answer on the public form, each in another way."""
    choices = [
        {
            "answer": "interested",
            "comment": "Bitte rufen Sie an – «Grüsse» 🙂",
            "phone": "+41 79 555 12 34",
        },
        {"answer": "declined", "reason": "price", "comment": "Zu teuer; 3 × 4 = 12"},
        {
            "answer": "undecided",
            "ask_again_on": (timezone.localdate() + timedelta(days=20)).isoformat(),
        },
    ]
    alive = {"state": "active", "expires_at__gt": timezone.now() + timedelta(days=1)}
    invitations = Invitation.objects.filter(offer__in=_open_offers(), **alive).exclude(
        registered_at=None
    )
    waiting = [
        links.form_url(settings.FEEDBACK_BASE_URL, each.token)
        for each in invitations.order_by("pk")
    ]
    session = requests.Session()
    session.headers.update({"User-Agent": BROWSER, "Accept-Language": "de-CH,de;q=0.9"})
    forms = [public_form.open_form(session, link) for link in waiting[: len(choices)]]
    time.sleep(5)  # whoever is faster is taken for a robot
    for link, hidden, choice in zip(waiting, forms, choices, strict=False):
        public_form.send_form(session, link, hidden, choice)
    public_form.opt_out(session, waiting[len(choices)])


def leftovers() -> None:
    """What the queue has still to do."""
    pause(
        Offer.objects.filter(pk=_open_offers()[0].pk),
        until=timezone.localdate() + timedelta(days=9),
    )
    async_task("django.core.management.call_command", "heartbeat")
