"""Decide about a sent mail that names an offer number or belongs to a thread. No database, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from offers.mail_import.decide import MessageDecision, follow_up
from offers.mail_import.message import MailMessage, MessageContext
from offers.models import Offer, SourceFile, number_key
from offers.parsing.alternatives import any_of
from offers.parsing.folding import spell_umlauts
from offers.parsing.foreign_offers import may_be_foreign, names_foreign_offer
from offers.parsing.mail import Address
from offers.parsing.mail_providers import MAIL_PROVIDERS
from offers.parsing.purpose import Purpose, find_purpose, is_inquiry
from offers.parsing.retyped import is_retyped
from offers.parsing.subject_words import KEYWORD

State, Reason = SourceFile.State, SourceFile.Reason
# What ends the reminders of an offer, most likely.
_ENDING = (
    Purpose.THANKS, Purpose.CONFIRMS, Purpose.CANCELS, Purpose.TAKES_BACK, Purpose.INVOICES,
)  # fmt: skip
_DOCUMENTS = (Purpose.CONFIRMS, Purpose.INVOICES)
# Nobody writes so about an offer of the other side.
_ABOUT_OUR_OFFER = (Purpose.THANKS, Purpose.CANCELS, Purpose.TAKES_BACK)
_HOLDING = (*_ENDING, Purpose.APPOINTS, Purpose.UNCLEAR)
_OUR_OFFER = re.compile(
    r"(?<!\w)"
    + any_of(r"""
        unser\w* (?:\w+ )?(?:angebot|anbot|offert|kosten-?voranschlag)|our (?:\w+ )?(?:quot|offer|proposal)
        notre (?:offre|devis)|(?:la )?nostra offerta|nostro preventivo
    """),
    re.IGNORECASE,
)

# In an answer these are our own words, or those of a form on our web site.
_THEIR_INQUIRY = re.compile(
    r"(?<!\w)(?:ihrer?|deine|eure|your|votre|vostra|vs\.?) (?:[\w-]+ )?"
    r"(?:\w*anfrage|inquiry|enquiry|request|demande|richiesta)",
    re.IGNORECASE,
)


class _Case(NamedTuple):
    """A mail that names a number, and the known offer that it is about."""

    message: MailMessage
    context: MessageContext
    # Who of the recipients could be a customer, those in `To` first.
    people: Sequence[Address]
    offer: Offer | None
    purpose: Purpose


def decide_number(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Decide about a mail that names an offer number."""
    if not message.number:
        return None
    people = context.ours.find_people(message.mail.recipients)
    offer = _find_known_offer(context, people)
    case = _Case(message, context, people, offer, _find_purpose(message))
    for rule in _UNKNOWN if offer is None else _KNOWN:
        if decision := rule(case):
            return decision
    raise AssertionError("the last rule decides")


def decide_in_thread(message: MailMessage, context: MessageContext) -> MessageDecision | None:
    """Decide about a mail without a number in the thread of a known offer."""
    offer = context.in_thread
    if offer is None:
        return None
    purpose = _find_purpose(message)
    if purpose in _HOLDING and offer.status in Offer.NOT_CLOSED:
        return _ask_what_became(offer, purpose)
    return follow_up(Reason.IN_THREAD, offer)


def _find_purpose(message: MailMessage) -> Purpose:
    if message.is_appointment:
        return Purpose.APPOINTS
    subject, text = message.mail.subject, message.text or ""
    purpose = find_purpose(subject, text)
    # `bestaetigen`, as people write without umlauts.
    spelled = (spell_umlauts(subject), spell_umlauts(text))
    if purpose in _HOLDING or spelled == (subject, text):
        return purpose
    purpose_as_spelled = find_purpose(*spelled)
    return purpose_as_spelled if purpose_as_spelled in _HOLDING else purpose


def _ask_what_became(offer: Offer, purpose: Purpose) -> MessageDecision:
    return MessageDecision(State.REVIEW, Reason.LATER_MAIL, purpose.value, offer, holds=True)


# Known offers.


def _ask_about_later_mail(case: _Case) -> MessageDecision | None:
    offer = case.offer
    if offer is None or offer.status not in Offer.NOT_CLOSED:
        return None
    if case.purpose in _HOLDING:
        return _ask_what_became(offer, case.purpose)
    if case.message.is_other_document:
        return MessageDecision(State.REVIEW, Reason.OTHER_DOCUMENT, offer=offer, holds=True)
    return None


def _follow_up(case: _Case) -> MessageDecision | None:
    offer, message = case.offer, case.message
    if offer is None:
        return None
    in_thread = offer is case.context.in_thread
    is_answer = message.prefixes.is_reply or in_thread
    has_offer = _has_document(message) and not message.prefixes.is_forward
    if case.purpose == Purpose.OFFERS and not message.number_in_text and not is_answer:
        return None
    if has_offer and is_answer:
        return None
    return follow_up(Reason.IN_THREAD if in_thread else Reason.REPLY_PREFIX, offer)


def _revise(case: _Case) -> MessageDecision | None:
    return MessageDecision(State.REVISION, Reason.NEWER_MAIL, offer=case.offer)


# Unknown numbers.


def _ask_about_unknown_offer(case: _Case) -> MessageDecision | None:
    is_document = case.message.is_other_document or case.purpose in _DOCUMENTS
    if case.purpose in _ENDING:
        detail = case.purpose.value
    elif is_document:
        detail = ""
    else:
        return _ask_about_appointment(case)
    if case.purpose not in _ABOUT_OUR_OFFER and not _has_document(case.message):
        # Our order or invoice is no offer. If the offer turns up, `newer_evidence.py` asks.
        return MessageDecision(State.NOT_AN_OFFER, Reason.OTHER_DOCUMENT, detail)
    return MessageDecision(State.REVIEW, Reason.OTHER_DOCUMENT, detail)


def _ask_about_appointment(case: _Case) -> MessageDecision | None:
    if case.message.is_appointment:
        return MessageDecision(State.REVIEW, Reason.APPOINTMENT, Purpose.APPOINTS.value)
    return None


def _ask_for_recipient(case: _Case) -> MessageDecision | None:
    if case.people:
        return None
    external = case.context.ours.find_external(case.message.mail.recipients)
    return MessageDecision(State.REVIEW, Reason.NO_PERSON if external else Reason.NO_RECIPIENT)


def _ask_about_third_party(case: _Case) -> MessageDecision | None:
    known = case.context.same_number
    if not known or case.message.number_in_text:
        return None
    detail = ", ".join(offer.customer.email for offer in known[:5])[:500]
    offer = known[0] if len(known) == 1 else None
    # The later of the two is the copy: then the known one may be it.
    is_older = offer is not None and case.message.sent_at < offer.first_sent_at
    return MessageDecision(State.REVIEW, Reason.THIRD_PARTY, detail, offer, holds=is_older)


def _ask_about_forward(case: _Case) -> MessageDecision | None:
    if case.message.prefixes.is_forward:
        return MessageDecision(State.REVIEW, Reason.FORWARDED)
    return None


def _ask_about_foreign_offer(case: _Case) -> MessageDecision | None:
    message = case.message
    if not _is_about_offer_of_others(message):
        return None
    if message.number_in_text and not message.has_keyword:
        return MessageDecision(State.NOT_AN_OFFER, Reason.NO_OFFER)
    return MessageDecision(State.REVIEW, Reason.FOREIGN_OFFER)


def _ask_about_foreign_number(case: _Case) -> MessageDecision | None:
    if _is_number_of_others(case.message, case.context):
        return MessageDecision(State.REVIEW, Reason.FOREIGN_NUMBER)
    return None


def _ask_about_place_of_number(case: _Case) -> MessageDecision | None:
    message = case.message
    if message.number_in_text:
        return MessageDecision(State.REVIEW, Reason.NUMBER_IN_TEXT, message.number)
    if not message.number_in_attachment or message.has_keyword:
        return None
    if message.is_only_pdf:
        return MessageDecision(State.REVIEW, Reason.ONLY_PDF, message.number)
    if message.prefixes.is_reply and _answers_inquiry(message.prefixes.rest):
        return None
    return MessageDecision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, message.number)


def _ask_about_several_companies(case: _Case) -> MessageDecision | None:
    # Copies to other companies are usual, so Cc and Bcc count only where To names nobody outside.
    people = case.context.ours.find_people(case.message.mail.to) or case.people
    companies = set()
    for person in people:
        if person.domain in MAIL_PROVIDERS:
            # Private mailboxes at one provider belong to different people.
            companies.add(person.email)
        else:
            companies.add(person.domain)
    if len(companies) > 1:
        return MessageDecision(State.REVIEW, Reason.SEVERAL_COMPANIES)
    return None


def _make_offer(case: _Case) -> MessageDecision | None:
    message = case.message
    reason = Reason.NUMBER_IN_ATTACHMENT if message.number_in_attachment else Reason.NEW_NUMBER
    # Where an older mail turns up, it is a further mail about that one.
    is_further = message.prefixes.is_reply or case.purpose == Purpose.SUPPLEMENTS
    return MessageDecision(State.OFFER, reason, customer=case.people[0], is_reply=is_further)


_NumberRule = Callable[[_Case], MessageDecision | None]
_KNOWN: tuple[_NumberRule, ...] = (_ask_about_later_mail, _follow_up, _revise)
_UNKNOWN: tuple[_NumberRule, ...] = (
    _ask_about_unknown_offer,
    _ask_for_recipient,
    _ask_about_third_party,
    _ask_about_forward,
    _ask_about_foreign_offer,
    _ask_about_foreign_number,
    _ask_about_place_of_number,
    _ask_about_several_companies,
    _make_offer,
)


def _find_known_offer(context: MessageContext, people: Sequence[Address]) -> Offer | None:
    """Return the offer of this number that a mail to these people is about, if it is known."""
    offers = context.same_number
    if context.in_thread is not None and context.in_thread in offers:
        return context.in_thread
    emails = {person.email for person in people}
    for offer in offers:
        if offer.customer.email in emails:
            return offer
    # The number sent to a colleague of the customer is not a second offer: otherwise two people of
    # one company would be reminded.
    domains = {person.domain for person in people} - MAIL_PROVIDERS
    for offer in offers:
        if offer.customer.domain in domains:
            return offer
    # Sent again after a typo in the address, before or after the bounce was seen.
    for offer in offers:
        for person in people:
            is_bounced = offer.customer.bounced_at or person.email in context.unreachable
            if is_bounced and is_retyped(offer.customer.email, person.email):
                return offer
    return None


def _has_document(message: MailMessage) -> bool:
    """Return whether an attachment is named by the number, so that it is the offer."""
    key = _letters(message.number)
    return bool(key) and any(key in _letters(name) for name in message.attachments)


def _is_about_offer_of_others(message: MailMessage) -> bool:
    subject = message.prefixes.rest
    if any(map(names_foreign_offer, {subject, spell_umlauts(subject)})):
        return True
    text = message.text or ""
    if _OUR_OFFER.search(text) or _has_document(message):
        return False
    return may_be_foreign(subject) or names_foreign_offer(text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _answers_inquiry(subject: str) -> bool:
    return is_inquiry(subject, "") or _THEIR_INQUIRY.search(subject) is not None


def _is_number_of_others(message: MailMessage, context: MessageContext) -> bool:
    """Return whether a mail repeats a number that somebody outside gave, as far as can be seen."""
    if context.answers_ours:
        return False
    if answered := context.answered:
        is_named = message.number.upper() in answered.subject.upper()
        return is_named or number_key(answered.number) == number_key(message.number)
    rest = message.prefixes.rest
    if not message.prefixes.is_reply or _answers_inquiry(rest):
        return False
    if message.number_in_attachment:
        return message.has_keyword
    if _OUR_OFFER.search(message.text or ""):
        return False
    return bool(KEYWORD.match(rest)) or not _has_document(message)
