"""Scan mail folders for files that are new or changed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from offers.models import MailFolder, SourceFile

_UNSTORABLE = re.compile(r"[\\\ud800-\udfff]")
_STORED = re.compile(r"\\(?:x([0-9a-f]{2})|u(d[89a-f][0-9a-f]{2}))")

Stamp = tuple[int, int]
"""Size in bytes and mtime in nanoseconds: what changes when a file changes."""


class FolderFile(NamedTuple):
    """A file of a mail folder as the scan saw it."""

    # As the operating system gives it.
    name: str
    size: int
    mtime_ns: int
    # For how many seconds it has not changed, as far as can be told.
    age: float = 0.0

    @property
    def stamp(self) -> Stamp:
        return self.size, self.mtime_ns


@dataclass
class FolderScan:
    """The result of a scan."""

    # New or changed ones, the oldest first.
    files: list[FolderFile] = field(default_factory=list)
    # Keys of waiting log entries whose files have disappeared.
    vanished: list[int] = field(default_factory=list)
    # Why the folder could not be read completely.
    problem: str = ""


def sort_folders(folders: Iterable[MailFolder]) -> list[MailFolder]:
    """Return folders of sent mails before those of received ones, which may answer them."""
    outgoing = MailFolder.Direction.OUTGOING
    return sorted(folders, key=lambda folder: (folder.direction != outgoing, folder.pk))


def scan_folder(folder: MailFolder, *, now: datetime) -> FolderScan:
    """Return the new and changed files of a folder. Known ones are not read again."""
    result = FolderScan()
    rows = SourceFile.objects.filter(folder_id=folder.pk, state=SourceFile.State.WAITING)
    waiting = {disk_name(row.name): row for row in rows}
    try:
        for file in _find_unknown(folder.path, _load_known(folder)):
            age = measure_age(file.stamp, waiting.get(file.name), now=now)
            result.files.append(file._replace(age=age))
    except OSError as error:
        # A share may go away during the scan; the files found until then are imported.
        result.problem = _("The folder cannot be read: %s") % (error.strerror or error)
    result.files.sort(key=lambda file: (file.mtime_ns, file.name))
    if not result.problem:
        found = {file.name for file in result.files}
        result.vanished = [row.pk for name, row in waiting.items() if name not in found]
    return result


def measure_age(stamp: Stamp, row: SourceFile | None, *, now: datetime) -> float:
    """Return for how many seconds a file has not changed, as far as its log entry `row` tells."""
    _size, mtime_ns = stamp
    age = now.timestamp() - mtime_ns / 1e9
    if row is not None and (row.size, row.mtime_ns) == stamp:
        # The clock of the file server may be ahead of ours; then our own time counts.
        age = max(age, (now - (row.decided_at or row.first_seen_at)).total_seconds())
    return age


def _load_known(folder: MailFolder) -> dict[str, Stamp]:
    """Return size and mtime of all files that are decided, by their names on the disk."""
    rows = (
        SourceFile.objects.filter(folder_id=folder.pk)
        .exclude(state=SourceFile.State.WAITING)
        .exclude(reason=SourceFile.Reason.VANISHED)
        .order_by()
        .values_list("name", "size", "mtime_ns")
    )
    known: dict[str, Stamp] = {}
    for name, size, mtime_ns in rows.iterator(chunk_size=10_000):
        known[disk_name(name)] = (size, mtime_ns)
    return known


def _find_unknown(path: str, known: Mapping[str, Stamp]) -> Iterator[FolderFile]:
    """Yield the regular files named .eml in a folder whose size or mtime is not the known one."""
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name[-4:].lower() != ".eml":
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # removed since the folder was listed
                continue
            stamp = (found.st_size, found.st_mtime_ns)
            if known.get(entry.name) != stamp and stat.S_ISREG(found.st_mode):
                yield FolderFile(entry.name, *stamp)


def stored_name(name: str) -> str:
    """Return a file name as the database can keep it."""
    # Undecodable bytes become \xNN, so the backslash itself becomes \x5c.
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
