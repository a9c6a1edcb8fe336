"""The import as the command and the pages run it: with links and plans of what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from crm.backoffice.changes import follow_changes
from offers.mail_import import run
from offers.mail_import.result import ImportResult
from offers.models import MailFolder, SourceFile


def import_folder(folder: MailFolder) -> ImportResult:
    return import_folders([folder])


def import_folders(
    folders: Iterable[MailFolder] | None = None,
    *,
    on_stored: Callable[[SourceFile], None] | None = None,
) -> ImportResult:
    return run.import_folders(folders, after_store=follow_changes, on_stored=on_stored)
