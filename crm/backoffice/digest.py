"""The page Today by mail, each working day to everybody who has something to do, and each week the
main figures to managers.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.backoffice.today import build_today
from crm.core.working_days import Calendar, build_calendar
from reminders.models import CompanyHoliday, ReminderPlan
from stats.figures import count_figures, counted_offers
from stats.periods import Span
from stats.tiles import build_tiles

logger = logging.getLogger(__name__)


@dataclass
class Sent:
    """How many mails went out, how many people had nothing to do, and how many mails were
    refused.
    """

    digests: int = 0
    idle: int = 0
    summaries: int = 0
    failed: int = 0


def send_digests(now: datetime) -> Sent:
    """Send today's mails; nothing on a day off. Each person gets each mail at most once a day,
    whatever happens.
    """
    today, calendar = timezone.localdate(now), _read_calendar()
    sent = Sent()
    if not calendar.is_working_day(today):
        return sent
    connection = get_connection()
    try:
        for user in _find_readers(daily_digest=True):
            outcome = _claim_and_send(
                connection, user, field="digest_on", build=build_digest, now=now
            )
            sent.digests += outcome == "sent"
            sent.idle += outcome == "idle"
            sent.failed += outcome == "failed"
        if starts_week(today, calendar):
            for user in _find_readers(weekly_summary=True):
                if user.has_perm("stats.view_figures"):
                    outcome = _claim_and_send(
                        connection, user, field="summary_on", build=build_summary, now=now
                    )
                    sent.summaries += outcome == "sent"
                    sent.failed += outcome == "failed"
    finally:
        connection.close()
    return sent


def _find_readers(**wish: bool) -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True, **wish).exclude(email="")


def _read_calendar() -> Calendar:
    """Return the working days of the default plan's region."""
    plan = ReminderPlan.objects.filter(is_default=True).first() or ReminderPlan()
    closed = frozenset(CompanyHoliday.objects.values_list("date", flat=True))
    return build_calendar(plan.country, plan.subdivision, closed)


def starts_week(today: date, calendar: Calendar) -> bool:
    """True on the first working day of the week."""
    day = today - timedelta(days=today.weekday())
    while not calendar.is_working_day(day) and day < today:
        day += timedelta(days=1)
    return day == today


def _claim_and_send(
    connection: BaseEmailBackend,
    user: User,
    *,
    field: str,
    build: Callable[[User, datetime], EmailMessage | None],
    now: datetime,
) -> str:
    """Return "sent", "idle", "failed", or "" where today's mail had been sent before. One attempt a
    day.
    """
    today = timezone.localdate(now)
    if not User.objects.filter(pk=user.pk).exclude(**{field: today}).update(**{field: today}):
        return ""
    with translation.override(user.language):
        mail = build(user, now)
    if mail is None:
        return "idle"
    try:
        connection.send_messages([mail])
    except (smtplib.SMTPException, OSError) as error:
        logger.warning(
            "The daily mail to person %s was not sent: %s", user.pk, type(error).__name__
        )
        return "failed"
    return "sent"


def build_digest(user: User, now: datetime) -> EmailMessage | None:
    """Return what waits for the person as a mail; None when nothing does."""
    today = build_today(user, now=now)
    sections = [section for section in today.sections if section.number]
    if not sections:
        return None
    number = sum(section.number for section in sections if section.tone != "calm")
    subject = ngettext("Nachfass: %s thing to do", "Nachfass: %s things to do", number) % number
    text = render_to_string(
        "backoffice/digest.txt",
        {
            "user": user,
            "today": today,
            "sections": sections,
            "base": _base(),
            "home": reverse("admin:index"),
        },
    )
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email], headers=_HEADERS)


def build_summary(user: User, now: datetime) -> EmailMessage:
    """Return the main figures of the week that ended last Sunday, against the week before."""
    today = timezone.localdate(now)
    last_sunday = today - timedelta(days=today.weekday() + 1)
    week = Span(last_sunday - timedelta(days=6), last_sunday)
    before = Span(last_sunday - timedelta(days=13), last_sunday - timedelta(days=7))
    figures, past = (
        count_figures(counted_offers().filter(sent_on__range=(span.first, span.last)), today=today)
        for span in (week, before)
    )
    tiles = build_tiles(figures, past, lambda _part: "")
    subject = _("Nachfass: the week to %(day)s") % {
        "day": date_format(last_sunday, "SHORT_DATE_FORMAT")
    }
    text = render_to_string(
        "backoffice/summary.txt",
        {
            "user": user,
            "tiles": tiles,
            "week": week,
            "base": _base(),
            "link": reverse("stats:show"),
        },
    )
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email], headers=_HEADERS)


_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def _base() -> str:
    return str(settings.OFFICE_BASE_URL).rstrip("/")
