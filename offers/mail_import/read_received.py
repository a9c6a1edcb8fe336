"""Read a received mail: who wrote it, what it answers, and what its body says."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from offers.mail_import.files import LONGEST_HEADER, read_start
from offers.mail_import.message import MOST_REFERENCES, MailMessage
from offers.mail_import.read_parts import find_subject_number, read_body
from offers.models import number_key
from offers.parsing.addresses import encode_domain
from offers.parsing.authentication import is_forged
from offers.parsing.automatic import judge_automatic
from offers.parsing.body import Body, parse_body
from offers.parsing.bounces import may_be_bounce, read_bounce
from offers.parsing.foreign_offers import names_foreign_offer
from offers.parsing.mail import Mail
from offers.parsing.note_words import read_words
from offers.parsing.numbers import find_number_in_text
from offers.parsing.out_of_office import find_absence
from offers.parsing.patterns import PatternError
from offers.parsing.purpose import brings_own_document, is_new_inquiry
from offers.parsing.reply import find_new_text

_LONGEST_BODY = 256 * 1024
_MOST_REPLY_TO = 5
# A mail answers one, seldom two.
_MOST_ANSWERED = 5
_MOST_SENTENCES = 40


def read_received(path: Path, message: MailMessage, pattern: str) -> None:
    """Add to a message what decides about it as a received mail."""
    mail = message.mail
    own_domains = {encode_domain(domain.strip().lower()) for domain in settings.OFFERS_OWN_DOMAINS}
    servers = {server.strip().lower() for server in settings.OFFERS_AUTHSERV_ID}
    message.is_forged = is_forged(mail, servers=servers, own_domains=own_domains)
    message.is_guessing = _is_guessing(mail)
    message.reply_to = tuple(address.email for address in mail.reply_to[:_MOST_REPLY_TO])
    # The mark of a reminder can be written by anybody; the database knows our reminders.
    message.is_own = False
    find_subject_number(message, pattern)
    raw = _read_start(path, message)
    message.bounce = read_bounce(raw, mail)
    if not message.bounce:
        _read_answer(message, raw, pattern)


def _is_guessing(mail: Mail) -> bool:
    # Counted in the fields, because of long ones only a part is read.
    answered = mail.header("in-reply-to").count("<")
    references = mail.header("references").count("<")
    return answered > _MOST_ANSWERED or references > MOST_REFERENCES


def _read_start(path: Path, message: MailMessage) -> bytes:
    """Return the bytes of a mail that decide: all of a bounce, of others no more than the text."""
    if message.content is not None:
        return message.content
    if may_be_bounce(message.mail):
        raw = read_body(path, message)
        if raw is not None:
            return raw
    return read_start(path, limit=LONGEST_HEADER + _LONGEST_BODY)


def _read_answer(message: MailMessage, raw: bytes, pattern: str) -> None:
    mail, content = message.mail, parse_body(raw)
    body, new_text = content.text, find_new_text(content.text)
    is_in_subject = bool(message.number)
    if not (message.number or message.pattern_timed_out):
        message.number = _find_number(new_text, body, pattern)
    message.automatic, message.is_surely_automatic = judge_automatic(mail, body)
    if message.automatic:
        text = f"{mail.subject}\n\n{new_text}"
        message.absence = find_absence(text, message.sent_at.date(), "")
    is_answer = message.prefixes.is_reply or bool(message.thread)
    if message.number:
        is_placed = is_in_subject or is_answer or names_foreign_offer(new_text)
        is_theirs = _is_for_many(message) or _is_of_sender(message, content, is_answer=is_answer)
        message.may_name_ours = is_placed and not is_theirs
        message.other_number = _find_other_number(new_text, message.number, pattern)
    elif not is_answer:
        message.is_new_inquiry = is_new_inquiry(mail.subject, new_text)


def _is_for_many(message: MailMessage) -> bool:
    is_list = message.mail.header("list-unsubscribe") or message.mail.header("list-id")
    return bool(is_list) or message.automatic in ("newsletter", "precedence")


def _is_of_sender(message: MailMessage, content: Body, *, is_answer: bool) -> bool:
    """Return whether the number seems to be that of an offer of the sender's own."""
    new_text = find_new_text(content.text)
    if read_words(new_text).orders:
        return False
    if brings_own_document(message.mail.subject, new_text):
        return True
    key = number_key(message.number)
    is_attached = any(key in number_key(name) for name in content.attachments)
    return is_attached and not is_answer


def _find_other_number(new_text: str, number: str, pattern: str) -> str:
    """Return the first number in a text that is another one, or an empty text."""
    try:
        for sentence in re.split(r"[\n;!?]|\.\s", new_text)[:_MOST_SENTENCES]:
            found = find_number_in_text(sentence, pattern) or ""
            if found and number_key(found) != number_key(number):
                return found
    except PatternError:
        pass  # it took too long, and would again
    return ""


def _find_number(new_text: str, body: str, pattern: str) -> str:
    """Return the offer number that a text names, else the one that its quotation does."""
    try:
        return find_number_in_text(new_text, pattern) or find_number_in_text(body, pattern) or ""
    except PatternError:  # it took too long; the subject was read without it
        return ""
