"""The import: from the files of a folder to ledger rows, in batches, and again at a person's
request.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.mail_import.archive import archive_offers
from offers.mail_import.folder import FolderError, Reading, Sighting, Stamp, disk_name, look, read
from offers.mail_import.message import Letter, examine_incoming, examine_outgoing
from offers.mail_import.reading import PAYS_FROM, read_ahead
from offers.mail_import.recheck import remove_empty_offers
from offers.mail_import.store import store_batch
from offers.models import MailFolder, Reason, SourceFile
from offers.parsing.patterns import PatternError, compile_pattern
from offers.patterns import explain_pattern_error

logger = logging.getLogger(__name__)

State = SourceFile.State
_FIRST_BATCH, BATCH_SIZE = 100, 1000
_TRIES = 3
_RETRY_STATES = frozenset({"40001", "40P01", "55P03"})


@dataclass
class ImportResult:
    """What an import did: how many files came into which state, and what a person must see to."""

    states: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """The number of files that were decided or changed their reason to wait."""
        return sum(self.states.values())


@dataclass(frozen=True)
class _Waiting:
    stamp: Stamp
    since: datetime


def import_folders(
    folders: Iterable[MailFolder] | None = None,
    *,
    on_stored: Callable[[SourceFile], None] | None = None,
) -> ImportResult:
    """Import what is new in the folders, by default in all active ones, sent mails before received
    ones.

    A folder that cannot be read says so in `MailFolder.error` and in the problems; the others go
    on. Raises what the database raises when it is away: then the files wait for the next run.
    """
    if folders is None:
        folders = MailFolder.objects.filter(is_active=True)
    result = ImportResult()
    for folder in sorted(
        folders, key=lambda each: (each.direction != MailFolder.Direction.OUTGOING, each.pk)
    ):
        import_folder(folder, result=result, on_stored=on_stored)
    return result


def import_folder(
    folder: MailFolder,
    *,
    result: ImportResult | None = None,
    on_stored: Callable[[SourceFile], None] | None = None,
) -> ImportResult:
    """Import what is new in one folder and note on it when it was looked at and what is wrong with
    it.
    """
    result = result or ImportResult()
    now = timezone.now()
    problem = _find_pattern_problem(folder)
    if not problem:
        sightings, problem = _scan(folder, result, now)
        waiting = _load_waiting(folder)
        reader = read_ahead(
            lambda each: _read_letter(folder, each, waiting.get(each.name), now), sightings
        )
        with _light_collector(len(sightings)), _wide_cache(), closing(reader) as letters:
            for batch in _batches(letters):
                for row in _store(folder, batch, now):
                    result.states[row.state] += 1
                    if on_stored:
                        on_stored(row)
        problem = problem or archive_offers(folder)
    if problem:
        result.problems.append(f"{folder.name}: {problem}")
        logger.warning("mail folder %s: %s", folder.pk, problem)
    MailFolder.objects.filter(pk=folder.pk).update(scanned_at=now, error=problem)
    folder.scanned_at, folder.error = now, problem
    return result


def check_again(files: Sequence[SourceFile]) -> ImportResult:
    """Decide anew about files of the import log, as a fresh import with today's settings would.

    Offers that came from these mails alone and are none any more are removed, unless something
    happened to them since. Files that are gone stay as they are and are counted in the problems.
    Safe to be killed: a file in the middle of it is waiting, and waiting files are looked at by the
    next import.
    """
    result = ImportResult()
    ordered = sorted(
        files, key=lambda each: (each.sent_at or each.first_seen_at, each.mtime_ns, each.name)
    )
    folders = {file.folder_id: file.folder for file in ordered}
    gone = 0
    touched = {file.offer_id for file in ordered if file.offer_id}
    # Only an offer that loses the mail that founded it may go: others may have founders that were
    # pruned long ago.
    founded = {file.offer_id for file in ordered if file.offer_id and file.state == State.OFFER}
    chosen: dict[int, list[Sighting]] = {pk: [] for pk in folders}
    for file in ordered:
        sighting = _sight(file)
        if sighting is None:
            gone += 1
        else:
            chosen[file.folder_id].append(sighting)
            _forget(file, sighting)
    for folder in sorted(
        folders.values(), key=lambda each: each.direction != MailFolder.Direction.OUTGOING
    ):
        now = timezone.now()
        waiting = _load_waiting(folder)
        letters = (
            _read_letter(folder, each, waiting.get(each.name), now) for each in chosen[folder.pk]
        )
        for batch in _batches(letters):
            for row in _store(folder, batch, now):
                result.states[row.state] += 1
    remove_empty_offers(founded, touched, now=timezone.now())
    if gone:
        result.problems.append(
            _("%(count)d files are no longer there and stay as they are.") % {"count": gone}
        )
    return result


def find_pattern(folder: MailFolder) -> str:
    """Return the pattern of offer numbers that holds for a folder; empty means the built-in
    recognition.
    """
    return folder.number_pattern or str(settings.OFFERS_NUMBER_PATTERN)


def _find_pattern_problem(folder: MailFolder) -> str:
    try:
        if pattern := find_pattern(folder):
            compile_pattern(pattern)
    except PatternError as error:
        return _("The pattern of the offer number cannot be used: %s") % explain_pattern_error(
            error
        )
    return ""


def _scan(folder: MailFolder, result: ImportResult, now: datetime) -> tuple[list[Sighting], str]:
    """Return the new and changed files, oldest first, and what kept the scan from being
    complete.
    """
    sightings: list[Sighting] = []
    known = _load_known(folder)
    try:
        sightings.extend(look(folder.path, known))
    except FolderError as error:
        return sorted(sightings, key=_age_key), _("The folder cannot be read: %s") % error
    _note_vanished(folder, {sighting.name for sighting in sightings}, result, now)
    return sorted(sightings, key=_age_key), ""


def _age_key(sighting: Sighting) -> tuple[int, str]:
    return sighting.mtime_ns, sighting.name


def _load_known(folder: MailFolder) -> dict[str, Stamp]:
    """Return the stamps of all files that need no second look, by their names on the disk."""
    rows = (
        SourceFile.objects.filter(folder=folder)
        .exclude(state=State.WAITING)
        .exclude(reason=Reason.VANISHED)
    )
    found = rows.order_by().values_list("name", "size", "mtime_ns").iterator(chunk_size=10_000)
    return {disk_name(name): (size, mtime_ns) for name, size, mtime_ns in found}


def _load_waiting(folder: MailFolder) -> dict[str, _Waiting]:
    rows = SourceFile.objects.filter(folder=folder, state=State.WAITING)
    found = rows.values_list("name", "size", "mtime_ns", "decided_at", "first_seen_at")
    return {
        disk_name(n): _Waiting((size, mtime), decided or seen)
        for n, size, mtime, decided, seen in found
    }


def _note_vanished(folder: MailFolder, seen: set[str], result: ImportResult, now: datetime) -> None:
    """Say of files that waited and are gone that nobody read them."""
    rows = SourceFile.objects.filter(folder=folder, state=State.WAITING).only("pk", "name")
    gone = [row.pk for row in rows if disk_name(row.name) not in seen]
    if gone:
        SourceFile.objects.filter(pk__in=gone).update(
            state=State.BROKEN, reason=Reason.VANISHED, decided_at=now
        )
        result.states[State.BROKEN] += len(gone)


def _read_letter(
    folder: MailFolder, sighting: Sighting, waiting: _Waiting | None, now: datetime
) -> Letter:
    """Return what a file says; whatever goes wrong is said by the letter, so that one file never
    stops the rest.
    """
    age = now.timestamp() - sighting.mtime_ns / 1e9
    if waiting and waiting.stamp == sighting.stamp:
        # The clock of the file server may be ahead of ours: then our own watch counts.
        age = max(age, (now - waiting.since).total_seconds())
    examine = (
        examine_outgoing if folder.direction == MailFolder.Direction.OUTGOING else examine_incoming
    )
    try:
        reading = read(
            folder.path, sighting, age=age, settle_seconds=settings.OFFERS_SETTLE_SECONDS
        )
        return examine(folder.path, reading, pattern=find_pattern(folder), now=now)
    except Exception:
        logger.exception("mail folder %s: a file could not be examined", folder.pk)
        return examine(folder.path, Reading(sighting, Reason.FAILED), pattern="", now=now)


def _store(folder: MailFolder, letters: Sequence[Letter], now: datetime) -> list[SourceFile]:
    """Store a batch; when that fails, store its mails one by one, so that one of them never stops
    the rest.
    """
    try:
        with transaction.atomic():
            return store_batch(folder, letters, now=now)
    except Exception as error:
        if _is_away(error):
            raise
        logger.info(
            "mail folder %s: a batch is stored one by one (%s)", folder.pk, type(error).__name__
        )
    return [row for letter in letters for row in _store_alone(folder, letter, now)]


def _store_alone(folder: MailFolder, letter: Letter, now: datetime) -> list[SourceFile]:
    """Store one mail. Another importer may have been faster; then there is nothing left to do."""
    for _attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return store_batch(folder, [letter], now=now)
        except Exception as error:
            if _is_away(error):
                raise
            failure = error
    logger.error("mail folder %s: a file could not be stored", folder.pk, exc_info=failure)
    failed = Letter(letter.sighting, letter.sent_at, Reason.FAILED, type(failure).__name__)
    with transaction.atomic():
        return store_batch(folder, [failed], now=now)


def _is_away(error: Exception) -> bool:
    """Tell whether the database itself is away. Being chosen to end a deadlock is no reason to give
    up.
    """
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, OperationalError | InterfaceError) and state not in _RETRY_STATES


@contextmanager
def _light_collector(files: int) -> Iterator[None]:
    """Let the garbage collector leave out what was there before: looking through it takes a quarter
    of an import.

    Of a large one only. Afterwards all counts as old, and old garbage is rarely looked for: a
    worker that did this each minute grew by megabytes a day.
    """
    if files < PAYS_FROM:
        yield
        return
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@contextmanager
def _wide_cache() -> Iterator[None]:
    """Let SQLite keep 64 MiB of pages: a new row touches a page of each index, all over the file
    once it is large.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -65536")
        try:
            yield
        finally:
            cursor.execute("PRAGMA cache_size = -2000")


def _batches(items: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Yield batches that grow, so that storing begins soon and waits little for the mails that are
    read meanwhile.
    """
    iterator, size = iter(items), min(_FIRST_BATCH, BATCH_SIZE)
    while batch := list(islice(iterator, size)):
        yield batch
        size = min(size * 3 // 2, BATCH_SIZE)


def _sight(file: SourceFile) -> Sighting | None:
    """Return a file of the import log as it is on the disk now, or None when it is gone."""
    name = disk_name(file.name)
    try:
        found = Path(file.folder.path, name).lstat()
    except OSError:
        return None
    return Sighting(name, found.st_size, found.st_mtime_ns)


def _forget(file: SourceFile, sighting: Sighting) -> None:
    file.state, file.offer, file.duplicate_of, file.fingerprint, file.decided_by = (
        State.WAITING,
        None,
        None,
        None,
        None,
    )
    file.save(update_fields=["state", "offer", "duplicate_of", "fingerprint", "decided_by"])
