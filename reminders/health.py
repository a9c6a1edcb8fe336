"""What the health pages say about sending."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.core.health import Check, Finding
from crm.core.mail_dns import check_sender_domain
from crm.core.smtp import Connection, Server, SmtpUnavailableError
from reminders.models import FollowUp, Incident, ReminderPlan
from reminders.reasons import SENTENCES
from reminders.rules import Because

OVERDUE_AFTER = timedelta(days=4)


def check_sending(now: datetime) -> Iterator[Finding]:
    incidents = Incident.objects.filter(ended_at=None)
    for incident in incidents:
        yield Finding(
            "reminders",
            f"{incident.get_kind_display()}: {incident.detail}",
            is_ok=False,
            is_told=True,
        )
    has_default = ReminderPlan.objects.filter(is_default=True).exists()
    if not has_default:
        yield Finding("reminders", str(SENTENCES[Because.NO_PLAN]), is_ok=False)
    if has_default and not incidents:
        state = (
            _("They are sent.")
            if settings.REMINDERS_ENABLED
            else _("Sending is switched off (REMINDERS_ENABLED).")
        )
        yield Finding("reminders", state)


def check_overdue(now: datetime) -> Iterator[Finding]:
    """A reminder waits for the next window, at most over a long weekend; longer means that the
    sender stands still.
    """
    oldest = FollowUp.objects.filter(next_at__lt=now - OVERDUE_AFTER).order_by("next_at").first()
    if oldest is None or oldest.next_at is None or not settings.REMINDERS_ENABLED:
        yield Finding("oldest due", _("Nothing is overdue."))
    else:
        yield Finding(
            "oldest due",
            _("A reminder has been due since %s.")
            % date_format(oldest.next_at, "SHORT_DATE_FORMAT"),
            is_ok=False,
        )


def check_mail_server(now: datetime) -> Iterator[Finding]:
    try:
        with Connection(Server.from_settings()):
            yield Finding("mail server", _("It takes our mail."))
    except SmtpUnavailableError as error:
        yield Finding(
            "mail server",
            _("No mail can be sent, %(stage)s failed: %(error)s")
            % {"stage": error.stage, "error": error},
            is_ok=False,
        )


CHECKS: list[Check] = [check_sending, check_overdue]
OUTSIDE: list[Check] = [check_mail_server]
ADVICE: list[Check] = [check_sender_domain]
