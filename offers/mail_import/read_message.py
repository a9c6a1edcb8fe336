"""Read a mail file: the header block, and the body only if the header block does not decide."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from offers.mail_import.files import (
    LONGEST_HEADER,
    HeaderBlock,
    MailTooLargeError,
    UnreadFileError,
    read_finished,
    read_whole,
)
from offers.mail_import.folder import FolderFile
from offers.mail_import.message import MailMessage
from offers.models import MailFolder, SourceFile
from offers.parsing.automatic import find_automatic_reason
from offers.parsing.body import parse_body
from offers.parsing.bounces import may_be_bounce, read_bounce
from offers.parsing.fingerprint import build_fingerprint
from offers.parsing.mail import Mail
from offers.parsing.numbers import find_number
from offers.parsing.out_of_office import find_return_date
from offers.parsing.patterns import PatternError
from offers.parsing.prefixes import split_prefixes
from offers.parsing.reply import find_new_text
from offers.parsing.subject_words import has_keyword, names_appointment, names_other_document

logger = logging.getLogger(__name__)

_OWN_MESSAGE_ID = "<nachfass."
# A file that is named by the number alone, such as `AN-2026-0815.pdf`.
_OFFER_FILE = re.compile(r"(?:AN|ANG|AG|OFF|QT|QTN|KVA?)[-_ ]?\d{2,}", re.IGNORECASE)
# Placeholders for the subject, which an encrypted mail hides inside (RFC 9788; Enigmail, pEp, older
# Thunderbird).
_HIDDEN_SUBJECTS = frozenset(("[...]", "...", "…", "encrypted message", "p≡p", "pep"))
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_CALENDAR = ("text/calendar", "urn:content-classes:calendarmessage")
# Times of files far in the future are cut to what a datetime can hold.
_LATEST_MICROSECONDS = 4 * 10**15


def find_pattern(folder: MailFolder) -> str:
    """Return the pattern of offer numbers of a folder; empty means the built-in recognition."""
    return folder.number_pattern or str(settings.OFFERS_NUMBER_PATTERN)


def read_message(folder: MailFolder, file: FolderFile, *, now: datetime) -> MailMessage:
    """Return the message of a mail file. An error becomes its `problem`."""
    path = Path(folder.path, file.name)
    try:
        header = read_finished(
            folder.path, file, settle_seconds=float(settings.OFFERS_SETTLE_SECONDS)
        )
        message = _read_header(file, header, now)
        if folder.direction == MailFolder.Direction.OUTGOING:
            _read_outgoing(path, message, find_pattern(folder))
        else:
            _read_incoming(path, message, find_pattern(folder))
    except UnreadFileError as error:
        return MailMessage(file, _changed_at(file), error.reason)
    except OSError as error:
        problem, detail = SourceFile.Reason.NOT_READABLE, error.strerror or str(error)
        return MailMessage(file, _changed_at(file), problem, detail)
    except Exception:  # one file must not stop the rest
        logger.exception("mail folder %s: a file could not be examined", folder.pk)
        return MailMessage(file, _changed_at(file), SourceFile.Reason.FAILED)
    return message


def _read_header(file: FolderFile, header: HeaderBlock, now: datetime) -> MailMessage:
    mail, defects = header.mail, list(header.mail.defects)
    sent_at = mail.sent_at
    if sent_at is None:
        sent_at = min(_changed_at(file), now)
        defects.append("date_from_file")
    elif sent_at > now + timedelta(days=1):
        # A clock that is wrong by years must not move the reminders by years.
        sent_at = min(_changed_at(file), now)
        defects.append("date_in_future")
    if header.is_unfinished:
        defects.append("end_missing")
    is_own = mail.message_id.startswith(_OWN_MESSAGE_ID) or mail.header("x-nachfass-reminder")
    return MailMessage(
        file,
        sent_at,
        mail=mail,
        header_hash=hashlib.sha256(header.raw).hexdigest(),
        defects=tuple(defects),
        prefixes=split_prefixes(mail.subject),
        is_too_large=len(header.raw) >= LONGEST_HEADER,
        is_own=bool(is_own),
        automatic=find_automatic_reason(mail),
    )


def _changed_at(file: FolderFile) -> datetime:
    microseconds = min(file.mtime_ns // 1000, _LATEST_MICROSECONDS)
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)


def _read_outgoing(path: Path, message: MailMessage, pattern: str) -> None:
    mail = message.mail
    if message.is_own or message.automatic:
        return
    if mail.recipients and mail.sent_at:
        emails = [recipient.email for recipient in mail.recipients]
        message.fingerprint = build_fingerprint(emails, mail.subject, message.sent_at)
    _find_number(message, pattern)
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


def _read_incoming(path: Path, message: MailMessage, pattern: str) -> None:
    mail = message.mail
    if message.is_own:
        return
    _find_number(message, pattern)
    # Only of these mails the body decides; all others are not read further.
    is_answer = message.prefixes.is_reply or message.thread
    if not (message.automatic or may_be_bounce(mail) or is_answer):
        return
    raw = _read_body(path, message)
    if raw is None:
        return
    message.bounce = read_bounce(raw, mail)
    if not message.bounce:
        _read_answer(message, raw)


def _find_number(message: MailMessage, pattern: str) -> None:
    try:
        message.number = find_number(message.mail.subject, pattern) or ""
    except PatternError:  # it can be compiled, so it took too long
        message.pattern_timed_out = True


def _read_body(path: Path, message: MailMessage) -> bytes | None:
    try:
        return read_whole(path)
    except MailTooLargeError:
        message.is_too_large = True
        return None


def _read_answer(message: MailMessage, raw: bytes) -> None:
    mail, body = message.mail, parse_body(raw).text
    # The automatic reply of a mailbox rule is recognised only by its text.
    message.automatic = message.automatic or find_automatic_reason(mail, body)
    if message.automatic:
        text = f"{mail.subject}\n\n{find_new_text(body)}"
        message.returns_on = find_return_date(text, received_on=message.sent_at.date())


def _read_attachments(path: Path, message: MailMessage, pattern: str) -> None:
    raw = _read_body(path, message)
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
