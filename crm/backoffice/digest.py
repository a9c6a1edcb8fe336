"""The daily mail with the page Today, and the weekly mail with the main figures."""

from __future__ import annotations

import logging
import smtplib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

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
from crm.core.working_days import Calendar
from reminders.planning import Plans
from stats.figures import Figures, count_figures, counted_offers
from stats.periods import Span
from stats.tiles import build_tiles

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """How many mails were sent or failed; `idle` people had nothing to do and got none."""

    digests: int = 0
    idle: int = 0
    summaries: int = 0
    failed: int = 0


def send_digests(now: datetime) -> Sent:
    """Send the mails of the day, each at most once to a person; none on days off."""
    today, calendar = timezone.localdate(now), Plans().calendar
    if not calendar.is_working_day(today):
        return Sent()
    digests: Counter[str] = Counter()
    summaries: Counter[str] = Counter()
    connection = get_connection()
    try:
        for user in _find_readers(daily_digest=True):
            digests[_claim_and_send(connection, user, "digest_on", build_digest, now)] += 1
        if starts_week(today, calendar):
            for user in _find_readers(weekly_summary=True):
                if user.has_perm("stats.view_figures"):
                    outcome = _claim_and_send(connection, user, "summary_on", build_summary, now)
                    summaries[outcome] += 1
    finally:
        connection.close()
    return Sent(
        digests=digests["sent"],
        idle=digests["idle"],
        summaries=summaries["sent"],
        failed=digests["failed"] + summaries["failed"],
    )


def _find_readers(**wish: bool) -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True, **wish).exclude(email="")


def starts_week(today: date, calendar: Calendar) -> bool:
    """True on the first working day of the week."""
    day = today - timedelta(days=today.weekday())
    while not calendar.is_working_day(day) and day < today:
        day += timedelta(days=1)
    return day == today


def _claim_and_send(
    connection: BaseEmailBackend,
    user: User,
    field: str,
    build: Callable[[User, datetime], EmailMessage | None],
    now: datetime,
) -> str:
    """Return "sent", "idle", "failed", or "" if the mail of today was claimed before."""
    # Claimed before it is sent, so that two runs at once never send it twice. If this run dies
    # in between, the person gets no mail today.
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
        problem = type(error).__name__
        logger.warning("The daily mail to person %s was not sent: %s", user.pk, problem)
        return "failed"
    return "sent"


def build_digest(user: User, now: datetime) -> EmailMessage | None:
    """Return the mail with the person's page Today; None when it is empty."""
    today = build_today(user, now=now)
    sections = [section for section in today.sections if section.number]
    if not sections:
        return None
    number = sum(section.number for section in sections if section.tone != "calm")
    subject = ngettext("Nachfass: %s thing to do", "Nachfass: %s things to do", number) % number
    context = {"today": today, "sections": sections, "home": reverse("admin:index")}
    return _build_mail(user, subject, "backoffice/digest.txt", context)


def build_summary(user: User, now: datetime) -> EmailMessage:
    """Return the main figures of the week that ended last Sunday, against the week before."""
    today = timezone.localdate(now)
    last_sunday = today - timedelta(days=today.weekday() + 1)
    week = Span(last_sunday - timedelta(days=6), last_sunday)
    before = Span(last_sunday - timedelta(days=13), last_sunday - timedelta(days=7))
    figures, past = _count_week(week, today), _count_week(before, today)
    # Tiles get no links, because they are relative to the page of figures.
    tiles = build_tiles(figures, past, lambda _part: "")
    day = date_format(last_sunday, "SHORT_DATE_FORMAT")
    subject = _("Nachfass: the week to %(day)s") % {"day": day}
    context = {"tiles": tiles, "week": week, "link": reverse("stats:show")}
    return _build_mail(user, subject, "backoffice/summary.txt", context)


def _count_week(week: Span, today: date) -> Figures:
    offers = counted_offers().filter(sent_on__range=(week.first, week.last))
    return count_figures(offers, today=today)


def _build_mail(user: User, subject: str, template: str, context: dict[str, Any]) -> EmailMessage:
    base = settings.OFFICE_BASE_URL.rstrip("/")
    text = render_to_string(template, {"user": user, "base": base} | context)
    # Keeps out-of-office notes from answering (RFC 3834; the second header is Outlook's).
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email], headers=headers)
