"""Store messages in batches: customers, offers, log entries, and their effects."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

from django.db import InterfaceError, OperationalError, transaction

from offers.holds import hold_named
from offers.mail_import.context import BatchContext
from offers.mail_import.decide import MessageDecision
from offers.mail_import.decide_received import decide_received
from offers.mail_import.decide_sent import decide_sent
from offers.mail_import.folder import stored_name
from offers.mail_import.message import MailMessage, MessageContext, list_recipients
from offers.mail_import.read_sent import read_for_context
from offers.mail_import.received import build_message, find_received, keep_messages, name_offer
from offers.models import Customer, MailFolder, Offer, ReceivedMessage, SourceFile
from offers.new_offers import AfterStore, build_offer, store_offers
from offers.newer_evidence import answer_questions
from offers.parsing.mail import Address
from offers.revisions import refresh_offers
from offers.superseding import supersede_older

logger = logging.getLogger(__name__)

State, Reason = SourceFile.State, SourceFile.Reason

BATCH_SIZE = 500
_TRIES = 3
# Serialization failure, deadlock, lock not available: the database works, another try helps.
_RETRY_STATES = frozenset({"40001", "40P01", "55P03"})
_MESSAGE_FIELDS = [
    "size", "mtime_ns", "state", "reason", "detail", "header_hash", "content_hash", "fingerprint",
    "message_id", "subject", "number", "is_reply", "sender", "sender_name", "recipients", "sent_at",
    "defects", "offer", "holds", "duplicate_of", "decided_by", "decided_at", "undo",
]  # fmt: skip


def store_messages(
    folder: MailFolder, messages: Iterable[MailMessage], *, now: datetime, after_store: AfterStore
) -> Iterable[SourceFile]:
    """Store the messages of one folder, batch by batch, and yield their log entries.

    Passes on the error of a database that cannot be reached.
    """
    remaining = iter(messages)
    while batch := list(islice(remaining, BATCH_SIZE)):
        try:
            with transaction.atomic():
                rows = store_batch(folder, batch, now=now, after_store=after_store)
        except Exception as error:
            if _is_away(error):
                raise
            # One message that cannot be stored must not stop the rest of its batch.
            kind = type(error).__name__
            logger.info("mail folder %s: a batch is stored one by one (%s)", folder.pk, kind)
            rows = []
            for message in batch:
                rows += _store_alone(folder, message, now=now, after_store=after_store)
        yield from rows


def _store_alone(
    folder: MailFolder, message: MailMessage, *, now: datetime, after_store: AfterStore
) -> list[SourceFile]:
    """Store one message; after three failed tries store its file as FAILED."""
    # Another importer may have stored it at the same time; then the second try changes nothing.
    for _attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return store_batch(folder, [message], now=now, after_store=after_store)
        except Exception as error:
            if _is_away(error):
                raise
            failure = error
    logger.error("mail folder %s: a file could not be stored", folder.pk, exc_info=failure)
    failed = MailMessage(message.file, message.sent_at, Reason.FAILED, type(failure).__name__)
    with transaction.atomic():
        return store_batch(folder, [failed], now=now, after_store=after_store)


def _is_away(error: Exception) -> bool:
    # A database that refuses this transaction to end a deadlock is reachable.
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, OperationalError | InterfaceError) and state not in _RETRY_STATES


def store_batch(
    folder: MailFolder, messages: Sequence[MailMessage], *, now: datetime, after_store: AfterStore
) -> list[SourceFile]:
    """Decide about messages of one folder, store the results and return the log entries.

    Received mails that were kept are matched again. Call it inside a transaction. Raises
    IntegrityError when another importer stored one of the messages at the same time.
    """
    lock_import()
    batch = _decide_new(folder, messages, BatchContext(), now=now)
    changed = _match_received(batch.write(), batch.message_ids, now)
    if changed:
        after_store(changed)
    return [*batch.rows, *batch.duplicates]


def preview_messages(
    folder: MailFolder, messages: Iterable[MailMessage], context: BatchContext, *, now: datetime
) -> Iterator[SourceFile]:
    """Decide about the messages of one folder as `store_messages`, but store nothing.

    `context` remembers what was decided, for later calls. The log entries have no keys.
    """
    remaining = iter(messages)
    while batch := list(islice(remaining, BATCH_SIZE)):
        decided = _decide_new(folder, batch, context, now=now)
        for row in decided.rows:
            # As the refresh of the stored offer would, for the messages that follow.
            if row.state == State.REVISION and row.offer and row.sent_at:
                row.offer.sent_at = max(row.offer.sent_at, row.sent_at)
        yield from (*decided.rows, *decided.duplicates)


def lock_import() -> None:
    """Let other importers wait until the end of this transaction.

    Otherwise one could store an offer while another keeps the answer to it as one that matches
    nothing.
    """
    # SQLite has one writer at a time anyway.
    folders = MailFolder.objects.select_for_update(no_key=True).order_by("pk")
    list(folders.values_list("pk", flat=True))


def match_received(files: Sequence[SourceFile], offers: Sequence[Offer], *, now: datetime) -> None:
    """Decide again about kept received mails that these mails or offers may concern.

    Call it inside a transaction, after `lock_import`.
    """
    message_ids = {file.message_id for file in files if file.message_id}
    _match_received(list(offers), message_ids, now)


def _match_received(offers: list[Offer], message_ids: set[str], now: datetime) -> list[Offer]:
    """Decide again about kept received mails that name one of these; return all changed offers."""
    names = message_ids.union(*map(name_offer, offers))
    changed = {offer.pk: offer for offer in offers}
    decided: set[int] = set()
    while True:
        kept = [each for each in find_received(names, offers) if each.pk not in decided]
        if not kept:
            return list(changed.values())
        decided.update(each.pk for each in kept)
        names, offers = set(), []
        by_folder = groupby(sorted(kept, key=_folder_key), key=_folder_key)
        for _key, group in by_folder:
            pending = [(build_message(each), each.file) for each in group]
            batch = _decide_pending(pending[0][1].folder, pending, BatchContext(), now=now)
            changed |= {offer.pk: offer for offer in batch.write()}
            # A reply that belongs to an offer now may itself have been answered.
            names |= batch.message_ids


def _folder_key(received: ReceivedMessage) -> int:
    return received.file.folder_id


def _decide_new(
    folder: MailFolder, messages: Sequence[MailMessage], context: BatchContext, *, now: datetime
) -> _Batch:
    ordered = sorted(messages, key=lambda each: (each.sent_at, each.file.mtime_ns, each.file.name))
    return _decide_pending(folder, _find_pending(folder, ordered), context, now=now)


def _decide_pending(
    folder: MailFolder,
    pending: Sequence[tuple[MailMessage, SourceFile]],
    context: BatchContext,
    *,
    now: datetime,
) -> _Batch:
    """Return the batch of these messages, each with its log entry: decided but not written."""
    existing = [row for _message, row in pending if row.pk]
    context.load(folder, [message for message, _row in pending], existing)
    batch = _Batch(folder, context, now)
    for row in existing:
        batch.schedule_refresh(row)
    for message, row in pending:
        batch.decide_message(message, row)
    return batch


def _find_pending(
    folder: MailFolder, messages: Sequence[MailMessage]
) -> list[tuple[MailMessage, SourceFile]]:
    """Return the messages that are to be decided, each with its log entry, which may be new."""
    # Files in the log with the same size and mtime are skipped, so that a second importer, or a run
    # after a killed one, stores nothing twice.
    names = [stored_name(message.file.name) for message in messages]
    rows = SourceFile.objects.filter(folder_id=folder.pk, name__in=names)
    rows_by_name = {row.name: row for row in rows}
    pending = []
    for name, message in zip(names, messages, strict=True):
        row = rows_by_name.get(name)
        if row is None:
            row = SourceFile(folder=folder, name=name)
        # Files that wait or had vanished are checked at each run, although they did not change.
        is_undecided = row.state in ("", State.WAITING) or row.reason == Reason.VANISHED
        if is_undecided or _has_changed(row, message):
            pending.append((message, row))
    return pending


def _has_changed(row: SourceFile, message: MailMessage) -> bool:
    return (row.size, row.mtime_ns) != message.file.stamp


class _Batch:
    """Decides about messages one after the other; `write` stores the results in a few queries."""

    def __init__(self, folder: MailFolder, context: BatchContext, now: datetime) -> None:
        self.folder, self.context, self.now = folder, context, now
        self.is_outgoing = folder.direction == MailFolder.Direction.OUTGOING
        self.decide = decide_sent if self.is_outgoing else decide_received
        self.rows: list[SourceFile] = []
        self.received: list[tuple[SourceFile, MailMessage]] = []
        self.duplicates: list[SourceFile] = []
        self.new_offers: list[Offer] = []
        # By identity, because new offers have no key yet.
        self.offers_to_refresh: dict[int, Offer] = {}
        self.changed_offers: dict[int, Offer] = {}
        self.changed_columns: dict[int, set[str]] = defaultdict(set)
        self.bounced_customers: dict[str, Customer] = {}

    def schedule_refresh(self, row: SourceFile) -> None:
        # The offer is derived again without this file, which may no longer belong to it.
        if row.offer_id and (row.state in SourceFile.MAILS_OF_AN_OFFER or row.holds):
            offer = self.context.offers[row.offer_id]
            self.offers_to_refresh[id(offer)] = offer

    def decide_message(self, message: MailMessage, row: SourceFile) -> None:
        """Decide about one message and collect the results in memory."""
        context = self.context.describe(message)
        if self.is_outgoing and not message.problem:
            read_for_context(Path(self.folder.path, message.file.name), message, context)
        decision = self.decide(message, context)
        decision = self.context.rules.settle(decision, message, context.ours)
        is_same = (row.state, row.reason) == (decision.state, decision.reason)
        if is_same and decision.state == State.WAITING and not _has_changed(row, message):
            return
        row.offer = self._find_or_build_offer(message, decision)
        self._fill_entry(row, message, decision)
        self.context.add_message(message, row)
        if decision.is_reply:
            for offer in hold_named(context.also_named, decision.offer):
                self._change(offer, "needs_review")
        if decision.pauses_until:
            self._pause_offers(decision.pauses_until, context)
        elif decision.reason == Reason.BOUNCED:
            self._mark_bounced(message, decision, context)
        if decision.duplicate_of is None:
            self.rows.append(row)
        else:
            self.duplicates.append(row)
        if self.folder.direction == MailFolder.Direction.INCOMING:
            self.received.append((row, message))

    @property
    def message_ids(self) -> set[str]:
        """The Message-IDs of the stored mails that belong to offers."""
        found: set[str] = set()
        for row in self.rows:
            if row.offer_id and row.message_id and row.state in SourceFile.MAILS_OF_AN_OFFER:
                found.add(row.message_id)
        return found

    def _find_or_build_offer(self, message: MailMessage, decision: MessageDecision) -> Offer | None:
        """Return the message's offer, a new one if the message is its first; note its changes."""
        if decision.customer is not None:
            return self._build_offer(message, decision.customer)
        offer = decision.offer
        if offer is not None and offer.pk:
            # One object for each offer, so that saving another does not undo a change.
            offer = self.context.offers.setdefault(offer.pk, offer)
        is_of_offer = decision.state in SourceFile.MAILS_OF_AN_OFFER
        if offer is not None and (is_of_offer or decision.holds):
            self.offers_to_refresh[id(offer)] = offer
        return offer

    def _build_offer(self, message: MailMessage, customer: Address) -> Offer:
        offer = build_offer(
            self.context.people,
            number=message.number,
            email=customer.email,
            name=customer.name,
            sent_at=message.sent_at,
            source=Offer.Source.MAIL,
            subject=message.mail.subject,
            message_id=message.mail.message_id,
            sender_email=message.sender_email,
            sender_name=message.sender_name,
        )
        self.new_offers.append(offer)
        self.context.add_offer(offer)
        return offer

    def _fill_entry(self, row: SourceFile, message: MailMessage, decision: MessageDecision) -> None:
        mail = message.mail
        if not row.pk:
            row.first_seen_at = row.decided_at = self.now
        elif decision.state != State.WAITING or _has_changed(row, message):
            # Of a waiting file it is the time of its last change, by our clock.
            row.decided_at = self.now
        row.size, row.mtime_ns = message.file.stamp
        row.state, row.reason, row.detail = decision.state, decision.reason, decision.detail[:500]
        row.duplicate_of, row.is_reply = decision.duplicate_of, decision.is_reply
        row.holds, row.decided_by = decision.holds and decision.offer is not None, None
        row.undo = None
        row.header_hash, row.content_hash, row.fingerprint = message.header_hash, "", None
        # Unique in the database: only the first mail with a fingerprint has it.
        is_taken = message.fingerprint in self.context.copies_by_fingerprint
        if decision.duplicate_of is None and not is_taken:
            row.fingerprint = message.fingerprint
        row.message_id, row.subject = mail.message_id[:500], mail.subject[:500]
        row.number, row.defects = message.number[:100], list(message.defects)
        if message.number_in_text and decision.state == State.FOLLOW_UP:
            row.number = ""  # its number must not make it the first mail of the offer
        row.sender, row.sender_name = message.sender_email[:320], message.sender_name[:200]
        row.recipients = list_recipients(mail)
        row.sent_at = None if message.problem else decision.sent_at or message.sent_at

    def _pause_offers(self, returns_on: date, context: MessageContext) -> None:
        """Pause the open offers of a customer until the day after the return."""
        until = returns_on + timedelta(days=1)
        for offer in context.of_sender:
            if offer.paused_until is None or offer.paused_until < until:
                offer.paused_until = until
                self._change(offer, "paused_until")

    def _mark_bounced(
        self, message: MailMessage, decision: MessageDecision, context: MessageContext
    ) -> None:
        for customer in context.bounced:
            customer.bounced_at, customer.bounce_detail = message.sent_at, decision.detail
            self.bounced_customers[customer.email] = customer
        for offer in context.of_sender:
            self.changed_offers[id(offer)] = offer
            # It may have been sent again to another person.
            self.offers_to_refresh[id(offer)] = offer

    def _change(self, offer: Offer, column: str) -> None:
        self.changed_columns[id(offer)].add(column)
        self.changed_offers[id(offer)] = offer

    def write(self) -> list[Offer]:
        """Store the collected results; return the offers that are new or changed."""
        # Two rewritten files may have changed places, and a fingerprint is unique.
        keys = [row.pk for row in (*self.rows, *self.duplicates) if row.pk]
        known = SourceFile.objects.filter(pk__in=keys, fingerprint__isnull=False)
        known.update(fingerprint=None)
        self._write_changes()
        store_offers(self.new_offers)
        changed = [offer for offer in self.changed_offers.values() if offer not in self.new_offers]
        # Duplicates last: they may refer to a mail of the same batch.
        for rows in (self.rows, self.duplicates):
            self._write_rows(rows)
        keep_messages(self.received, now=self.now)
        Offer.objects.raise_version(changed)
        refreshed = {offer.pk: offer for offer in self.offers_to_refresh.values()}
        if self.new_offers:
            refreshed |= {offer.pk: offer for offer in answer_questions(self.new_offers)}
        refresh_offers(list(refreshed.values()), now=self.now)
        stored = {offer.pk: offer for offer in (*self.new_offers, *changed, *refreshed.values())}
        if self.new_offers:
            superseded = supersede_older(self.new_offers, now=self.now)
            stored |= {offer.pk: offer for offer in superseded}
        return list(stored.values())

    def _write_changes(self) -> None:
        for key, columns in self.changed_columns.items():
            offer = self.changed_offers[key]
            if offer.pk:
                offer.save(update_fields=sorted(columns))
        for customer in self.bounced_customers.values():
            customer.save(update_fields=["bounced_at", "bounce_detail"])

    def _write_rows(self, rows: Sequence[SourceFile]) -> None:
        for row in rows:
            if row.pk:
                row.save(update_fields=_MESSAGE_FIELDS)
        SourceFile.objects.bulk_create([row for row in rows if not row.pk])
