"""The holds on all mails: sending is switched off or held, or answers cannot be fetched."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.core.incidents import begin_incident, end_incident
from feedback.backoffice.sync import ensure_fresh
from reminders.incidents import IncidentKind
from reminders.models import SendingHold
from reminders.planning import plan_offers
from reminders.rules import Because

RELEASED_FOR = timedelta(hours=48)


def is_held(due_count: int, now: datetime) -> bool:
    """Return whether sending is held; hold it if too many reminders are due at once."""
    hold = SendingHold.get()
    if hold.is_held:
        return True
    is_released = hold.allowed_until is not None and now < hold.allowed_until
    allowed = max(settings.REMINDERS_MAX_PER_RUN, hold.allowed_count if is_released else 0)
    return bool(due_count > allowed)


def find_shut_gate(due_count: int, now: datetime) -> Because | None:
    """Pull the answers if they are out of date; return why nothing may be sent, or None."""
    if not settings.REMINDERS_ENABLED:
        return Because.OFF
    if is_held(due_count, now):
        return Because.HELD
    if not ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now, after_store=plan_offers):
        return Because.STALE_ANSWERS
    return None


def tell_gate(shut: Because | None, due_count: int, now: datetime) -> None:
    """Begin or end the incident of the gate that `find_shut_gate` returned."""
    if shut is Because.HELD:
        hold_sending(SendingHold.Reason.TOO_MANY, now, due_count=due_count)
    elif shut is Because.STALE_ANSWERS:
        detail = _(
            "%d reminders are due, but the customers' answers could not be fetched. Nothing is sent until they are."
        )
        begin_incident(IncidentKind.STALE_ANSWERS, detail % due_count, now)
    elif shut is None:
        end_incident(IncidentKind.STALE_ANSWERS, now)


def hold_sending(reason: SendingHold.Reason, now: datetime, *, due_count: int = 0) -> None:
    """Hold sending until a person releases it. Keep an earlier reason, unless this is a restore."""
    SendingHold.get()
    hold = SendingHold.objects.filter(pk=1)
    hold.filter(held_at=None).update(
        held_at=now, reason=reason, released_by=None, allowed_until=None
    )
    hold.update(due_count=due_count)
    if reason is SendingHold.Reason.RESTORED:
        hold.update(reason=reason)
    detail = _(
        "%(count)d reminders wait, because %(reason)s. Look at the follow-ups that are due and release them."
    )
    words = {"count": due_count, "reason": SendingHold.get().get_reason_display()}
    begin_incident(IncidentKind.HELD, detail % words, now)


def hold_after_restore() -> str:
    """Hold sending after a restore of the database; return what a person must do."""
    hold_sending(SendingHold.Reason.RESTORED, timezone.now())
    return _(
        "Sending is held: reminders sent since the backup are unknown. Release it after a look at what is due."
    )


def release_sending(now: datetime, *, due_count: int, by: User | None = None) -> bool:
    """Release the hold and allow up to `due_count` mails for two days; False if nothing was held."""
    released = SendingHold.objects.filter(pk=1, held_at__isnull=False).update(
        held_at=None,
        reason="",
        due_count=0,
        allowed_count=due_count,
        allowed_until=now + RELEASED_FOR,
        released_by=by,
    )
    if released:
        end_incident(IncidentKind.HELD, now)
    return bool(released)
