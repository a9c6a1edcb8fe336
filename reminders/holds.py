"""The holds: why no reminder at all is sent, and how a person stops and releases sending.

Sending is switched off or held, or the customers' answers cannot be fetched. What stops the
reminders of one offer is a block, see `reminders.rules`.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.incidents import begin_incident, end_incident
from feedback.backoffice.sync import ensure_fresh
from reminders.incidents import IncidentKind
from reminders.models import SendingHold
from reminders.planning import plan_offers
from reminders.rules import Because


def pull_and_find_hold(due_count: int, now: datetime) -> Because | None:
    """Pull the answers from the VPS if they are old; return why nothing may be sent, or None."""
    if not settings.REMINDERS_ENABLED:
        return Because.OFF
    hold = SendingHold.get()
    if hold.is_held or due_count > max(settings.REMINDERS_MAX_PER_RUN, hold.count_allowed(now)):
        return Because.HELD
    # A pulled answer needs no new link, so planning is enough.
    if not ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now, after_store=plan_offers):
        return Because.STALE_ANSWERS
    return None


def report_hold(because: Because | None, due_count: int, now: datetime) -> None:
    """Begin or end the incident of what `pull_and_find_hold` returned, and hold sending if it says so."""
    if because is Because.HELD:
        hold_sending(SendingHold.Reason.TOO_MANY, now, due_count=due_count)
    elif because is Because.STALE_ANSWERS:
        detail = _(
            "%d reminders are due, but the customers' answers could not be fetched. Nothing is sent until they are."
        )
        begin_incident(IncidentKind.STALE_ANSWERS, detail % due_count, now)
    elif because is None:
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
