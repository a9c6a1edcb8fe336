"""What reading sent and received mails has in common."""

from __future__ import annotations

from pathlib import Path

from offers.mail_import.files import MailTooLargeError, read_whole
from offers.mail_import.message import MailMessage
from offers.parsing.numbers import find_number
from offers.parsing.patterns import PatternError


def find_subject_number(message: MailMessage, pattern: str) -> None:
    """Add the offer number of the subject."""
    try:
        message.number = find_number(message.mail.subject, pattern) or ""
    except PatternError:  # it can be compiled, so it took too long
        message.pattern_timed_out = True


def read_body(path: Path, message: MailMessage) -> bytes | None:
    """Return all bytes of a mail, or None where it is too large."""
    if message.content is not None:
        return message.content
    try:
        return read_whole(path)
    except MailTooLargeError:
        message.is_too_large = True
        return None
