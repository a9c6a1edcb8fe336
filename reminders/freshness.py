"""Whether the customers' answers are known up to now: without that nothing is sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from feedback.backoffice.models import SyncState


def has_fresh_answers(now: datetime) -> bool:
    """True when answers were pulled within REMINDERS_MAX_SYNC_AGE seconds."""
    pulled_at = SyncState.get().pulled_at
    return pulled_at is not None and now - pulled_at <= timedelta(seconds=settings.REMINDERS_MAX_SYNC_AGE)
