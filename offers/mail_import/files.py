"""Read the bytes of mail files, and find out whether a file is complete. Never writes to them."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from offers.mail_import.folder import FolderFile, Stamp
from offers.models import SourceFile
from offers.parsing.body import has_closing_boundary
from offers.parsing.headers import parse_mail, read_header_block
from offers.parsing.mail import Mail

LONGEST_WHOLE_MAIL = 50 * 1024 * 1024
LONGEST_HEADER = 256 * 1024
# How long an unfinished mail may stay unchanged before it is taken as it is.
PATIENCE_SECONDS = 600
_TAIL = 8 * 1024
# NOFOLLOW: a symlink that replaced the file after the scan; NONBLOCK: a FIFO must not hang the
# import; BINARY: Windows.
_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


class MailTooLargeError(Exception):
    """A mail is too large to be read whole."""


class UnreadFileError(Exception):
    """A mail file was not read."""

    def __init__(self, reason: SourceFile.Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class HeaderBlock(NamedTuple):
    """The header block of a finished file; `is_unfinished` where its end never came."""

    raw: bytes
    mail: Mail
    is_unfinished: bool


def read_finished(folder: str | Path, file: FolderFile, *, settle_seconds: float) -> HeaderBlock:
    """Return the header block of a file that is finished.

    Raises UnreadFileError where the file must wait or is no mail, OSError when it cannot be read.
    """
    if file.age < settle_seconds or (not file.size and file.age < PATIENCE_SECONDS):
        raise UnreadFileError(SourceFile.Reason.STILL_WRITTEN)
    if not file.size:
        raise UnreadFileError(SourceFile.Reason.EMPTY)
    try:
        header = _read_unchanged(os.path.join(folder, file.name), file)
    except FileNotFoundError as error:
        raise UnreadFileError(SourceFile.Reason.VANISHED) from error
    if header.is_unfinished and file.age < PATIENCE_SECONDS:
        raise UnreadFileError(SourceFile.Reason.INCOMPLETE)
    mail = header.mail
    if not (mail.sender or mail.recipients or mail.subject or mail.message_id or mail.sent_at):
        raise UnreadFileError(SourceFile.Reason.NO_MAIL)
    return header


def _read_unchanged(path: str, file: FolderFile) -> HeaderBlock:
    with _open(path) as stream:
        # Size and mtime must be the same at the scan, at opening and after reading.
        if _stamp(stream) != file.stamp:
            raise UnreadFileError(SourceFile.Reason.STILL_WRITTEN)
        raw = read_header_block(stream, limit=LONGEST_HEADER)
        mail = parse_mail(raw)
        is_unfinished = _lacks_end(stream, raw, mail, file.size)
        if _stamp(stream) != file.stamp:
            raise UnreadFileError(SourceFile.Reason.STILL_WRITTEN)
    return HeaderBlock(raw, mail, is_unfinished)


def read_whole(path: Path) -> bytes:
    """Return all bytes of a mail file. Raises MailTooLargeError, OSError when it cannot be read."""
    with _open(path) as stream:
        if _stamp(stream)[0] > LONGEST_WHOLE_MAIL:
            raise MailTooLargeError
        # At most the limit: the file may have grown since.
        return stream.read(LONGEST_WHOLE_MAIL)


def read_start(path: Path, *, limit: int) -> bytes:
    """Return at most the first `limit` bytes of a mail file. Raises OSError."""
    with _open(path) as stream:
        _stamp(stream)
        return stream.read(limit)


def _open(path: str | Path) -> FileIO:
    # Unbuffered: a header block is one or two reads.
    return FileIO(path, opener=lambda name, _flags: os.open(name, _FLAGS))


def _stamp(stream: FileIO) -> Stamp:
    found = os.fstat(stream.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError
    return found.st_size, found.st_mtime_ns


def _lacks_end(stream: FileIO, header: bytes, mail: Mail, size: int) -> bool:
    # The end of the header block, or the closing boundary of the body.
    if "header_not_ended" in mail.defects:
        return len(header) < LONGEST_HEADER
    if not mail.header("content-type").lower().lstrip().startswith("multipart/"):
        return False
    stream.seek(max(0, size - _TAIL))
    return not has_closing_boundary(mail, stream.read(_TAIL))
