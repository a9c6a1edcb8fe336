"""Decide about files of the import log again, and remove offers that no mail supports any longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.mail_import.effects import undo_effects
from offers.mail_import.folder import FolderFile, disk_name, measure_age, sort_folders
from offers.mail_import.read_message import read_message
from offers.mail_import.result import ImportResult
from offers.mail_import.store import match_received, store_messages
from offers.models import Customer, MailFolder, Offer, SourceFile
from offers.new_offers import AfterStore
from offers.revisions import refresh_offers
from offers.superseding import reopen_superseded_by

State, Direction = SourceFile.State, MailFolder.Direction
# Tells whether more happened to an offer than this app knows, so that it must stay.
HasHistory = Callable[[Offer], bool]


def check_again(
    files: Sequence[SourceFile], *, after_store: AfterStore, has_history: HasHistory
) -> ImportResult:
    """Decide about files of the import log again, as a new import with today's settings would.

    Offers that were created only from these mails and that the new decision no longer supports are
    removed, unless they have another history. Files that have disappeared keep their state and are
    counted in the problems.
    """
    result = ImportResult()
    now = timezone.now()
    # Only an offer that loses its first mail may be removed: the first mails of others may have
    # been pruned.
    founded = {file.offer_id for file in files if file.offer_id and file.state == State.OFFER}
    files = [*files, *_find_answers(founded, files)]
    touched = {file.offer_id for file in files if file.offer_id}
    with transaction.atomic():
        chosen, undone = _reset_files(files, now)
        touched |= {offer.pk for offer in undone}
    folders = {file.folder_id: file.folder for file in files}
    sent, received = _split_folders(folders.values())
    _decide_again(sent, chosen, result, after_store, now)
    with transaction.atomic():
        # Before the received mails, which must not be about an offer that no mail supports.
        touched = _remove_empty_offers(founded, touched, has_history, now)
    _decide_again(received, chosen, result, after_store, now)
    with transaction.atomic():
        left = list(Offer.objects.filter(pk__in=touched).lock())
        refresh_offers(left, now=now)
        if left:
            after_store(left)
    if gone := len(files) - sum(map(len, chosen.values())):
        sentence = _("%(count)d files are no longer there and stay as they are.")
        result.problems.append(sentence % {"count": gone})
    return result


def _find_answers(founded: Collection[int], files: Sequence[SourceFile]) -> list[SourceFile]:
    """Return the received mails of these offers that no person assigned, without the given files."""
    answers = SourceFile.objects.filter(
        offer__in=founded, folder__direction=Direction.INCOMING, decided_by=None
    ).exclude(reason=SourceFile.Reason.ATTACHED)
    answers = answers.exclude(pk__in=[file.pk for file in files])
    return list(answers.select_related("folder"))


def _split_folders(folders: Iterable[MailFolder]) -> tuple[list[MailFolder], list[MailFolder]]:
    sent, received = [], []
    for folder in sort_folders(folders):
        if folder.direction == Direction.OUTGOING:
            sent.append(folder)
        else:
            received.append(folder)
    return sent, received


def _decide_again(
    folders: Sequence[MailFolder],
    chosen: Mapping[int, Sequence[FolderFile]],
    result: ImportResult,
    after_store: AfterStore,
    now: datetime,
) -> None:
    for folder in folders:
        messages = [read_message(folder, file, now=now) for file in chosen[folder.pk]]
        for stored in store_messages(folder, messages, now=now, after_store=after_store):
            result.states[stored.state] += 1


def _reset_files(
    files: Sequence[SourceFile], now: datetime
) -> tuple[dict[int, list[FolderFile]], list[Offer]]:
    """Set the files that still exist to waiting, and take back what they did to offers.

    Returns the files by folder, oldest mails first, and the changed offers.
    """
    chosen: dict[int, list[FolderFile]] = defaultdict(list)
    rows = []
    for row in sorted(files, key=_age_order):
        file = _find_on_disk(row, now)
        if file is not None:
            chosen[row.folder_id].append(file)
            rows.append(row)
    changed = undo_effects(rows)
    # If this process is killed, the next import decides about the waiting files.
    SourceFile.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.WAITING,
        offer=None,
        holds=False,
        duplicate_of=None,
        fingerprint=None,
        decided_by=None,
    )
    return chosen, changed


def _age_order(row: SourceFile) -> tuple[datetime, int, str]:
    # Mails are decided the oldest first, as at their first import.
    return row.sent_at or row.first_seen_at, row.mtime_ns, row.name


def _find_on_disk(row: SourceFile, now: datetime) -> FolderFile | None:
    name = disk_name(row.name)
    try:
        found = Path(row.folder.path, name).lstat()
    except OSError:
        return None
    stamp = (found.st_size, found.st_mtime_ns)
    return FolderFile(name, *stamp, measure_age(stamp, row, now=now))


def _remove_empty_offers(
    founded: Collection[int], touched: Collection[int], has_history: HasHistory, now: datetime
) -> set[int]:
    """Remove the offers in `founded` that no mail supports any longer.

    Return the keys of the touched ones that are left, and of those that the removed ones superseded.
    """
    left = set(touched)
    removed: list[Offer] = []
    for offer in Offer.objects.filter(pk__in=founded).lock():
        if not _is_empty(offer) or has_history(offer):
            continue
        removed.append(offer)
        # Its customer too, unless there is more to know about that person.
        customer = offer.customer
        left |= {each.pk for each in reopen_superseded_by(offer, now=now)}
        left.discard(offer.pk)
        offer.delete()
        if is_unused(customer):
            customer.delete()
    # Questions that named several offers name one less.
    match_received([], removed, now=now)
    return left


def _is_empty(offer: Offer) -> bool:
    # What a person entered, noted or closed stays.
    if offer.source != Offer.Source.MAIL or offer.status != Offer.Status.OPEN:
        return False
    if offer.status_by_id or offer.note:
        return False
    counted = offer.files.filter(state__in=(State.OFFER, State.REVISION))
    happened = (counted, offer.contacts, offer.sent_messages)
    return not any(rows.exists() for rows in happened)


def is_unused(customer: Customer) -> bool:
    """Return whether nothing but the address is known about a customer."""
    touched = (
        customer.note or customer.do_not_contact or customer.opted_out_at or customer.bounced_at
    )
    return not touched and not customer.offers.exists()
