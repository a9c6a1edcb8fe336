"""What staff must know: told once when it begins and once when it ends."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime

from django.core.mail import mail_admins
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from feedback.backoffice.models import SyncState
from feedback.backoffice.sync import STALE_AFTER
from reminders.models import Incident, Reminder

logger = logging.getLogger(__name__)


def begin_incident(kind: Incident.Kind, detail: str, now: datetime) -> bool:
    """Note that something is wrong and tell the admins, unless it is known already. Returns True
    when it is new.
    """
    if Incident.objects.filter(kind=kind, ended_at=None).update(detail=detail):
        return False
    try:
        with transaction.atomic():
            Incident.objects.create(kind=kind, detail=detail, began_at=now)
    except IntegrityError:  # another worker noticed it in the same moment, and tells
        return False
    logger.warning("Incident began: %s", kind.value)
    _tell(_("Nachfass: %s") % kind.label, detail)
    return True


def end_incident(kind: Incident.Kind, now: datetime) -> bool:
    """Note that it is over and tell the admins. Returns False when nothing was wrong."""
    if not Incident.objects.filter(kind=kind, ended_at=None).update(ended_at=now):
        return False
    logger.info("Incident ended: %s", kind.value)
    _tell(_("Nachfass: over: %s") % kind.label, _("It is over. Nothing needs to be done."))
    return True


def check_answers(now: datetime) -> None:
    """End the incident of stale answers as soon as they have been pulled again."""
    pulled_at = SyncState.get().pulled_at
    if pulled_at is not None and now - pulled_at <= STALE_AFTER:
        end_incident(Incident.Kind.STALE_ANSWERS, now)


def check_doubts(now: datetime) -> None:
    """Begin or end the incident of reminders in doubt."""
    count = Reminder.objects.filter(state=Reminder.State.IN_DOUBT).count()
    if count:
        detail = _(
            "%d reminders may or may not have reached the customer. Look into the outgoing mails and choose “was sent” "
            "or “send again” in the list of reminders."
        )
        begin_incident(Incident.Kind.IN_DOUBT, detail % count, now)
    else:
        end_incident(Incident.Kind.IN_DOUBT, now)


def _tell(subject: str, message: str) -> None:
    """Mail the admins. A mail server that is down must not stop the run; the incident is in the
    admin all the same.
    """
    try:
        mail_admins(subject, message)
    except (OSError, smtplib.SMTPException):
        logger.warning("The notice could not be mailed; it stands in the list of incidents.")
