"""Sentences for people: the meaning of each `Because` of the rules, and the result of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reminders.rules import Because

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SENTENCES: dict[Because, _StrPromise] = {
    Because.STEP_DUE: _("The plan says so."),
    Because.ASK_AGAIN: _("The customer asked to be asked again on that day."),
    Because.PAUSED: _("Reminders are paused until then."),
    Because.QUIET: _("There was contact with the customer, so the quiet days come first."),
    Because.GAP: _("The customer had another reminder shortly before."),
    Because.CATCH_UP: _("Its day was missed, so it goes out at the next opportunity."),
    Because.RETRY: _("The mail server could not take it, so it is tried again."),
    Because.SEND_NOW: _("Someone asked to send it now."),
    Because.NEEDS_RELEASE: _("It waits for someone to release it."),
    Because.LINK_WAITS: _("It is due, but the public service does not know the feedback link yet."),
    Because.SENDING: _("It is being sent right now."),
    Because.CALL: _("A phone call is planned instead of the mail."),
    Because.OFF: _("Sending is switched off (REMINDERS_ENABLED)."),
    Because.HELD: _("Sending is held until someone releases it."),
    Because.STALE_ANSWERS: _(
        "The answers of the customers could not be fetched, so nothing is sent."
    ),
    Because.INTERESTED: _("The customer is interested."),
    Because.DECLINED: _("The customer has declined."),
    Because.ORDERED: _("The customer has ordered."),
    Because.NO_ANSWER: _("The offer was closed without an answer."),
    Because.SUPERSEDED: _("A newer offer has taken its place."),
    Because.WITHDRAWN: _("The offer was withdrawn."),
    Because.IN_REVIEW: _("Someone has to check the offer first."),
    Because.STOPPED: _("Reminders of this offer were stopped."),
    Because.OPTED_OUT: _("The customer wants no more reminders."),
    Because.DO_NOT_CONTACT: _("The customer is marked “do not contact”."),
    Because.NO_BASIS: _(
        "There is no basis for writing to the customer. Name one in the offer or in its plan."
    ),
    Because.BOUNCED: _("Mails to this address come back."),
    Because.REPLIED: _(
        "The customer has replied by mail. Read the reply, then resume or close the offer."
    ),
    Because.FAILED: _(
        "The mail server refused the last reminder. Someone has to decide what to do."
    ),
    Because.STEPS_DONE: _("All steps of the plan are done."),
    Because.BEFORE_GO_LIVE: _("The offer is older than the day on which reminders started."),
    Because.TOO_OLD: _("The offer is too old for a first reminder."),
    Because.LINK_INVALID: _("The feedback link has expired, was used or was revoked."),
    Because.NO_PLAN: _("There is no reminder plan. Create one and mark it as the default."),
}

BECAUSE_CHOICES = [(because.value, sentence) for because, sentence in SENTENCES.items()]


@dataclass
class SendSums:
    """What a run came to. The counts are mails."""

    # Why it sent nothing at all or ended early, if so.
    because: Because | None = None
    sent: int = 0
    planned: int = 0
    failed: int = 0
    in_doubt: int = 0
    withheld: int = 0
    problem: str = ""
    text_problem: str = ""

    def count(self, state: str | None) -> None:
        """Count a mail by its state; None means a withheld mail."""
        name = state or "withheld"
        setattr(self, name, getattr(self, name) + 1)

    def __str__(self) -> str:
        why = str(SENTENCES[self.because]) if self.because else ""
        counts = (self.sent, self.planned, self.failed, self.in_doubt, self.withheld)
        if why and not any(counts):
            return why
        sums = gettext(
            "%(sent)d sent, %(planned)d later, %(failed)d failed, %(in_doubt)d in doubt, %(withheld)d withheld."
        )
        return " ".join(filter(None, (sums % vars(self), why, self.problem, self.text_problem)))
