"""Read a sent mail: the header block, and the body only if the header block does not decide."""

from __future__ import annotations

import re
from pathlib import Path

from offers.mail_import.files import read_start
from offers.mail_import.message import MailMessage, MessageContext
from offers.mail_import.read_parts import find_subject_number, read_body
from offers.parsing.automatic import judge_sent
from offers.parsing.body import parse_body
from offers.parsing.fingerprint import build_fingerprint
from offers.parsing.foreign_offers import may_be_foreign
from offers.parsing.mail import Mail
from offers.parsing.mime import parse_parameters
from offers.parsing.numbers import find_number, find_number_in_text, is_day
from offers.parsing.patterns import PatternError
from offers.parsing.purpose import Purpose, find_purpose
from offers.parsing.reply import find_new_text
from offers.parsing.subject_words import has_keyword, names_appointment, names_other_document

LONGEST_LOOK = 256 * 1024
# A file that is named by the number alone, such as `AN-2026-0815.pdf`.
_OFFER_FILE = re.compile(r"(?:AN|ANG|AG|OFF|QT|QTN|KVA?)[-_ ]?\d{2,}", re.IGNORECASE)
# Placeholders for the subject, which an encrypted mail hides inside (RFC 9788; Enigmail, pEp, older
# Thunderbird).
_HIDDEN_SUBJECTS = frozenset(("[...]", "...", "…", "encrypted message", "p≡p", "pep"))
_CLOSED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_CALENDAR = ("text/calendar", "urn:content-classes:calendarmessage")


def read_sent(path: Path, message: MailMessage, pattern: str) -> None:
    """Add to a message what decides about it as a sent mail."""
    mail = message.mail
    message.is_draft = _is_draft(mail)
    message.automatic, is_certain = judge_sent(mail)
    if message.is_own or message.is_draft or is_certain:
        return
    _read_number(path, message, pattern)
    # What goes to many has a number if it is an offer.
    if message.number or (message.has_keyword and message.automatic != "precedence"):
        message.automatic = ""
    if mail.recipients and mail.sent_at:
        emails = [recipient.email for recipient in mail.recipients]
        # Two offers of one second may differ in their attachments alone.
        inside = "" if message.is_number_in_subject else message.number or message.offer_file
        message.fingerprint = build_fingerprint(emails, mail.subject, message.sent_at, inside)


def read_for_context(path: Path, message: MailMessage, context: MessageContext) -> None:
    """Read what the known offers and mails make necessary: who of us wrote it, and its text."""
    message.mail = message.mail._replace(sender=context.ours.find_author(message.mail))
    is_known = context.in_thread is not None or bool(context.same_number)
    rest = message.prefixes.rest
    is_answer = message.prefixes.is_reply or find_purpose(rest, "") == Purpose.SUPPLEMENTS
    is_doubtful = bool(message.number) and (is_answer or may_be_foreign(rest))
    if message.text is None and (is_known or is_doubtful):
        try:
            raw = message.content or read_start(path, limit=LONGEST_LOOK)
        except OSError:  # gone since; its header block has to do
            return
        _read_text(message, raw)


def split_name(name: str) -> str:
    """Return the words of a file name such as `Angebot_AN-2026-0816.pdf`."""
    return name.rpartition(".")[0].replace("_", " ")


def _read_number(path: Path, message: MailMessage, pattern: str) -> None:
    """Find the number: in the subject, so that the body is not read; else inside."""
    mail = message.mail
    find_subject_number(message, pattern)
    if message.pattern_timed_out:
        return
    if message.number:
        message.is_number_in_subject = True
        message.is_other_document = names_other_document(mail.subject)
        message.is_appointment = names_appointment(message.prefixes.rest) or _is_calendar(mail)
        return
    kind = mail.header("content-type").lower().lstrip()
    message.has_keyword = has_keyword(mail.subject)
    message.is_closed = kind.startswith(_CLOSED)
    message.hides_subject = message.is_closed and mail.subject.lower() in _HIDDEN_SUBJECTS
    if kind.startswith("multipart/report"):
        return
    purpose = find_purpose(mail.subject, "")
    message.speaks_of_order = purpose in (Purpose.THANKS, Purpose.CONFIRMS)
    if kind.startswith("multipart/") or not kind.startswith(("application/", "image/")):
        _read_inside(path, message)
    else:
        message.attachments = tuple(filter(None, [_find_only_name(mail)]))
        message.is_only_pdf = _is_pdf(mail, message.attachments)
    try:
        _find_number_inside(message, pattern)
    except PatternError:
        message.pattern_timed_out = True


def _read_inside(path: Path, message: MailMessage) -> None:
    # Apple Mail puts attachments even into multipart/alternative.
    if message.mail.header("content-type").lower().lstrip().startswith("multipart/"):
        raw = read_body(path, message)
    else:
        raw = message.content or read_start(path, limit=LONGEST_LOOK)
    if raw is not None:
        _read_text(message, raw)


def _read_text(message: MailMessage, raw: bytes) -> None:
    body = parse_body(raw)
    message.text, message.attachments = find_new_text(body.text[:LONGEST_LOOK]), body.attachments
    message.is_closed = message.is_closed or body.is_closed


def _find_number_inside(message: MailMessage, pattern: str) -> None:
    """Find the number in the names of attachments, else in the text."""
    numbers: dict[str, str] = {}
    for name in message.attachments:
        words = split_name(name)
        if names_other_document(words):
            continue
        if message.has_keyword and _OFFER_FILE.match(words) and not pattern:
            words = f"Angebot {words}"
        number = find_number(words, pattern)
        if number and (pattern or not is_day(number)):
            numbers.setdefault(number.upper(), number)
    # Two attachments with different numbers decide nothing.
    if len(numbers) == 1:
        message.number, message.number_in_attachment = numbers.popitem()[1], True
        return
    for name in message.attachments:
        if _is_named_like_offer(name):
            message.offer_file = name
            return
    if number := find_number_in_text(message.text or "", pattern):
        message.number, message.number_in_text = number, True


def _is_draft(mail: Mail) -> bool:
    fields = dict(mail.headers)
    is_apple = fields.get("x-uniform-type-identifier", "") == "com.apple.mail-draft"
    return fields.get("x-unsent", "").strip() == "1" or is_apple or "x-mozilla-draft-info" in fields


def _is_calendar(mail: Mail) -> bool:
    kinds = (mail.header("content-type"), mail.header("content-class"))
    return any(kind.lower().startswith(_CALENDAR) for kind in kinds)


def _find_only_name(mail: Mail) -> str:
    """Return the file name of a mail that is a single file."""
    for field in ("content-disposition", "content-type"):
        parameters = parse_parameters(mail.header(field))[1]
        if name := parameters.get("filename") or parameters.get("name"):
            return name
    return ""


def _is_pdf(mail: Mail, names: tuple[str, ...]) -> bool:
    is_named = any(name.lower().endswith(".pdf") for name in names)
    return is_named or mail.header("content-type").lower().lstrip().startswith("application/pdf")


def _is_named_like_offer(name: str) -> bool:
    text = split_name(name)
    return bool(_OFFER_FILE.match(text)) or (has_keyword(text) and not names_other_document(text))
