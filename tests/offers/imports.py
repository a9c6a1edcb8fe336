"""The import as the command and the pages run it: with links and plans of what is stored."""

from __future__ import annotations

from collections.abc import Iterable

from crm.backoffice.changes import follow_changes
from offers.mail_import import run
from offers.mail_import.store import ImportResult
from offers.models import MailFolder


def import_folder(folder: MailFolder) -> ImportResult:
    return import_folders([folder])


def import_folders(folders: Iterable[MailFolder] | None = None) -> ImportResult:
    return run.import_folders(folders, after_store=follow_changes)
