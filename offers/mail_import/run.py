"""Import the new and changed files of the mail folders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from offers.floods import check_floods
from offers.mail_import.archive import archive_offers
from offers.mail_import.context import BatchContext
from offers.mail_import.folder import scan_folder, sort_folders
from offers.mail_import.read_message import find_pattern, read_message
from offers.mail_import.result import ImportResult
from offers.mail_import.store import preview_messages, store_messages
from offers.models import MailFolder, SourceFile
from offers.new_offers import AfterStore
from offers.parsing.patterns import PatternError, compile_pattern
from offers.patterns import explain_pattern_error

logger = logging.getLogger(__name__)


def import_folders(
    folders: Iterable[MailFolder] | None = None,
    *,
    after_store: AfterStore,
    on_stored: Callable[[SourceFile], None] | None = None,
) -> ImportResult:
    """Import the new and changed files of the folders, by default of all active ones.

    `on_stored` is called with each log entry. Passes on the error of a database that cannot be
    reached; the files wait for the next run.
    """
    result = ImportResult()
    for folder in sort_folders(_choose_active(folders)):
        for row in _import_folder(folder, result, after_store):
            result.states[row.state] += 1
            if on_stored:
                on_stored(row)
    check_floods(timezone.now())
    return result


def preview_folders(
    folders: Iterable[MailFolder] | None, *, on_decided: Callable[[SourceFile], None]
) -> ImportResult:
    """Decide about the new and changed files of the folders as an import would; store nothing.

    `on_decided` is called with each log entry as the import would store it. No transaction is open
    meanwhile, so that others can write.
    """
    result, now = ImportResult(), timezone.now()
    context = BatchContext(is_preview=True)
    for folder in sort_folders(_choose_active(folders)):
        problem = _find_pattern_problem(folder)
        if not problem:
            scan = scan_folder(folder, now=now)
            if scan.vanished:
                result.states[SourceFile.State.BROKEN] += len(scan.vanished)
            messages = (read_message(folder, file, now=now) for file in scan.files)
            for row in preview_messages(folder, messages, context, now=now):
                result.states[row.state] += 1
                on_decided(row)
            problem = scan.problem
        if problem:
            result.problems.append(f"{folder.name}: {problem}")
    return result


def _choose_active(folders: Iterable[MailFolder] | None) -> Iterable[MailFolder]:
    if folders is None:
        return MailFolder.objects.filter(is_active=True)
    return folders


def _import_folder(
    folder: MailFolder, result: ImportResult, after_store: AfterStore
) -> Iterator[SourceFile]:
    """Yield the log entries of new and changed files; store the folder's problems with it."""
    now = timezone.now()
    problem = _find_pattern_problem(folder)
    if not problem:
        scan = scan_folder(folder, now=now)
        if scan.vanished:
            rows = SourceFile.objects.filter(pk__in=scan.vanished)
            state, reason = SourceFile.State.BROKEN, SourceFile.Reason.VANISHED
            result.states[state] += rows.update(state=state, reason=reason, decided_at=now)
        messages = (read_message(folder, file, now=now) for file in scan.files)
        yield from store_messages(folder, messages, now=now, after_store=after_store)
        problem = scan.problem
        if not problem:
            problem = archive_offers(folder)
    if problem:
        result.problems.append(f"{folder.name}: {problem}")
        logger.warning("mail folder %s: %s", folder.pk, problem)
    folder.scanned_at, folder.error = now, problem
    # Not `save`: the folder may have been removed in the meantime.
    MailFolder.objects.filter(pk=folder.pk).update(scanned_at=now, error=problem)


def _find_pattern_problem(folder: MailFolder) -> str:
    try:
        if pattern := find_pattern(folder):
            compile_pattern(pattern)
    except PatternError as error:
        why = explain_pattern_error(error)
        return _("The pattern of the offer number cannot be used: %s") % why
    return ""
