"""Imports what is new in the mail folders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from offers.mail_import.archive import archive_offers
from offers.mail_import.folder import scan_folder, sort_folders
from offers.mail_import.reading import find_pattern, read_message
from offers.mail_import.store import AfterStore, ImportResult, store_messages
from offers.models import MailFolder, SourceFile
from offers.parsing.patterns import PatternError, compile_pattern
from offers.patterns import explain_pattern_error

logger = logging.getLogger(__name__)


def import_folders(
    folders: Iterable[MailFolder] | None = None,
    *,
    after_store: AfterStore,
    on_stored: Callable[[SourceFile], None] | None = None,
    with_archive: bool = True,
) -> ImportResult:
    """Import what is new in the folders, by default in all active ones.

    Raises what the database raises when it is away: then the files wait for the next run.
    """
    if folders is None:
        folders = MailFolder.objects.filter(is_active=True)
    result = ImportResult()
    for folder in sort_folders(folders):
        import_folder(
            folder,
            result=result,
            after_store=after_store,
            on_stored=on_stored,
            with_archive=with_archive,
        )
    return result


def import_folder(
    folder: MailFolder,
    *,
    after_store: AfterStore,
    result: ImportResult | None = None,
    on_stored: Callable[[SourceFile], None] | None = None,
    with_archive: bool = True,
) -> ImportResult:
    """Import what is new in one folder, and note on it when it was scanned and what is wrong.

    `on_stored` is called with each log entry. Without the archive only the database is written, so
    that a caller can roll back all of it.
    """
    result = result or ImportResult()
    now = timezone.now()
    problem = _find_pattern_problem(folder)
    if not problem:
        scan = scan_folder(folder, now=now)
        if scan.vanished:
            result.states[SourceFile.State.BROKEN] += _note_vanished(scan.vanished, now)
        messages = (read_message(folder, file, now=now) for file in scan.files)
        for row in store_messages(folder, messages, now=now, after_store=after_store):
            result.states[row.state] += 1
            if on_stored:
                on_stored(row)
        problem = scan.problem
        if with_archive and not problem:
            problem = archive_offers(folder)
    if problem:
        result.problems.append(f"{folder.name}: {problem}")
        logger.warning("mail folder %s: %s", folder.pk, problem)
    folder.scanned_at, folder.error = now, problem
    MailFolder.objects.filter(pk=folder.pk).update(scanned_at=now, error=problem)
    return result


def _find_pattern_problem(folder: MailFolder) -> str:
    try:
        if pattern := find_pattern(folder):
            compile_pattern(pattern)
    except PatternError as error:
        why = explain_pattern_error(error)
        return _("The pattern of the offer number cannot be used: %s") % why
    return ""


def _note_vanished(keys: Sequence[int], now: datetime) -> int:
    return SourceFile.objects.filter(pk__in=keys).update(
        state=SourceFile.State.BROKEN, reason=SourceFile.Reason.VANISHED, decided_at=now
    )
