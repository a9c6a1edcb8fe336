"""Record failures of sending as incidents, of which the admins are told."""

from __future__ import annotations

from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.incidents import begin_incident, end_incident
from feedback.backoffice.models import SyncState
from reminders.models import Reminder


class IncidentKind(TextChoices):
    # The labels are shown in alarms and in the list of incidents.
    HELD = "held", gettext_lazy("sending is held")
    STALE_ANSWERS = "stale_answers", gettext_lazy("answers are not up to date")
    IN_DOUBT = "in_doubt", gettext_lazy("reminders in doubt")
    MAIL_SERVER = "mail_server", gettext_lazy("the mail server does not accept mail")
    MAIL_TEXT = "mail_text", gettext_lazy("a mail text has a mistake")


def end_stale_answers(now: datetime) -> None:
    """End the incident of stale answers as soon as they have been pulled again."""
    pulled_at = SyncState.get().pulled_at
    if pulled_at is not None and now - pulled_at <= SyncState.STALE_AFTER:
        end_incident(IncidentKind.STALE_ANSWERS, now)


def check_doubts(now: datetime) -> None:
    count = Reminder.objects.in_doubt().count()
    if count:
        detail = _(
            "%d reminders may or may not have reached the customer. Look into the outgoing mails and choose “was sent” "
            "or “send again” in the list of reminders."
        )
        begin_incident(IncidentKind.IN_DOUBT, detail % count, now)
    else:
        end_incident(IncidentKind.IN_DOUBT, now)


def check_problem(kind: IncidentKind, problem: str, now: datetime, *, is_over: bool) -> None:
    """Begin the incident of a problem that stopped a run; end it after a run without it."""
    if problem:
        begin_incident(kind, problem, now)
    elif is_over:
        end_incident(kind, now)
