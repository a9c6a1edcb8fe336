"""Copies of offer mails under their SHA-256, where `OFFERS_ARCHIVE_DIR` names a folder for them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.utils.translation import gettext as _

from offers.mail_import.files import MailTooLargeError, read_whole
from offers.mail_import.folder import disk_name
from offers.models import MailFolder, SourceFile

_MOST_PER_RUN = 5_000


def archive_offers(folder: MailFolder) -> str:
    """Copy the offer mails of a folder that have no copy yet; return what went wrong, if anything."""
    # Called after the import log is committed: a kill or a full disk leaves a copy to be made by
    # the next run.
    if not settings.OFFERS_ARCHIVE_DIR:
        return ""
    offer_states = (SourceFile.State.OFFER, SourceFile.State.REVISION)
    rows = folder.files.filter(state__in=offer_states, content_hash="").order_by("pk")
    for row in rows[:_MOST_PER_RUN]:
        try:
            raw = read_whole(Path(folder.path, disk_name(row.name)))
        except (FileNotFoundError, MailTooLargeError):
            row.content_hash = SourceFile.NOTHING_TO_COPY
        except OSError:  # a share that is away; the next run tries again
            continue
        else:
            row.content_hash = hashlib.sha256(raw).hexdigest()
        try:
            if row.archive_path and not row.archive_path.exists():
                _write_copy(row.archive_path, raw)
        except OSError as error:
            return _("The archive cannot be written: %s") % (error.strerror or error)
        row.save(update_fields=["content_hash"])
    return ""


def read_mail_of(file: SourceFile) -> bytes:
    """Return the bytes of a mail: its archived copy, else the file. Raises like `read_whole`."""
    if file.archive_path and file.archive_path.exists():
        return read_whole(file.archive_path)
    return read_whole(Path(file.folder.path, disk_name(file.name)))


def _write_copy(path: Path, raw: bytes) -> None:
    # The temporary file is renamed after fsync, because a copy with the final name counts as
    # complete and is never checked again.
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as copy:
        try:
            copy.write(raw)
            copy.flush()
            os.fsync(copy.fileno())
        except OSError:
            os.unlink(copy.name)
            raise
    os.replace(copy.name, path)
