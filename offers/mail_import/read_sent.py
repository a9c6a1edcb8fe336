"""Read a sent mail: the header block, and the body only if the header block does not decide."""

from __future__ import annotations

import re
from pathlib import Path

from offers.mail_import.message import MailMessage
from offers.mail_import.read_parts import find_subject_number, read_body
from offers.parsing.body import parse_body
from offers.parsing.fingerprint import build_fingerprint
from offers.parsing.mail import Mail
from offers.parsing.numbers import find_number
from offers.parsing.patterns import PatternError
from offers.parsing.subject_words import has_keyword, names_appointment, names_other_document

# A file that is named by the number alone, such as `AN-2026-0815.pdf`.
_OFFER_FILE = re.compile(r"(?:AN|ANG|AG|OFF|QT|QTN|KVA?)[-_ ]?\d{2,}", re.IGNORECASE)
# Placeholders for the subject, which an encrypted mail hides inside (RFC 9788; Enigmail, pEp, older
# Thunderbird).
_HIDDEN_SUBJECTS = frozenset(("[...]", "...", "…", "encrypted message", "p≡p", "pep"))
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_CALENDAR = ("text/calendar", "urn:content-classes:calendarmessage")


def read_sent(path: Path, message: MailMessage, pattern: str) -> None:
    """Add to a message what decides about it as a sent mail."""
    mail = message.mail
    if message.is_own or message.automatic:
        return
    if mail.recipients and mail.sent_at:
        emails = [recipient.email for recipient in mail.recipients]
        message.fingerprint = build_fingerprint(emails, mail.subject, message.sent_at)
    find_subject_number(message, pattern)
    if message.pattern_timed_out:
        return
    # The subject decides, so that the body is not read.
    if message.number:
        message.is_other_document = names_other_document(mail.subject)
        message.is_appointment = names_appointment(message.prefixes.rest) or _is_calendar(mail)
        return
    message.hides_subject = _hides_subject(mail)
    message.has_keyword = has_keyword(mail.subject)
    if message.has_keyword or _may_have_attachments(mail):
        _read_attachments(path, message, pattern)


def _read_attachments(path: Path, message: MailMessage, pattern: str) -> None:
    raw = read_body(path, message)
    if raw is None:
        return
    names = parse_body(raw).attachments
    numbers: dict[str, str] = {}
    try:
        for name in names:
            words = _split_name(name)
            if names_other_document(words):
                continue
            if number := find_number(words, pattern):
                numbers.setdefault(number.upper(), number)
    except PatternError:
        message.pattern_timed_out = True
        return
    # Two attachments with different numbers decide nothing.
    if len(numbers) == 1:
        message.number, message.number_in_attachment = numbers.popitem()[1], True
        return
    for name in names:
        if _is_named_like_offer(name):
            message.offer_file = name
            return


def _may_have_attachments(mail: Mail) -> bool:
    kind = mail.header("content-type").lower().strip()
    # Any multipart but a report: Apple Mail puts attachments even into multipart/alternative.
    return kind.startswith("multipart/") and not kind.startswith("multipart/report")


def _hides_subject(mail: Mail) -> bool:
    is_encrypted = mail.header("content-type").lower().lstrip().startswith(_ENCRYPTED)
    return is_encrypted and mail.subject.lower() in _HIDDEN_SUBJECTS


def _is_calendar(mail: Mail) -> bool:
    kinds = (mail.header("content-type"), mail.header("content-class"))
    return any(kind.lower().startswith(_CALENDAR) for kind in kinds)


def _is_named_like_offer(name: str) -> bool:
    text = _split_name(name)
    return bool(_OFFER_FILE.match(text)) or (has_keyword(text) and not names_other_document(text))


def _split_name(name: str) -> str:
    # Of a file name such as `Angebot_AN-2026-0816.pdf`.
    return name.rpartition(".")[0].replace("_", " ")
