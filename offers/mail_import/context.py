"""Load the database rows that the decisions about a batch of messages need (BatchContext).

They are loaded in a few queries, and kept up to date while the messages are decided one by one.
The rows for one message are a `MessageContext`, as defined in `message.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q

from offers.mail_import.context_sent import SentEvidence
from offers.mail_import.message import EarlierCopy, KnownMessage, MailMessage, MessageContext
from offers.mail_import.sender_rules import SenderRules
from offers.mail_import.senders import SenderRows
from offers.models import (
    MailFolder,
    Offer,
    OfferQuerySet,
    SenderRule,
    SentMessage,
    SourceFile,
    number_key,
)
from offers.new_offers import People, load_people
from offers.ours import load_ours

State, Reason = SourceFile.State, SourceFile.Reason


class BatchContext:
    """The database rows that matter to the messages of one batch of one folder.

    In a preview nothing is stored and no row is locked. One object then serves all batches: it
    remembers what was decided about the earlier ones.
    """

    folder: MailFolder

    def __init__(self, *, is_preview: bool = False) -> None:
        self.is_preview = is_preview
        self.offers: dict[int, Offer] = {}
        self._by_number: dict[str, list[Offer]] = defaultdict(list)
        self._by_message_id: dict[str, KnownMessage] = {}
        # By header block in folders of one direction, by Message-ID in one folder.
        self._copies_by_hash: dict[str, SourceFile] = {}
        self._copies_by_id: dict[str, SourceFile] = {}
        self.copies_by_fingerprint: dict[str, SourceFile] = {}
        self._pending_keys: set[int] = set()
        self.people = People({}, {}, is_preview=is_preview)
        self._senders = SenderRows()
        self.rules = SenderRules(SenderRule.objects.all())
        self._direction = self._path = ""
        self._sent = SentEvidence()

    def load(
        self, folder: MailFolder, messages: Iterable[MailMessage], pending: Collection[SourceFile]
    ) -> None:
        """Load what matters to the messages of one batch.

        `pending` are log entries that are being decided again, and therefore ignored as evidence.
        """
        self._change_folder(folder)
        self._pending_keys.update(row.pk for row in pending)
        readable = [message for message in messages if not message.problem]
        self._load_copies(readable)
        self._load_people(readable)
        self._load_offers(readable, {row.offer_id for row in pending if row.offer_id})
        if folder.direction == MailFolder.Direction.INCOMING:
            self._senders.ours = load_ours(self.people.salespeople)
            self._senders.load_participants(self.offers, self._pending_keys)
            self._add_offers(self._senders.load_offers(readable))
        else:
            self._sent.load(readable, self.people)
            self._add_offers(self._sent.load_offers(readable))

    def _change_folder(self, folder: MailFolder) -> None:
        if self._direction != folder.direction:
            self._copies_by_hash.clear()
        if self._path != folder.path:
            self._copies_by_id.clear()
        self.folder, self._direction, self._path = folder, folder.direction, folder.path

    def describe(self, message: MailMessage) -> MessageContext:
        """Return the context of one message, including the earlier messages of this batch."""
        if message.problem:
            return MessageContext()
        own_message_key = self._sent_messages.get(message.mail.message_id)
        known = self._find_known(message)
        context = MessageContext(
            is_own=own_message_key is not None,
            own_offer=self.offers.get(own_message_key or 0),
            earlier_copy=self._find_copy(message),
            same_number=self._by_number.get(number_key(message.number), ()),
            in_thread=known.offer if known else None,
            answered_at=known.sent_at if known else None,
        )
        if self.folder.direction == MailFolder.Direction.INCOMING:
            others = self._by_number.get(number_key(message.other_number), ())
            return self._senders.describe(message, context, known, others)
        return self._sent.describe(message, context)

    def add_message(self, message: MailMessage, row: SourceFile) -> None:
        """Add a decided message, for the messages that follow."""
        if message.problem:
            return
        self._sent.add_message(row)
        if row.state != State.DUPLICATE and row.reason != Reason.DRAFT:
            if row.header_hash:
                self._copies_by_hash.setdefault(row.header_hash, row)
            if row.message_id:
                self._copies_by_id.setdefault(row.message_id, row)
            if row.fingerprint:
                self.copies_by_fingerprint[row.fingerprint] = row
        if row.offer is not None and row.message_id:
            known = _describe_row(row, row.offer, self.folder)
            self._by_message_id.setdefault(row.message_id, known)
        self._senders.add_message(message, row)

    def add_offer(self, offer: Offer) -> None:
        """Add an offer, loaded or new, for the messages that follow."""
        self._by_number[offer.number_key].append(offer)
        if offer.message_id:
            known = KnownMessage(offer, offer.sent_at, (offer.customer.email,), is_ours=True)
            self._by_message_id.setdefault(offer.message_id, known)
        self._senders.add_offer(offer)
        self._sent.add_offer(offer)

    def _find_known(self, message: MailMessage) -> KnownMessage | None:
        """Return the nearest mail that a message answers, of those that belong to an offer."""
        for message_id in message.thread:
            if known := self._by_message_id.get(message_id[:500]):
                return known
        return None

    def _find_copy(self, message: MailMessage) -> EarlierCopy | None:
        for row, reason in (
            (self._copies_by_hash.get(message.header_hash), Reason.SAME_CONTENT),
            (self.copies_by_fingerprint.get(message.fingerprint or ""), Reason.SAME_MAIL),
            (self._copies_by_id.get(message.mail.message_id[:500]), Reason.SAME_MESSAGE_ID),
        ):
            if row is not None:
                return EarlierCopy(row, reason)
        return None

    def _load_copies(self, messages: Sequence[MailMessage]) -> None:
        """Find earlier copies by header block, Message-ID in this folder, and fingerprint."""
        # Three queries that each use an index: one query with OR would scan the whole table.
        for row in (
            *self._find_rows(message_id__in=_message_ids(messages)),
            # Equal header blocks have equal Message-IDs; only those without one need their hash.
            *self._find_rows(message_id="", header_hash__in=[m.header_hash for m in messages]),
            *self._find_rows(fingerprint__in=[m.fingerprint for m in messages if m.fingerprint]),
        ):
            # Compared here: in the query it would let PostgreSQL scan all rows of the folder.
            if row.folder.direction == self.folder.direction and row.header_hash:
                self._copies_by_hash[row.header_hash] = row
            if row.folder_id == self.folder.pk and row.message_id:
                self._copies_by_id[row.message_id] = row
            if row.fingerprint:
                self.copies_by_fingerprint[row.fingerprint] = row

    def _find_rows(self, **condition: object) -> Iterable[SourceFile]:
        rows = SourceFile.objects.filter(**condition).select_related("offer__customer", "folder")
        for row in rows.order_by("pk"):
            # A draft and the mail that it became may have one Message-ID.
            is_evidence = row.state not in (State.DUPLICATE, State.WAITING)
            is_evidence = is_evidence and row.reason != Reason.DRAFT
            if is_evidence and row.pk not in self._pending_keys:
                yield row

    def _load_people(self, messages: Sequence[MailMessage]) -> None:
        emails: set[str] = set()
        for message in messages:
            emails.update(recipient.email for recipient in message.mail.recipients)
        earlier = self.people.customers
        self.people = load_people(emails, is_preview=self.is_preview)
        self.people.customers.update(earlier)

    def _load_offers(self, messages: Sequence[MailMessage], keys: set[int]) -> None:
        """Load the offers with these keys, and those that the messages name or answer."""
        thread: set[str] = set()
        numbers: set[str] = set()
        for message in messages:
            thread.update(message_id[:500] for message_id in message.thread)
            for number in filter(None, (message.number, message.other_number)):
                numbers.add(number_key(number))
        sent = SentMessage.objects.filter(message_id__in={*thread, *_message_ids(messages)})
        sent_messages = list(sent)
        self._sent_messages = {each.message_id: each.offer_id for each in sent_messages}
        rows = self._find_rows_of_thread(thread)
        keys.update(self._sent_messages.values())
        keys.update(row.offer_id for row in rows if row.offer_id)
        for condition in (Q(number_key__in=numbers), Q(message_id__in=thread)):
            keys.update(Offer.objects.filter(condition).values_list("pk", flat=True))
        self._add_offers(Offer.objects.filter(pk__in=keys))
        # Over what the offers say, which know only their newest mail and their customer.
        for row in rows:
            known = _describe_row(row, self.offers[row.offer_id or 0], row.folder)
            self._by_message_id[row.message_id] = known
        for each in sent_messages:
            offer = self.offers[each.offer_id]
            known = KnownMessage(offer, each.at, (each.recipient,), is_ours=True)
            self._by_message_id[each.message_id] = known

    def _find_rows_of_thread(self, thread: set[str]) -> list[SourceFile]:
        rows = SourceFile.objects.filter(message_id__in=thread, offer__isnull=False)
        found = []
        for row in rows.exclude(pk__in=self._pending_keys).select_related("folder").order_by("pk"):
            # A received mail in question proves nothing: its sender may have guessed.
            is_sent = row.folder.direction == MailFolder.Direction.OUTGOING
            if is_sent or row.state != State.REVIEW:
                found.append(row)
        return found

    def _add_offers(self, offers: OfferQuerySet) -> None:
        found = offers.select_related("customer").order_by("pk")
        if not self.is_preview:
            found = offers.lock()
        for offer in found:
            if offer.pk not in self.offers:
                self.offers[offer.pk] = offer
                self.add_offer(offer)


def _message_ids(messages: Iterable[MailMessage]) -> set[str]:
    return {message.mail.message_id[:500] for message in messages if message.mail.message_id}


def _describe_row(row: SourceFile, offer: Offer, folder: MailFolder) -> KnownMessage:
    recipients = tuple(entry["email"] for entry in row.recipients) or (offer.customer.email,)
    is_ours = folder.direction == MailFolder.Direction.OUTGOING
    return KnownMessage(offer, row.sent_at or offer.sent_at, recipients, is_ours=is_ours)
