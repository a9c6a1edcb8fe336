"""Mail the salespeople about new answers, each person at most once in five minutes."""

from __future__ import annotations

import logging
import smtplib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Max, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext

from crm.accounts.models import OwnCompany, User
from feedback.backoffice.models import Answer, SyncState
from offers.models import Offer

logger = logging.getLogger(__name__)

GATHER = timedelta(minutes=5)
# Longer than a run with a slow mail server, short enough that a killed run delays nothing for long.
LEASE = timedelta(minutes=10)
MAX_ANSWERS = 50


@dataclass(frozen=True)
class Notices:
    """How many mails were sent and how many were refused."""

    sent: int = 0
    failed: int = 0
    problem: str = ""


def notify_salespeople(now: datetime) -> Notices:
    """Mail the salespeople about answers that are not mailed yet; return how many mails were sent.

    A person gets the next mail after five minutes at the earliest. Answers that staff recorded are
    not mailed.
    """
    # Makes the row that holds the lease.
    SyncState.get()
    # An answer is marked after its mail is sent: a process killed in between mails it twice rather
    # than never. The lease prevents two runs from mailing it at the same time.
    free = Q(notifying_until=None) | Q(notifying_until__lte=now)
    if not Answer.objects.filter(notified_at=None).exists():
        return Notices()
    if not SyncState.objects.filter(free, pk=1).update(notifying_until=now + LEASE):
        return Notices()
    try:
        return _tell(now)
    finally:
        SyncState.objects.filter(pk=1).update(notifying_until=None)


def _tell(now: datetime) -> Notices:
    sent, failed, problem = 0, 0, ""
    connection = get_connection()
    try:
        for salesperson, answers in _find_untold().items():
            if _was_told_just_now(salesperson, now):
                continue
            try:
                sent += _send(connection, salesperson, answers)
            except (smtplib.SMTPException, OSError) as error:
                kind, number = type(error).__name__, len(answers)
                logger.warning("The mail on %s new answers was not sent: %s", number, kind)
                failed, problem = failed + 1, str(error)
                continue
            Answer.objects.filter(pk__in=[answer.pk for answer in answers]).update(notified_at=now)
    finally:
        connection.close()
    return Notices(sent, failed, problem)


def _was_told_just_now(salesperson: User | None, now: datetime) -> bool:
    told = Answer.objects.filter(offer__salesperson=salesperson, channel=Offer.Channel.LINK)
    last_at: datetime | None = told.aggregate(at=Max("notified_at"))["at"]
    return last_at is not None and now - GATHER < last_at <= now


def _find_untold() -> dict[User | None, list[Answer]]:
    by_salesperson: dict[User | None, list[Answer]] = defaultdict(list)
    untold = Answer.objects.filter(notified_at=None).order_by("answered_at")
    for answer in untold.select_related("offer__salesperson", "offer__customer", "reason"):
        answers = by_salesperson[answer.offer.salesperson]
        if len(answers) < MAX_ANSWERS:
            answers.append(answer)
    return by_salesperson


def _find_recipients(salesperson: User | None) -> tuple[list[str], str]:
    """Return (addresses, language) of the salesperson, else of the company, else of the admins."""
    if salesperson is not None and salesperson.is_active and salesperson.email:
        return [salesperson.email], salesperson.language
    if company := OwnCompany.get().email:
        return [company], settings.LANGUAGE_CODE
    return [address for _name, address in settings.ADMINS], settings.LANGUAGE_CODE


def _send(connection: BaseEmailBackend, salesperson: User | None, answers: list[Answer]) -> int:
    addresses, language = _find_recipients(salesperson)
    if not addresses:
        logger.warning(
            "There is no address for the mail on %s new answers: enter one for the company.",
            len(answers),
        )
        return 0
    with translation.override(language):
        context = {"answers": [(answer, offer_url(answer.offer)) for answer in answers]}
        mail = EmailMultiAlternatives(
            subject=_subject(answers),
            body=render_to_string("feedback/new_answers.txt", context),
            to=addresses,
            connection=connection,
            # Prevents out-of-office replies, and keeps the import from taking the mail for an offer
            # (RFC 3834).
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        mail.attach_alternative(render_to_string("feedback/new_answers.html", context), "text/html")
    return mail.send()


def _subject(answers: list[Answer]) -> str:
    if len(answers) == 1:
        answer = answers[0]
        text = f"{answer.get_kind_display()}: {answer.offer.number} ({_who(answer.offer)})"
    else:
        text = ngettext(
            "%s new answer to your offers", "%s new answers to your offers", len(answers)
        ) % len(answers)
    # Names are read from mail headers and may contain line breaks.
    return " ".join(text.split())


def _who(offer: Offer) -> str:
    return offer.customer.company or offer.customer.name or offer.customer.email


def offer_url(offer: Offer) -> str:
    """Return the URL of the offer's page in the back office, "" when OFFICE_BASE_URL is not set."""
    if not settings.OFFICE_BASE_URL:
        return ""
    path = reverse("admin:offers_offer_change", args=[offer.pk])
    return f"{settings.OFFICE_BASE_URL.rstrip('/')}{path}"
