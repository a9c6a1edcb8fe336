"""Decide what a sent mail is: an offer, a revision, a follow-up and so on. No database, no clock.

What names a number is decided in `decide_number.py`.
"""

from __future__ import annotations

from offers.mail_import.decide import (
    MessageDecision,
    Rule,
    apply_rules,
    decide_duplicate,
    decide_own,
    decide_problem,
)
from offers.mail_import.decide_number import decide_in_thread, decide_number
from offers.mail_import.message import EarlierCopy, MailMessage, MessageContext
from offers.models import SourceFile
from offers.parsing.addresses import is_directory_name
from offers.parsing.purpose import Purpose

State, Reason = SourceFile.State, SourceFile.Reason


def decide_sent(message: MailMessage, context: MessageContext) -> MessageDecision:
    """Return the decision about a sent mail; the first rule that applies decides."""
    decision = apply_rules(_RULES, message, context)
    return decision or MessageDecision(State.NOT_AN_OFFER, Reason.NO_OFFER)


def _decide_draft(message: MailMessage, _context: MessageContext) -> MessageDecision | None:
    if message.is_draft:
        return MessageDecision(State.NOT_AN_OFFER, Reason.DRAFT)
    return None


def _decide_automatic(message: MailMessage, _context: MessageContext) -> MessageDecision | None:
    if message.automatic:
        return MessageDecision(State.AUTOMATIC, Reason.AUTOMATIC, message.automatic)
    return None


def _decide_internal(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    recipients = message.mail.recipients
    if not recipients or context.ours.find_external(recipients):
        return None
    if message.number and any(is_directory_name(address.email) for address in recipients):
        return None  # a name of the Exchange directory may stand for anybody
    return MessageDecision(State.INTERNAL, Reason.OWN_DOMAINS_ONLY)


def _decide_copy(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    copy = context.earlier_copy
    if not copy:
        return None
    is_same_id = copy.reason == Reason.SAME_MESSAGE_ID
    # One Message-ID with two offer numbers may be two offers: a person decides.
    if is_same_id and message.number and copy.file.number and message.number != copy.file.number:
        return MessageDecision(State.REVIEW, Reason.OTHER_NUMBER, copy.file.number)
    if is_same_id and _is_redirected(message, copy):
        return None
    return decide_duplicate(copy)


def _is_redirected(message: MailMessage, copy: EarlierCopy) -> bool:
    """Return whether a mail was sent once more, to somebody who had not got it."""
    before = {entry["email"] for entry in copy.file.recipients}
    return any(address.email not in before for address in message.mail.resent_to)


def _decide_timeout(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    if message.pattern_timed_out:
        return MessageDecision(State.REVIEW, Reason.PATTERN_TIMEOUT, offer=context.in_thread)
    return None


def _decide_sender(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about what somebody else wrote, although it lies among our sent mails."""
    sender, ours = message.mail.sender, context.ours
    if sender is None or not ours.is_known or ours.has(sender):
        return None
    if context.in_thread:
        return MessageDecision(State.REVIEW, Reason.NOT_OURS, offer=context.in_thread, holds=True)
    is_number = message.number and not message.number_in_text
    if is_number or message.has_keyword or message.offer_file or message.is_only_pdf:
        return MessageDecision(State.REVIEW, Reason.NOT_OURS, sender.email)
    return MessageDecision(State.NOT_AN_OFFER, Reason.NO_OFFER)


def _decide_order(_message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about a mail without a number that speaks of an order, if its recipient has an offer."""
    offers = context.of_recipients
    if len(offers) == 1:
        purpose = Purpose.CONFIRMS.value
        return MessageDecision(State.REVIEW, Reason.LATER_MAIL, purpose, offers[0], holds=True)
    if offers:
        return MessageDecision(State.REVIEW, Reason.OTHER_DOCUMENT, Purpose.CONFIRMS.value)
    return None


def _decide_words(message: MailMessage, _context: MessageContext) -> MessageDecision | None:
    """Ask about a mail without a number whose words speak of an offer."""
    if message.offer_file and not message.has_keyword and not message.is_only_pdf:
        return MessageDecision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, message.offer_file)
    if message.is_too_large and (message.has_keyword or not message.mail.subject):
        return MessageDecision(State.REVIEW, Reason.TOO_LARGE)
    if message.has_keyword:
        return MessageDecision(State.REVIEW, Reason.NO_NUMBER)
    return None


def _decide_closed(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Ask about a mail to somebody outside that does not show what is in it."""
    if not context.ours.find_people(message.mail.recipients):
        return None
    if message.hides_subject:
        return MessageDecision(State.REVIEW, Reason.HIDDEN_SUBJECT)
    if message.is_only_pdf:
        return MessageDecision(State.REVIEW, Reason.ONLY_PDF, "".join(message.attachments[:1]))
    if message.is_closed:
        return MessageDecision(State.REVIEW, Reason.CLOSED_CONTENT)
    return None


_RULES: tuple[Rule, ...] = (
    decide_problem,
    decide_own,
    _decide_draft,
    _decide_automatic,
    _decide_internal,
    _decide_copy,
    _decide_timeout,
    _decide_sender,
    decide_number,
    decide_in_thread,
    _decide_order,
    _decide_words,
    _decide_closed,
)
