"""Salespeople are told of new answers by mail: at once, and of several within five minutes in one
mail.
"""

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
    """How many mails went out and how many were refused."""

    sent: int = 0
    failed: int = 0
    problem: str = ""


@dataclass(frozen=True)
class _Reader:
    """Who is told: a salesperson, or the company for offers that nobody holds."""

    addresses: tuple[str, ...]
    language: str


def notify_sellers(now: datetime) -> Notices:
    """Tell the salespeople of the answers they do not know yet; returns how many mails were sent
    and refused.

    Somebody who was told within the last five minutes waits for the rest of them. Answers that a
    person recorded are not told. An answer is marked when its mail is out, so that a kill between
    the two tells it twice rather than never; a lease keeps two runs from telling it at the same
    time.
    """
    SyncState.get()
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
            last = Answer.objects.filter(offer__salesperson=salesperson, channel=Offer.Channel.LINK)
            last_at = last.aggregate(at=Max("notified_at"))["at"]
            if last_at is not None and now - GATHER < last_at <= now:
                continue
            try:
                sent += _send(connection, _reader(salesperson), answers)
            except (smtplib.SMTPException, OSError) as error:
                logger.warning(
                    "The mail on %s new answers was not sent: %s",
                    len(answers),
                    type(error).__name__,
                )
                failed, problem = failed + 1, str(error)
                continue
            Answer.objects.filter(pk__in=[answer.pk for answer in answers]).update(notified_at=now)
    finally:
        connection.close()
    return Notices(sent, failed, problem)


def _find_untold() -> dict[User | None, list[Answer]]:
    by_seller: dict[User | None, list[Answer]] = defaultdict(list)
    untold = Answer.objects.filter(notified_at=None).order_by("answered_at")
    for answer in untold.select_related(
        "offer__salesperson", "offer__customer", "reason"
    ).iterator():
        answers = by_seller[answer.offer.salesperson]
        if len(answers) < MAX_ANSWERS:
            answers.append(answer)
    return by_seller


def _reader(salesperson: User | None) -> _Reader:
    if salesperson is not None and salesperson.is_active and salesperson.email:
        return _Reader((salesperson.email,), salesperson.language)
    if company := OwnCompany.get().email:
        return _Reader((company,), settings.LANGUAGE_CODE)
    return _Reader(tuple(address for _name, address in settings.ADMINS), settings.LANGUAGE_CODE)


def _send(connection: BaseEmailBackend, reader: _Reader, answers: list[Answer]) -> int:
    if not reader.addresses:
        logger.warning(
            "Nobody can be told of %s new answers: give the company an e-mail address.",
            len(answers),
        )
        return 0
    with translation.override(reader.language):
        context = {"answers": [(answer, offer_url(answer.offer)) for answer in answers]}
        mail = EmailMultiAlternatives(
            subject=_subject(answers),
            body=render_to_string("feedback/new_answers.txt", context),
            to=list(reader.addresses),
            connection=connection,
            # Nobody's absence assistant answers, and the import does not take the mail for an offer
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
    # Names come out of mail headers and may carry line breaks.
    return " ".join(text.split())


def _who(offer: Offer) -> str:
    return offer.customer.company or offer.customer.name or offer.customer.email


def offer_url(offer: Offer) -> str:
    """Return the address of the offer's page in the back office, or nothing when OFFICE_BASE_URL is
    not set.
    """
    if not settings.OFFICE_BASE_URL:
        return ""
    return f"{settings.OFFICE_BASE_URL.rstrip('/')}{reverse('admin:offers_offer_change', args=[offer.pk])}"
