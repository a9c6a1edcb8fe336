"""Decide what a mail is: an offer, a revision, a reply and so on. No database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from offers.mail_import.message import EarlierCopy, MailMessage, MessageContext
from offers.models import Offer, SourceFile
from offers.parsing.mail import Address, Mail
from offers.parsing.mail_providers import MAIL_PROVIDERS

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


def _follow_up(reason: SourceFile.Reason, offer: Offer) -> MessageDecision:
    return MessageDecision(State.FOLLOW_UP, reason, offer=offer, is_reply=True)


def _decide_problem(message: MailMessage) -> MessageDecision:
    reason = message.problem or Reason.NO_MAIL
    if reason in (Reason.EMPTY, Reason.NO_MAIL, Reason.VANISHED):
        return MessageDecision(State.BROKEN, reason, message.detail)
    return MessageDecision(State.WAITING, reason, message.detail)


def decide_outgoing(message: MailMessage, context: MessageContext) -> MessageDecision:  # noqa: C901, PLR0911 - the order is the rule
    """Return the decision about a sent mail; the first condition that applies decides."""
    if message.problem:
        return _decide_problem(message)
    recipients = message.mail.recipients
    external = _find_external(recipients, context.own_domains)
    if message.is_own or context.is_own:
        return _decide_own(context)
    if message.automatic:
        return MessageDecision(State.AUTOMATIC, Reason.AUTOMATIC, message.automatic)
    if recipients and not external:
        return MessageDecision(State.INTERNAL, Reason.OWN_DOMAINS_ONLY)
    if context.earlier_copy:
        return _decide_copy(message, context.earlier_copy)
    if message.pattern_timed_out:
        return MessageDecision(State.REVIEW, Reason.PATTERN_TIMEOUT, offer=context.in_thread)
    if message.number:
        return _decide_number(message, context, external)
    if context.in_thread:
        return _follow_up(Reason.IN_THREAD, context.in_thread)
    if message.offer_file and not message.has_keyword:
        return MessageDecision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, message.offer_file)
    if message.is_too_large and (message.has_keyword or not message.mail.subject):
        return MessageDecision(State.REVIEW, Reason.TOO_LARGE)
    if message.has_keyword:
        return MessageDecision(State.REVIEW, Reason.NO_NUMBER)
    if message.hides_subject and external:
        return MessageDecision(State.REVIEW, Reason.HIDDEN_SUBJECT)
    return MessageDecision(State.NOT_AN_OFFER, Reason.NO_OFFER)


def _decide_own(context: MessageContext) -> MessageDecision:
    offer = context.own_offer or context.in_thread
    return MessageDecision(State.OWN_REMINDER, Reason.OWN_REMINDER, offer=offer)


def _decide_copy(message: MailMessage, copy: EarlierCopy) -> MessageDecision:
    # One Message-ID with two offer numbers may be two offers: a person decides.
    if (
        copy.reason == Reason.SAME_MESSAGE_ID
        and message.number
        and copy.file.number
        and message.number != copy.file.number
    ):
        return MessageDecision(State.REVIEW, Reason.OTHER_NUMBER, copy.file.number)
    return _decide_duplicate(copy)


def _decide_duplicate(copy: EarlierCopy) -> MessageDecision:
    return MessageDecision(
        State.DUPLICATE, copy.reason, copy.file.name[:500], copy.file.offer, duplicate_of=copy.file
    )


def _decide_number(  # noqa: PLR0911 - the order is the rule
    message: MailMessage, context: MessageContext, external: Sequence[Address]
) -> MessageDecision:
    prefixes = message.prefixes
    offer = _find_known_offer(context.same_number, external, context.in_thread)
    is_reply = prefixes.is_reply or (offer is not None and offer is context.in_thread)
    if message.is_other_document:
        return MessageDecision(State.REVIEW, Reason.OTHER_DOCUMENT, offer=offer)
    if message.is_appointment and not offer:
        return MessageDecision(State.REVIEW, Reason.APPOINTMENT)
    if offer and (is_reply or prefixes.is_forward or message.is_appointment):
        reason = Reason.IN_THREAD if offer is context.in_thread else Reason.REPLY_PREFIX
        return _follow_up(reason, offer)
    if offer and not message.number_in_attachment:
        return MessageDecision(State.REVISION, Reason.NEWER_MAIL, offer=offer)
    if not external:
        return MessageDecision(State.REVIEW, Reason.NO_RECIPIENT)
    if prefixes.is_forward or (is_reply and context.same_number):
        return MessageDecision(State.REVIEW, Reason.FORWARDED)
    if message.number_in_attachment and not message.has_keyword:
        return MessageDecision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, message.number)
    if offer:
        return MessageDecision(State.REVISION, Reason.NEWER_MAIL, offer=offer)
    if _is_several_companies(message.mail, context.own_domains):
        return MessageDecision(State.REVIEW, Reason.SEVERAL_COMPANIES)
    reason = Reason.NUMBER_IN_ATTACHMENT if message.number_in_attachment else Reason.NEW_NUMBER
    return MessageDecision(State.OFFER, reason, customer=external[0], is_reply=is_reply)


def _find_known_offer(
    offers: Sequence[Offer], external: Sequence[Address], in_thread: Offer | None
) -> Offer | None:
    """Return the offer of this number that a mail to these recipients is about, if it is known."""
    if in_thread is not None and in_thread in offers:
        return in_thread
    emails = {recipient.email for recipient in external}
    for offer in offers:
        if offer.customer.email in emails:
            return offer
    # The number sent to a colleague of the customer is not a second offer: otherwise two people of
    # one company would be reminded.
    domains = {recipient.domain for recipient in external} - MAIL_PROVIDERS
    for offer in offers:
        if offer.customer.domain in domains:
            return offer
    return None


def _is_several_companies(mail: Mail, own_domains: Collection[str]) -> bool:
    # Copies to other companies are usual, so Cc and Bcc count only where To names nobody outside.
    external = _find_external(mail.to, own_domains) or _find_external(mail.recipients, own_domains)
    companies = set()
    for recipient in external:
        if recipient.domain in MAIL_PROVIDERS:
            # Private mailboxes at one provider belong to different people.
            companies.add(recipient.email)
        else:
            companies.add(recipient.domain)
    return len(companies) > 1


def _find_external(addresses: Sequence[Address], own_domains: Collection[str]) -> list[Address]:
    return [address for address in addresses if address.domain not in own_domains]


def decide_incoming(message: MailMessage, context: MessageContext) -> MessageDecision:  # noqa: C901, PLR0911 - the order is the rule
    """Return the decision about a received mail; the first condition that applies decides."""
    if message.problem:
        return _decide_problem(message)
    if message.is_own or context.is_own:
        return _decide_own(context)
    if context.earlier_copy:
        return _decide_duplicate(context.earlier_copy)
    if message.bounce:
        return _decide_bounce(message, context)
    if message.automatic:
        return _decide_automatic(message, context)
    if message.sender_domain in context.own_domains:
        return MessageDecision(State.INTERNAL, Reason.FROM_COLLEAGUE)
    if context.in_thread:
        return _follow_up(Reason.REPLY, context.in_thread)
    if by_number := _find_answered_offer(message, context):
        return _follow_up(Reason.REPLY_BY_NUMBER, by_number)
    if len(context.of_sender) == 1:
        return _follow_up(Reason.REPLY_BY_SENDER, context.of_sender[0])
    if context.of_sender:
        return MessageDecision(
            State.REVIEW, Reason.SEVERAL_OPEN_OFFERS, _join_numbers(context.of_sender)
        )
    if context.of_company:
        return MessageDecision(State.REVIEW, Reason.SAME_COMPANY, _join_numbers(context.of_company))
    if message.pattern_timed_out:
        return MessageDecision(State.REVIEW, Reason.PATTERN_TIMEOUT)
    return MessageDecision(State.NOT_AN_OFFER, Reason.NO_REPLY)


def _decide_automatic(message: MailMessage, context: MessageContext) -> MessageDecision:
    offer = _find_answered_offer(message, context) or _get_only(context.of_sender)
    if message.returns_on is None:
        return MessageDecision(State.AUTOMATIC, Reason.OUT_OF_OFFICE, message.automatic, offer)
    reason = Reason.RETURN_DATE if context.of_sender else Reason.OUT_OF_OFFICE
    return MessageDecision(State.AUTOMATIC, reason, message.returns_on.isoformat(), offer)


def _decide_bounce(message: MailMessage, context: MessageContext) -> MessageDecision:
    bounce = message.bounce
    if bounce is None or not context.bounced:
        return MessageDecision(State.AUTOMATIC, Reason.BOUNCE_OF_OTHERS, offer=context.in_thread)
    reason = Reason.BOUNCED if bounce.is_permanent else Reason.DELAYED
    detail = f"{bounce.status} {bounce.diagnostic}".strip()[:500]
    return MessageDecision(
        State.AUTOMATIC, reason, detail, context.in_thread or _get_only(context.of_sender)
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
