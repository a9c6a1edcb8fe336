"""Explain to people when the next reminder of an offer is sent and why, or why none is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reminders import holds
from reminders.histories import load_cases
from reminders.models import FollowUp, Reminder, SendingHold
from reminders.planning import Plans
from reminders.rules import Because
from reminders.sentences import SENTENCES


def explain(follow_up: FollowUp | None) -> str:
    """Return when the next reminder comes and why, or why none does."""
    if follow_up is None or not follow_up.because:
        return _("The next reminder has not been planned yet.")
    sentence = SENTENCES[Because(follow_up.because)]
    at = follow_up.next_at or follow_up.call_at
    if at is None:
        return _("No reminder. %(why)s") % {"why": sentence}
    what = _("Phone call instead of reminder %d") if follow_up.call_at else _("Reminder %d")
    when = date_format(timezone.localtime(at), "DATETIME_FORMAT")
    return f"{what % (follow_up.next_step or 1)}: {when}. {sentence}"


def explain_sending() -> list[str]:
    """Return why no reminder is sent at all, or that all go to a test address; else nothing."""
    notices = []
    if not settings.REMINDERS_ENABLED:
        notices.append(str(SENTENCES[Because.OFF]))
    hold = SendingHold.get()
    if hold.is_held:
        reason = hold.get_reason_display()
        notices.append(_("Sending is held, because %(reason)s.") % {"reason": reason})
    if settings.REMINDERS_TEST_ADDRESS:
        words = _("This is a trial: all reminders go to %s, none to a customer.")
        notices.append(words % settings.REMINDERS_TEST_ADDRESS)
    return notices


def explain_doubts() -> list[str]:
    """Return what to do about reminders in doubt; nothing when there is none."""
    if not Reminder.objects.in_doubt().exists():
        return []
    return [
        _(
            "Some reminders are in doubt: the line broke while the mail was handed over, so they may have arrived. "
            "Look in the log of your mail server or ask the customer, then choose “Was sent” or “Send again”."
        )
    ]


def explain_due(now: datetime) -> Iterator[str]:
    """Yield a line for each due reminder: whether it would go out, and why."""
    due = list(FollowUp.objects.due(now).values_list("offer", flat=True))
    hold = holds.pull_and_find_hold(len(due), now)
    if hold:
        yield str(SENTENCES[hold])
    plans = Plans()
    for case in load_cases(due, now):
        decision = plans.decide(case, now)
        verdict = _("does not go out")
        if decision.is_due(now) and not hold:
            verdict = _("goes out")
        step = f"{_('step')} {decision.step or '–'}"
        what = f"{case.offer.number}, {case.offer.customer.email}, {step}"
        yield f"{what}: {verdict}. {SENTENCES[decision.because]}"
