"""What the decisions about sent and received mails have in common. No database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from offers.mail_import.message import EarlierCopy, MailMessage, MessageContext
from offers.models import Offer, SourceFile
from offers.parsing.mail import Address

State, Reason = SourceFile.State, SourceFile.Reason


class MessageDecision(NamedTuple):
    """What becomes of a mail."""

    state: SourceFile.State
    reason: SourceFile.Reason
    detail: str = ""
    offer: Offer | None = None
    # The customer of a new offer.
    customer: Address | None = None
    duplicate_of: SourceFile | None = None
    is_reply: bool = False
    # A question that keeps the reminders of its offer back until a person answers it.
    holds: bool = False
    # When the mail counts as sent, where its own clock was wrong.
    sent_at: datetime | None = None
    # The last day for which the sender's open offers are paused.
    pauses_until: date | None = None


# A rule decides about a mail, or leaves it to the next rule.
Rule = Callable[[MailMessage, MessageContext], MessageDecision | None]


def apply_rules(
    rules: Sequence[Rule], message: MailMessage, context: MessageContext
) -> MessageDecision | None:
    """Return the decision of the first rule that decides about a message."""
    for rule in rules:
        if decision := rule(message, context):
            return decision
    return None


def decide_problem(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Decide about a file that could not be read."""
    reason = message.problem
    if not reason:
        return None
    if reason in (Reason.EMPTY, Reason.NO_MAIL, Reason.VANISHED):
        return MessageDecision(State.BROKEN, reason, message.detail)
    return MessageDecision(State.WAITING, reason, message.detail)


def decide_own(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Decide about a mail that Nachfass sent itself."""
    if not (message.is_own or context.is_own):
        return None
    offer = context.own_offer or context.in_thread
    return MessageDecision(State.OWN_REMINDER, Reason.OWN_REMINDER, offer=offer)


def decide_duplicate(copy: EarlierCopy) -> MessageDecision:
    """Decide about a mail that is there as another file."""
    return MessageDecision(
        State.DUPLICATE, copy.reason, copy.file.name[:500], copy.file.offer, duplicate_of=copy.file
    )


def follow_up(reason: SourceFile.Reason, offer: Offer) -> MessageDecision:
    """Decide that a mail is about a known offer and offers nothing anew; a received one is its reply."""
    return MessageDecision(State.FOLLOW_UP, reason, offer=offer, is_reply=True)
