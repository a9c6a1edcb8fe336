"""One row of every model that the admin shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django_q.models import Failure, OrmQ, Schedule, Success

from crm.accounts.models import OwnCompany
from crm.core.models import Incident, JobRun
from feedback.backoffice.models import Answer, DeclineReason, RejectedAnswer, SyncState
from offers.models import MailFolder, SourceFile
from reminders.models import (
    CompanyHoliday,
    CustomerPlan,
    FollowUp,
    MailText,
    Reminder,
    ReminderPlan,
    SendingHold,
)
from tests.make import make_invitation, make_offer, make_user


def make_rows(*, now: datetime) -> dict[str, Any]:
    """Return the rows by model label."""
    offer = make_offer()
    folder = MailFolder.objects.create(name="Ausgang", path="/export")
    labels = {"label_de": "Preis", "label_en": "Price", "label_fr": "Prix", "label_it": "Prezzo"}
    task = {"func": "f", "started": now, "stopped": now}
    plan = ReminderPlan.objects.create(name="Zeile")
    rows: dict[str, Any] = {
        "accounts.owncompany": OwnCompany.objects.get_or_create(
            pk=1, defaults={"name": "Muster AG"}
        )[0],
        "accounts.user": make_user(),
        "auth.group": Group.objects.get_or_create(name="Vertrieb")[0],
        "core.jobrun": JobRun.objects.get_or_create(name="heartbeat")[0],
        "django_q.failure": Failure.objects.create(id="f" * 32, name="f", success=False, **task),
        "django_q.success": Success.objects.create(id="s" * 32, name="s", success=True, **task),
        "django_q.schedule": Schedule.objects.create(func="f", name="s"),
        "django_q.ormq": OrmQ.objects.create(key="nachfass", payload="", lock=now),
        "feedback.answer": Answer.objects.create(offer=offer, kind="interested", answered_at=now),
        "feedback.declinereason": DeclineReason.objects.create(code="row", group="price", **labels),
        "feedback.invitation": make_invitation(offer),
        "feedback.rejectedanswer": RejectedAnswer.objects.create(
            uid=uuid4(), content={}, error="x"
        ),
        "feedback.syncstate": SyncState.get(),
        "offers.customer": offer.customer,
        "offers.mailfolder": folder,
        "offers.offer": offer,
        "offers.sourcefile": SourceFile.objects.create(
            folder=folder, name="a.eml", size=1, mtime_ns=1, state="review"
        ),
        "reminders.companyholiday": CompanyHoliday.objects.create(
            date=now.date(), name="Betriebsferien"
        ),
        "reminders.customerplan": CustomerPlan.objects.create(customer=offer.customer, plan=plan),
        "core.incident": Incident.objects.create(kind="held", title="held", began_at=now),
        "reminders.sendinghold": SendingHold.get(),
        "reminders.followup": FollowUp.objects.create(offer=offer, next_at=now, next_step=1),
        "reminders.mailtext": MailText.objects.get_or_create(step=1, language="de")[0],
        "reminders.reminder": Reminder.objects.create(
            offer=offer, step=1, message_id="<1@x>", mail_date=now
        ),
        "reminders.reminderplan": plan,
    }
    return rows
