"""Decide what a received mail is: a reply, an absence, a bounce and so on. No database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from offers.mail_import.decide import (
    MessageDecision,
    Rule,
    apply_rules,
    decide_duplicate,
    decide_own,
    decide_problem,
    follow_up,
)
from offers.mail_import.message import MailMessage, MessageContext
from offers.models import Offer, SourceFile
from offers.parsing.findings import About

State, Reason = SourceFile.State, SourceFile.Reason
# More bounces within an hour are no accident of single addresses: nobody else is marked.
MOST_BOUNCES = 5


def decide_received(message: MailMessage, context: MessageContext) -> MessageDecision:
    """Return the decision about a received mail; the first rule that applies decides."""
    decision = apply_rules(_RULES, message, context)
    return decision or MessageDecision(State.NOT_AN_OFFER, Reason.KEPT)


def _decide_copy(_message: MailMessage, context: MessageContext) -> MessageDecision | None:
    return decide_duplicate(context.earlier_copy) if context.earlier_copy else None


def _decide_forged(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about a forged mail that would matter if it were genuine; it holds nothing."""
    if not message.is_forged:
        return None
    offer = context.in_thread or context.by_number or _get_only(context.of_sender)
    offer = offer or _find_named(message, context)
    if offer or context.of_sender or context.of_company or context.maybe_bounced:
        return MessageDecision(State.REVIEW, Reason.FORGED, offer=offer)
    return None


def _decide_bounce(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    bounce = message.bounce
    if bounce is None:
        return None
    detail = f"{bounce.status} {bounce.diagnostic}".strip()[:500]
    if bounce.about == About.DELAY:
        reason = Reason.DELAYED if context.bounced else Reason.BOUNCE_OF_OTHERS
        return MessageDecision(State.AUTOMATIC, reason, detail, context.in_thread)
    if not context.bounced:
        return _decide_unproven(context, detail)
    if bounce.about == About.MAIL:
        return _decide_refused(context, detail)
    if context.bounce_count >= MOST_BOUNCES:
        return MessageDecision(State.REVIEW, Reason.MANY_BOUNCES, detail, context.in_thread)
    return MessageDecision(State.AUTOMATIC, Reason.BOUNCED, detail, context.in_thread)


def _decide_unproven(context: MessageContext, detail: str) -> MessageDecision:
    """Decide about a report that returns no mail of ours, or names none of its recipients."""
    offer = context.in_thread or _get_only(context.of_sender)
    if offer or context.of_sender:
        return MessageDecision(State.REVIEW, Reason.MAYBE_BOUNCED, detail, offer)
    return MessageDecision(State.AUTOMATIC, Reason.BOUNCE_OF_OTHERS, detail)


def _decide_refused(context: MessageContext, detail: str) -> MessageDecision:
    """Decide about a report that is about the mail, not about its address."""
    offer = context.in_thread
    sent_at = context.answered_at
    if offer is None or not _is_not_closed(offer):
        return MessageDecision(State.AUTOMATIC, Reason.MAIL_REFUSED, detail, offer)
    if sent_at is not None and offer.sent_at > sent_at:
        # A newer mail of the offer was sent since.
        return MessageDecision(State.AUTOMATIC, Reason.MAIL_REFUSED, detail, offer)
    return MessageDecision(State.REVIEW, Reason.MAIL_REFUSED, detail, offer, holds=True)


def _decide_automatic(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if not message.automatic:
        return None
    # Of somebody who cannot know the mail it answers, it says nothing about the customer.
    in_thread = context.in_thread if context.knows_thread else None
    offer = in_thread or context.by_number or _get_only(context.of_sender)
    if not message.is_surely_automatic:
        return _decide_doubtful(message, context, offer)
    until = message.absence.until
    if message.absence.is_too_long and context.of_sender:
        return _decide_long_absence(message, context, offer)
    if until is None or not context.of_sender:
        return MessageDecision(State.AUTOMATIC, Reason.OUT_OF_OFFICE, message.automatic, offer)
    day = until.isoformat()
    return MessageDecision(State.AUTOMATIC, Reason.RETURN_DATE, day, offer, pauses_until=until)


def _decide_doubtful(
    message: MailMessage, context: MessageContext, offer: Offer | None
) -> MessageDecision | None:
    """Decide about a mail that a person or a program may have written."""
    if context.in_thread and not context.knows_thread:
        return None
    if offer is not None and _is_not_closed(offer):
        # Words alone pause nothing.
        is_marked = message.automatic != "text" and context.of_sender
        until = message.absence.until if is_marked else None
        return MessageDecision(
            State.REVIEW,
            Reason.MAYBE_AUTOMATIC,
            until.isoformat() if until else "",
            offer,
            holds=True,
            sent_at=_not_before(message, context, offer),
            pauses_until=until,
        )
    if context.of_sender:
        numbers = _join_numbers(context.of_sender)
        return MessageDecision(State.REVIEW, Reason.MAYBE_AUTOMATIC, numbers)
    if not context.of_company and (named := _find_named(message, context)):
        return _ask_about_stranger(message, context, named)
    return MessageDecision(State.AUTOMATIC, Reason.OUT_OF_OFFICE, message.automatic, offer)


def _decide_long_absence(
    message: MailMessage, context: MessageContext, offer: Offer | None
) -> MessageDecision:
    day = message.absence.named_day
    detail = day.isoformat() if day else ""
    if offer not in context.of_sender:
        offer = _get_only(context.of_sender)
    return MessageDecision(
        State.REVIEW, Reason.LONG_ABSENCE, detail, offer, holds=offer is not None
    )


def _decide_internal(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if message.mail.sender is not None and context.ours.has(message.mail.sender):
        return MessageDecision(State.INTERNAL, Reason.FROM_COLLEAGUE)
    return None


def _decide_reply(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if context.in_thread and context.knows_thread:
        sent_at = _not_before(message, context, context.in_thread)
        return follow_up(Reason.REPLY, context.in_thread)._replace(sent_at=sent_at)
    if context.by_number:
        sent_at = _not_before(message, context, context.by_number)
        return follow_up(Reason.REPLY_BY_NUMBER, context.by_number)._replace(sent_at=sent_at)
    return None


def _decide_stranger(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about an answer in the thread of an offer from somebody who cannot know of it."""
    offer = context.in_thread
    if offer is None or not _is_not_closed(offer):
        return None
    return _ask_about_stranger(message, context, offer)


def _decide_named(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about a mail from somebody unknown that names the number of an offer of ours."""
    offer = _find_named(message, context)
    return _ask_about_stranger(message, context, offer) if offer else None


def _find_named(message: MailMessage, context: MessageContext) -> Offer | None:
    return _get_only(context.named) if message.may_name_ours else None


def _ask_about_stranger(
    message: MailMessage, context: MessageContext, offer: Offer
) -> MessageDecision:
    return MessageDecision(
        State.REVIEW,
        Reason.UNKNOWN_SENDER,
        offer=offer,
        # Whoever tries many Message-IDs must not be able to hold up an offer.
        holds=not message.is_guessing,
        sent_at=_not_before(message, context, offer),
    )


def _decide_inquiry(message: MailMessage, _context: MessageContext) -> MessageDecision | None:
    """Leave an inquiry about something else: whoever sends it has not answered an offer."""
    if message.is_new_inquiry:
        return MessageDecision(State.NOT_AN_OFFER, Reason.KEPT)
    return None


def _decide_by_sender(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if offer := _get_only(context.of_sender):
        sent_at = _not_before(message, context, offer)
        return follow_up(Reason.REPLY_BY_SENDER, offer)._replace(sent_at=sent_at)
    if context.of_sender:
        return MessageDecision(
            State.REVIEW, Reason.SEVERAL_OPEN_OFFERS, _join_numbers(context.of_sender)
        )
    if context.of_company:
        return MessageDecision(State.REVIEW, Reason.SAME_COMPANY, _join_numbers(context.of_company))
    return None


def _decide_timeout(message: MailMessage, _context: MessageContext) -> MessageDecision | None:
    if message.pattern_timed_out:
        return MessageDecision(State.REVIEW, Reason.PATTERN_TIMEOUT)
    return None


_RULES: tuple[Rule, ...] = (
    decide_problem,
    decide_own,
    _decide_copy,
    _decide_forged,
    _decide_bounce,
    _decide_automatic,
    _decide_internal,
    _decide_reply,
    _decide_stranger,
    _decide_inquiry,
    _decide_by_sender,
    _decide_named,
    _decide_timeout,
)


def _not_before(message: MailMessage, context: MessageContext, offer: Offer) -> datetime:
    """Return when a reply was sent: never before what it answers, whatever its clock said."""
    answered_at = offer.first_sent_at
    if offer is context.in_thread and context.answered_at is not None:
        answered_at = context.answered_at
    return max(message.sent_at, answered_at)


def _is_not_closed(offer: Offer) -> bool:
    return offer.status in Offer.NOT_CLOSED


def _get_only(offers: Sequence[Offer]) -> Offer | None:
    return offers[0] if len(offers) == 1 else None


def _join_numbers(offers: Sequence[Offer]) -> str:
    return ", ".join(offer.number for offer in offers[:10])[:500]
