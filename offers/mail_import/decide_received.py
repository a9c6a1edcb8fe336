"""Decide what a received mail is: a reply, an absence, a bounce and so on. No database, no clock."""

from __future__ import annotations

from collections.abc import Sequence

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

State, Reason = SourceFile.State, SourceFile.Reason


def decide_received(message: MailMessage, context: MessageContext) -> MessageDecision:
    """Return the decision about a received mail; the first rule that applies decides."""
    decision = apply_rules(_RULES, message, context)
    return decision or MessageDecision(State.NOT_AN_OFFER, Reason.NO_REPLY)


def _decide_copy(_message: MailMessage, context: MessageContext) -> MessageDecision | None:
    return decide_duplicate(context.earlier_copy) if context.earlier_copy else None


def _decide_bounce(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    bounce = message.bounce
    if bounce is None:
        return None
    if not context.bounced:
        return MessageDecision(State.AUTOMATIC, Reason.BOUNCE_OF_OTHERS, offer=context.in_thread)
    reason = Reason.BOUNCED if bounce.is_permanent else Reason.DELAYED
    detail = f"{bounce.status} {bounce.diagnostic}".strip()[:500]
    return MessageDecision(
        State.AUTOMATIC, reason, detail, context.in_thread or _get_only(context.of_sender)
    )


def _decide_automatic(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if not message.automatic:
        return None
    offer = _find_answered_offer(message, context) or _get_only(context.of_sender)
    if message.returns_on is None:
        return MessageDecision(State.AUTOMATIC, Reason.OUT_OF_OFFICE, message.automatic, offer)
    reason = Reason.RETURN_DATE if context.of_sender else Reason.OUT_OF_OFFICE
    return MessageDecision(State.AUTOMATIC, reason, message.returns_on.isoformat(), offer)


def _decide_internal(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if message.sender_domain in context.own_domains:
        return MessageDecision(State.INTERNAL, Reason.FROM_COLLEAGUE)
    return None


def _decide_reply(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if context.in_thread:
        return follow_up(Reason.REPLY, context.in_thread)
    if by_number := _find_answered_offer(message, context):
        return follow_up(Reason.REPLY_BY_NUMBER, by_number)
    return None


def _decide_by_sender(_message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if len(context.of_sender) == 1:
        return follow_up(Reason.REPLY_BY_SENDER, context.of_sender[0])
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
    _decide_bounce,
    _decide_automatic,
    _decide_internal,
    _decide_reply,
    _decide_by_sender,
    _decide_timeout,
)


def _find_answered_offer(message: MailMessage, context: MessageContext) -> Offer | None:
    """Return the offer that a mail answers, or the sender's offer whose number it names."""
    if context.in_thread:
        return context.in_thread
    for offer in context.same_number:
        if offer.customer.email == message.sender_email:
            return offer
    return None


def _get_only(offers: Sequence[Offer]) -> Offer | None:
    return offers[0] if len(offers) == 1 else None


def _join_numbers(offers: Sequence[Offer]) -> str:
    return ", ".join(offer.number for offer in offers[:10])[:500]
