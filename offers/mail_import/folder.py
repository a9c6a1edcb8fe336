"""The mail files of a folder: which are new, whether they are finished, and their bytes.

Files are only ever read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from offers.models import MailFolder, SourceFile
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
_UNSTORABLE = re.compile(r"[\\\ud800-\udfff]")
_STORED = re.compile(r"\\(?:x([0-9a-f]{2})|u(d[89a-f][0-9a-f]{2}))")

Stamp = tuple[int, int]
"""Size in bytes and mtime in nanoseconds: what changes when a file changes."""


class FolderError(Exception):
    """A folder cannot be looked into."""


class MailTooLargeError(Exception):
    """A mail is too large to be read whole."""


class UnreadFileError(Exception):
    """A mail file was not read: `reason` says why, `detail` what the operating system said."""

    def __init__(self, reason: SourceFile.Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class FolderFile(NamedTuple):
    """A file of a mail folder as the scan saw it.

    `name` is as the operating system gives it; `age` is for how many seconds it is known not to
    have changed.
    """

    name: str
    size: int
    mtime_ns: int
    age: float = 0.0

    @property
    def stamp(self) -> Stamp:
        return self.size, self.mtime_ns


class HeaderBlock(NamedTuple):
    """The header block of a finished file; `is_unfinished` where its end never came."""

    raw: bytes
    mail: Mail
    is_unfinished: bool


@dataclass
class FolderScan:
    """What a look at a folder found.

    `files` are new or changed, oldest first; `vanished` are the keys of log entries whose files
    waited and are gone; `problem` says why the folder could not be read to its end.
    """

    files: list[FolderFile] = field(default_factory=list)
    vanished: list[int] = field(default_factory=list)
    problem: str = ""


def scan_folder(folder: MailFolder, *, now: datetime) -> FolderScan:
    """Return what is new in a folder. Known files cost no read and no query of their own."""
    result = FolderScan()
    waiting = _load_waiting(folder)
    try:
        for file in _find_unknown(folder.path, _load_known(folder)):
            age = measure_age(file.stamp, waiting.get(file.name), now=now)
            result.files.append(file._replace(age=age))
    except FolderError as error:
        result.problem = _("The folder cannot be read: %s") % error
    result.files.sort(key=lambda file: (file.mtime_ns, file.name))
    if not result.problem:
        found = {file.name for file in result.files}
        result.vanished = [row.pk for name, row in waiting.items() if name not in found]
    return result


def measure_age(stamp: Stamp, row: SourceFile | None, *, now: datetime) -> float:
    """Return for how many seconds a file has not changed, as far as is known.

    `row` is its entry in the import log, if it has one.
    """
    _size, mtime_ns = stamp
    age = now.timestamp() - mtime_ns / 1e9
    if row is not None and (row.size, row.mtime_ns) == stamp:
        # The clock of the file server may be ahead of ours: then our own watch counts.
        age = max(age, (now - (row.decided_at or row.first_seen_at)).total_seconds())
    return age


def _load_known(folder: MailFolder) -> dict[str, Stamp]:
    """Return the stamps of all files that need no second look, by their names on the disk."""
    rows = (
        SourceFile.objects.filter(folder=folder)
        .exclude(state=SourceFile.State.WAITING)
        .exclude(reason=SourceFile.Reason.VANISHED)
        .order_by()
        .values_list("name", "size", "mtime_ns")
    )
    known: dict[str, Stamp] = {}
    for name, size, mtime_ns in rows.iterator(chunk_size=10_000):
        known[disk_name(name)] = (size, mtime_ns)
    return known


def _load_waiting(folder: MailFolder) -> dict[str, SourceFile]:
    rows = SourceFile.objects.filter(folder=folder, state=SourceFile.State.WAITING)
    return {disk_name(row.name): row for row in rows}


def _find_unknown(path: str, known: Mapping[str, Stamp]) -> Iterator[FolderFile]:
    """Yield the mail files of a folder whose size or mtime is not the known one.

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
                    yield FolderFile(entry.name, *stamp)
    except OSError as error:
        raise FolderError(error.strerror or str(error)) from error


def read_finished(folder: str | Path, file: FolderFile, *, settle_seconds: float) -> HeaderBlock:
    """Return the header block of a file that is finished.

    Size and mtime must be the same at the scan, at opening and after reading; a mail that lacks its
    end gets PATIENCE_SECONDS. Raises UnreadFileError where the file must wait or is no mail.
    """
    if file.age < settle_seconds or (not file.size and file.age < PATIENCE_SECONDS):
        raise UnreadFileError(SourceFile.Reason.STILL_WRITTEN)
    if not file.size:
        raise UnreadFileError(SourceFile.Reason.EMPTY)
    try:
        header = _read_unchanged(os.path.join(folder, file.name), file)
    except FileNotFoundError as error:
        raise UnreadFileError(SourceFile.Reason.VANISHED) from error
    except OSError as error:
        raise _not_readable(error) from error
    if header.is_unfinished and file.age < PATIENCE_SECONDS:
        raise UnreadFileError(SourceFile.Reason.INCOMPLETE)
    mail = header.mail
    if not (mail.sender or mail.recipients or mail.subject or mail.message_id or mail.sent_at):
        raise UnreadFileError(SourceFile.Reason.NO_MAIL)
    return header


def _read_unchanged(path: str, file: FolderFile) -> HeaderBlock:
    with _open(path) as stream:
        if _stamp(stream) != file.stamp:
            raise UnreadFileError(SourceFile.Reason.STILL_WRITTEN)
        raw = read_header_block(stream, limit=LONGEST_HEADER)
        mail = parse_mail(raw)
        is_unfinished = _lacks_end(stream, raw, mail, file.size)
        if _stamp(stream) != file.stamp:
            raise UnreadFileError(SourceFile.Reason.STILL_WRITTEN)
    return HeaderBlock(raw, mail, is_unfinished)


def read_whole_or_wait(path: Path) -> bytes:
    """Return all bytes of a mail file.

    Raises MailTooLargeError, and UnreadFileError where the file must wait.
    """
    try:
        return read_whole(path)
    except OSError as error:
        raise _not_readable(error) from error


def read_whole(path: Path, *, limit: int = LONGEST_WHOLE_MAIL) -> bytes:
    """Return all bytes of a mail file.

    Raises MailTooLargeError above `limit`, OSError when it cannot be read.
    """
    with _open(path) as stream:
        if _stamp(stream)[0] > limit:
            raise MailTooLargeError(str(limit))
        return stream.read(limit)


def _not_readable(error: OSError) -> UnreadFileError:
    return UnreadFileError(SourceFile.Reason.NOT_READABLE, error.strerror or str(error))


def _open(path: str | Path) -> FileIO:
    """Open a file unbuffered: a header block is one or two reads."""
    return FileIO(path, opener=lambda name, _flags: os.open(name, _FLAGS))


def _stamp(stream: FileIO) -> Stamp:
    found = os.fstat(stream.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError
    return found.st_size, found.st_mtime_ns


def _lacks_end(stream: FileIO, header: bytes, mail: Mail, size: int) -> bool:
    """Tell whether the end of a mail is missing: of the header block, or the closing boundary of a
    multipart.
    """
    if "header_not_ended" in mail.defects:
        return len(header) < LONGEST_HEADER
    if not mail.header("content-type").lower().lstrip().startswith("multipart/"):
        return False
    stream.seek(max(0, size - _TAIL))
    return not has_closing_boundary(mail, stream.read(_TAIL))


def stored_name(name: str) -> str:
    r"""Return a file name as the database can keep it.

    Undecodable bytes become \xNN, the backslash itself \x5c.
    """
    return _UNSTORABLE.sub(_escape, name)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code == ord("\\") or 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}"


def disk_name(name: str) -> str:
    """Return the operating system's name of a stored name: the reverse of `stored_name`."""
    if "\\" not in name:
        return name
    return _STORED.sub(_unescape, name)


def _unescape(found: re.Match[str]) -> str:
    if found[2]:
        return chr(int(found[2], 16))
    code = int(found[1], 16)
    # Bytes above ASCII stand for themselves as Python's surrogates (PEP 383).
    if code >= 0x80:
        code += 0xDC00
    return chr(code)
