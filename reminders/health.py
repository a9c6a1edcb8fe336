"""Health checks of sending reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.dates import format_day
from crm.core.health import Finding
from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SmtpUnavailableError
from reminders.models import FollowUp, ReminderPlan
from reminders.rules import Because
from reminders.sentences import SENTENCES

OVERDUE_AFTER = timedelta(days=4)


def check_sending(now: datetime) -> Iterator[Finding]:
    """Check that reminders can be planned and sent. Why nothing is sent is told by incidents."""
    if not ReminderPlan.objects.filter(is_default=True).exists():
        yield Finding("reminders", str(SENTENCES[Because.NO_PLAN]), is_ok=False)
    elif settings.REMINDERS_ENABLED:
        yield Finding("reminders", _("Sending reminders is switched on."))
    else:
        yield Finding("reminders", _("Sending reminders is switched off (REMINDERS_ENABLED)."))


def check_overdue(now: datetime) -> Iterator[Finding]:
    """Check that no reminder has been due for longer than a long weekend; else sending fails."""
    oldest = FollowUp.objects.filter(next_at__lt=now - OVERDUE_AFTER).order_by("next_at").first()
    if oldest is None or oldest.next_at is None or not settings.REMINDERS_ENABLED:
        yield Finding("oldest due", _("No reminder is overdue."))
    else:
        words = _("A reminder has been due since %s.")
        yield Finding("oldest due", words % format_day(oldest.next_at), is_ok=False)


def check_mail_server(now: datetime) -> Iterator[Finding]:
    try:
        with Connection(Server.from_settings()):
            yield Finding("mail server", _("The mail server accepts our log-in."))
    except SmtpUnavailableError as error:
        words = _("No mail can be sent, %(stage)s failed: %(error)s")
        detail = words % {"stage": error.stage, "error": error}
        yield Finding("mail server", detail, is_ok=False)
