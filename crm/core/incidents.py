"""Record failures of jobs as incidents. `crm.operations` mails the admins about those that last."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import TextChoices

from crm.core.models import Incident

logger = logging.getLogger(__name__)


def begin_incident(kind: TextChoices, detail: str, now: datetime) -> bool:
    """Record a failure with its newest detail; return True if the incident is new."""
    if Incident.objects.filter(kind=kind.value, ended_at=None).update(detail=detail):
        return False
    try:
        with transaction.atomic():
            Incident.objects.create(
                kind=kind.value, title=str(kind.label), detail=detail, began_at=now
            )
    except IntegrityError:  # another worker recorded it at the same time
        return False
    logger.warning("Incident began: %s", kind.value)
    return True


def end_incident(kind: TextChoices, now: datetime) -> bool:
    """Record that the incident is over; return False if there was none."""
    ended = Incident.objects.filter(kind=kind.value, ended_at=None).update(ended_at=now)
    if ended:
        logger.info("Incident ended: %s", kind.value)
    return bool(ended)
