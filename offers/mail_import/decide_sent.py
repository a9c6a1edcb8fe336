"""Decide what a sent mail is: an offer, a revision, a follow-up and so on. No database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from offers.mail_import.decide import (
    MessageDecision,
    Rule,
    apply_rules,
    decide_duplicate,
    decide_own,
    decide_problem,
    find_external,
    follow_up,
)
from offers.mail_import.message import MailMessage, MessageContext
from offers.models import Offer, SourceFile
from offers.parsing.mail import Address, Mail
from offers.parsing.mail_providers import MAIL_PROVIDERS

State, Reason = SourceFile.State, SourceFile.Reason


def decide_sent(message: MailMessage, context: MessageContext) -> MessageDecision:
    """Return the decision about a sent mail; the first rule that applies decides."""
    decision = apply_rules(_RULES, message, context)
    return decision or MessageDecision(State.NOT_AN_OFFER, Reason.NO_OFFER)


def _decide_automatic(message: MailMessage, _context: MessageContext) -> MessageDecision | None:
    if message.automatic:
        return MessageDecision(State.AUTOMATIC, Reason.AUTOMATIC, message.automatic)
    return None


def _decide_internal(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    recipients = message.mail.recipients
    if recipients and not find_external(recipients, context.own_domains):
        return MessageDecision(State.INTERNAL, Reason.OWN_DOMAINS_ONLY)
    return None


def _decide_copy(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    copy = context.earlier_copy
    if not copy:
        return None
    # One Message-ID with two offer numbers may be two offers: a person decides.
    if (
        copy.reason == Reason.SAME_MESSAGE_ID
        and message.number
        and copy.file.number
        and message.number != copy.file.number
    ):
        return MessageDecision(State.REVIEW, Reason.OTHER_NUMBER, copy.file.number)
    return decide_duplicate(copy)


def _decide_timeout(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if message.pattern_timed_out:
        return MessageDecision(State.REVIEW, Reason.PATTERN_TIMEOUT, offer=context.in_thread)
    return None


def _decide_number(  # noqa: C901, PLR0911 - the order is the rule
    message: MailMessage, context: MessageContext
) -> MessageDecision | None:
    if not message.number:
        return None
    external = find_external(message.mail.recipients, context.own_domains)
    prefixes = message.prefixes
    offer = _find_known_offer(context.same_number, external, context.in_thread)
    is_reply = prefixes.is_reply or (offer is not None and offer is context.in_thread)
    if message.is_other_document:
        return MessageDecision(State.REVIEW, Reason.OTHER_DOCUMENT, offer=offer, holds=True)
    if message.is_appointment and not offer:
        return MessageDecision(State.REVIEW, Reason.APPOINTMENT)
    if offer and (is_reply or prefixes.is_forward or message.is_appointment):
        reason = Reason.IN_THREAD if offer is context.in_thread else Reason.REPLY_PREFIX
        return follow_up(reason, offer)
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


def _decide_thread(_message: MailMessage, context: MessageContext) -> MessageDecision | None:
    return follow_up(Reason.IN_THREAD, context.in_thread) if context.in_thread else None


def _decide_words(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about a mail without a number that may be an offer."""
    if message.offer_file and not message.has_keyword:
        return MessageDecision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, message.offer_file)
    if message.is_too_large and (message.has_keyword or not message.mail.subject):
        return MessageDecision(State.REVIEW, Reason.TOO_LARGE)
    if message.has_keyword:
        return MessageDecision(State.REVIEW, Reason.NO_NUMBER)
    if message.hides_subject and find_external(message.mail.recipients, context.own_domains):
        return MessageDecision(State.REVIEW, Reason.HIDDEN_SUBJECT)
    return None


_RULES: tuple[Rule, ...] = (
    decide_problem,
    decide_own,
    _decide_automatic,
    _decide_internal,
    _decide_copy,
    _decide_timeout,
    _decide_number,
    _decide_thread,
    _decide_words,
)


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
    external = find_external(mail.to, own_domains) or find_external(mail.recipients, own_domains)
    companies = set()
    for recipient in external:
        if recipient.domain in MAIL_PROVIDERS:
            # Private mailboxes at one provider belong to different people.
            companies.add(recipient.email)
        else:
            companies.add(recipient.domain)
    return len(companies) > 1
