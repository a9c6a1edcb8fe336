"""Read a mail file: first the header block, then what its direction needs of the rest."""

from __future__ import annotations

import hashlib
import logging
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
from offers.mail_import.journal import open_journal
from offers.mail_import.message import MailMessage
from offers.mail_import.read_received import read_received
from offers.mail_import.read_sent import read_sent
from offers.models import MailFolder, SourceFile
from offers.parsing.prefixes import split_prefixes

logger = logging.getLogger(__name__)

_OWN_MESSAGE_ID = "<nachfass."
_CLOCK_TOLERANCE = timedelta(hours=1)
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
        content = None
        if "x-ms-journal-report" in dict(header.mail.headers):
            header, content = open_journal(read_whole(path), header)
        message = _read_header(file, header, now)
        message.content = content
        if folder.direction == MailFolder.Direction.OUTGOING:
            read_sent(path, message, find_pattern(folder))
        else:
            read_received(path, message, find_pattern(folder))
    except UnreadFileError as error:
        return MailMessage(file, _changed_at(file), error.reason)
    except (OSError, MailTooLargeError) as error:
        problem, detail = SourceFile.Reason.NOT_READABLE, getattr(error, "strerror", str(error))
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
    elif mail.received_at and abs(mail.received_at - sent_at) > _CLOCK_TOLERANCE:
        # The clock of the mail server is right more often than that of a computer.
        sent_at = mail.received_at
        defects.append("date_off")
    if sent_at > now + timedelta(days=1):
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
    )


def _changed_at(file: FolderFile) -> datetime:
    microseconds = min(file.mtime_ns // 1000, _LATEST_MICROSECONDS)
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
