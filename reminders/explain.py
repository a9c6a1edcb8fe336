"""What a salesperson reads about the next reminder of an offer: one line, when and why."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reminders.models import FollowUp, Reminder, SendingHold
from reminders.reasons import SENTENCES
from reminders.rules import Because


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
    """Return what keeps all reminders from going out, or turns them elsewhere; nothing on a usual
    day.
    """
    notices = []
    if not settings.REMINDERS_ENABLED:
        notices.append(str(SENTENCES[Because.OFF]))
    hold = SendingHold.get()
    if hold.is_held:
        notices.append(
            _("Sending is held, because %(reason)s.") % {"reason": hold.get_reason_display()}
        )
    if settings.REMINDERS_TEST_ADDRESS:
        notices.append(
            _("This is a trial: all reminders go to %s, none to a customer.")
            % settings.REMINDERS_TEST_ADDRESS
        )
    return notices


def explain_doubts() -> list[str]:
    """Return what to do about reminders in doubt; nothing when there is none."""
    # Said twice, so that the index of those not sent is used.
    if (
        not Reminder.objects.filter(state=Reminder.State.IN_DOUBT)
        .exclude(state=Reminder.State.SENT)
        .exists()
    ):
        return []
    return [
        _(
            "Some reminders are in doubt: the line broke while the mail was handed over, so they may have arrived. "
            "Look in the log of your mail server or ask the customer, then choose “Was sent” or “Send again”."
        )
    ]
