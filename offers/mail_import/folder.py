"""Mail files on disk: which are new, whether they are finished, and their bytes. Files are only
ever read.

No database here: what is known comes in, what was seen goes out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from offers.models import Reason
from offers.parsing.body import has_closing_boundary
from offers.parsing.headers import parse_mail, read_header_block
from offers.parsing.mail import Mail

LONGEST_WHOLE_MAIL = 50 * 1024 * 1024
LONGEST_HEADER = 256 * 1024
# How long an unfinished mail may stay unchanged before it is taken as it is.
PATIENCE_SECONDS = 600
_NO_MAIL = Mail()
_TAIL = 8 * 1024
# NOFOLLOW: a symlink that replaced the file after the scan; NONBLOCK: a FIFO must not hang the
# import; BINARY: Windows.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
_UNSTORABLE = re.compile(r"[\\\ud800-\udfff]")
_STORED = re.compile(r"\\(?:x([0-9a-f]{2})|u(d[89a-f][0-9a-f]{2}))")

Stamp = tuple[int, int]
"""Size in bytes and mtime in nanoseconds: what changes when a file changes."""


class FolderError(Exception):
    """A folder cannot be looked into."""


class TooLargeError(Exception):
    """A mail is too large to be read whole."""


class Sighting(NamedTuple):
    """A file as the scan saw it; `name` as the operating system gives it."""

    name: str
    size: int
    mtime_ns: int

    @property
    def stamp(self) -> Stamp:
        return self.size, self.mtime_ns


class Reading(NamedTuple):
    """What was read of a file: its header block and mail, or the `problem` that kept it from being
    read.
    """

    sighting: Sighting
    problem: Reason | None = None
    detail: str = ""
    header: bytes = b""
    mail: Mail = _NO_MAIL
    is_unfinished: bool = False


def store_name(name: str) -> str:
    r"""Return a file name as the database can keep it: undecodable bytes as \xNN, the backslash
    itself as \x5c.
    """
    return _UNSTORABLE.sub(_escape, name)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code & 0xFF:02x}" if code == 0x5C or 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def disk_name(name: str) -> str:
    """Return the operating system's name of a stored name: the reverse of `store_name`."""
    return _STORED.sub(_unescape, name) if "\\" in name else name


def _unescape(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code if found[2] or code < 0x80 else 0xDC00 + code)


def look(path: str | Path, known: Mapping[str, Stamp]) -> Iterator[Sighting]:
    """Yield the mail files of a folder whose size or mtime is not the known one (`known` by disk
    name).

    Regular files whose names end in `.eml` in any case; links, pipes and folders are passed over.
    Raises FolderError when the folder cannot be read, also in the middle: what was yielded before
    stays true.
    """
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name[-4:].lower() != ".eml":
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                stamp = (found.st_size, found.st_mtime_ns)
                if known.get(entry.name) != stamp and stat.S_ISREG(found.st_mode):
                    yield Sighting(entry.name, *stamp)
    except OSError as error:
        raise FolderError(error.strerror or str(error)) from error


def read(  # noqa: PLR0911 - each return is one thing that a file can be
    folder: str | Path, sighting: Sighting, *, age: float, settle_seconds: float
) -> Reading:
    """Return the header block of a file, if it is finished. Never raises for what a file can be.

    `age` is for how many seconds it is known not to have changed. Size and mtime must be the same
    at the scan, at opening and after reading; a mail that lacks its end gets PATIENCE_SECONDS.
    """
    if age < settle_seconds or (not sighting.size and age < PATIENCE_SECONDS):
        return Reading(sighting, Reason.STILL_WRITTEN)
    if not sighting.size:
        return Reading(sighting, Reason.EMPTY)
    try:
        with _open(os.path.join(folder, sighting.name)) as stream:
            if _stamp(stream) != sighting.stamp:
                return Reading(sighting, Reason.STILL_WRITTEN)
            header = read_header_block(stream, limit=LONGEST_HEADER)
            mail = parse_mail(header)
            is_unfinished = _is_unfinished(stream, header, mail, sighting.size)
            if _stamp(stream) != sighting.stamp:
                return Reading(sighting, Reason.STILL_WRITTEN)
    except FileNotFoundError:
        return Reading(sighting, Reason.VANISHED)
    except OSError as error:
        return Reading(sighting, Reason.NOT_READABLE, error.strerror or str(error))
    if is_unfinished and age < PATIENCE_SECONDS:
        return Reading(sighting, Reason.INCOMPLETE)
    if not (mail.sender or mail.recipients or mail.subject or mail.message_id or mail.sent_at):
        return Reading(sighting, Reason.NO_MAIL)
    return Reading(sighting, header=header, mail=mail, is_unfinished=is_unfinished)


def read_whole(path: Path, *, limit: int = LONGEST_WHOLE_MAIL) -> bytes:
    """Return all bytes of a mail file. Raises TooLargeError above `limit`, OSError when it cannot
    be read.
    """
    with _open(path) as stream:
        if _stamp(stream)[0] > limit:
            raise TooLargeError(str(limit))
        return stream.read(limit)


def _open(path: str | Path) -> FileIO:
    """Open a file unbuffered: a header block is one or two reads."""
    return FileIO(path, opener=lambda name, _flags: os.open(name, _FLAGS))


def _stamp(stream: FileIO) -> Stamp:
    found = os.fstat(stream.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError
    return found.st_size, found.st_mtime_ns


def _is_unfinished(stream: FileIO, header: bytes, mail: Mail, size: int) -> bool:
    """Tell whether the end of a mail is missing: of the header block, or the closing boundary of a
    multipart.
    """
    if "header_not_ended" in mail.defects:
        return len(header) < LONGEST_HEADER
    if not mail.header("content-type").lower().lstrip().startswith("multipart/"):
        return False
    stream.seek(max(0, size - _TAIL))
    return not has_closing_boundary(mail, stream.read(_TAIL))
