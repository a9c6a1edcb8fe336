"""Copies of offer mails under their SHA-256, where `OFFERS_ARCHIVE_DIR` names a folder for them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.utils.translation import gettext as _

from offers.mail_import.folder import MailTooLargeError, disk_name, read_whole
from offers.models import MailFolder, SourceFile

# What stands in `content_hash` when there is nothing left to copy.
GONE = "gone"
_MOST_PER_RUN = 5_000


def archive_offers(folder: MailFolder) -> str:
    """Copy the offer mails of a folder that have no copy yet; return what kept it from that, or an
    empty text.

    Call it after the import log is committed, so that a kill or a full disk leaves a copy to be
    made by the next run.
    """
    if not settings.OFFERS_ARCHIVE_DIR:
        return ""
    rows = folder.files.filter(
        state__in=(SourceFile.State.OFFER, SourceFile.State.REVISION), content_hash=""
    ).order_by("pk")
    for row in rows[:_MOST_PER_RUN]:
        try:
            raw = read_whole(Path(folder.path, disk_name(row.name)))
        except (FileNotFoundError, MailTooLargeError):
            content_hash = GONE
        except OSError:
            continue
        else:
            try:
                content_hash = _keep(raw)
            except OSError as error:
                return _("The archive cannot be written: %s") % (error.strerror or error)
        SourceFile.objects.filter(pk=row.pk).update(content_hash=content_hash)
    return ""


def archive_path(content_hash: str) -> Path:
    """Return where the copy with this SHA-256 lies."""
    return Path(settings.OFFERS_ARCHIVE_DIR, content_hash[:2], f"{content_hash}.eml")


def read_mail_of(file: SourceFile) -> bytes:
    """Return the bytes of a mail: its archived copy, else the file. Raises OSError or
    MailTooLargeError.
    """
    if settings.OFFERS_ARCHIVE_DIR and file.content_hash not in ("", GONE):
        try:
            return read_whole(archive_path(file.content_hash))
        except FileNotFoundError:
            pass
    return read_whole(Path(file.folder.path, disk_name(file.name)))


def _keep(raw: bytes) -> str:
    """Write a copy completely or not at all, and return its SHA-256."""
    content_hash = hashlib.sha256(raw).hexdigest()
    path = archive_path(content_hash)
    if path.exists():
        return content_hash
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
    return content_hash
