"""Load the database rows that the decisions about a batch of messages need (BatchContext).

They are loaded in a few queries, and kept up to date while the messages are decided one by one.
The rows for one message are a `MessageContext`, as defined in `message.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from offers.mail_import.message import EarlierCopy, MailMessage, MessageContext
from offers.models import (
    Customer,
    MailFolder,
    Offer,
    OfferQuerySet,
    SentMessage,
    SourceFile,
    number_key,
)
from offers.parsing.mail_providers import MAIL_PROVIDERS
from offers.services import People, load_people

State, Reason = SourceFile.State, SourceFile.Reason
# Mail clocks differ: a reply may carry a time shortly before the offer's.
_CLOCK_SLACK = timedelta(minutes=10)


class BatchContext:
    """The database rows that matter to the messages of one batch of one folder.

    In a preview nothing is stored and no row is locked. One object then serves all batches: it
    remembers what was decided about the earlier ones.
    """

    folder: MailFolder

    def __init__(self, *, is_preview: bool = False) -> None:
        self.is_preview = is_preview
        self.own_domains = {domain.strip().lower() for domain in settings.OFFERS_OWN_DOMAINS}
        self.offers: dict[int, Offer] = {}
        self._by_number: dict[str, list[Offer]] = defaultdict(list)
        self._by_customer: dict[str, list[Offer]] = defaultdict(list)
        self._by_domain: dict[str, list[Offer]] = defaultdict(list)
        self._by_message_id: dict[str, Offer] = {}
        # By header block in folders of one direction, by Message-ID in one folder.
        self._copies_by_hash: dict[str, SourceFile] = {}
        self._copies_by_id: dict[str, SourceFile] = {}
        self.copies_by_fingerprint: dict[str, SourceFile] = {}
        self._pending_keys: set[int] = set()
        self.people = People({}, {}, is_preview=is_preview)
        self._direction = self._path = ""

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
            self._load_offers_of_senders(readable)

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
        context = MessageContext(
            own_domains=self.own_domains,
            is_own=own_message_key is not None,
            own_offer=self.offers.get(own_message_key or 0),
            earlier_copy=self._find_copy(message),
            same_number=self._by_number.get(number_key(message.number), ()),
            in_thread=self._find_in_thread(message),
        )
        if self.folder.direction == MailFolder.Direction.INCOMING:
            return self._add_sender(message, context)
        return context

    def add_message(self, message: MailMessage, row: SourceFile) -> None:
        """Add a decided message, for the messages that follow."""
        if message.problem:
            return
        if row.state != State.DUPLICATE:
            if row.header_hash:
                self._copies_by_hash.setdefault(row.header_hash, row)
            if row.message_id:
                self._copies_by_id.setdefault(row.message_id, row)
            if row.fingerprint:
                self.copies_by_fingerprint[row.fingerprint] = row
        if row.offer is not None and row.message_id:
            self._by_message_id.setdefault(row.message_id, row.offer)

    def add_offer(self, offer: Offer) -> None:
        """Add an offer, loaded or new, for the messages that follow."""
        customer = offer.customer
        self._by_number[offer.number_key].append(offer)
        self._by_customer[customer.email].append(offer)
        if customer.domain not in MAIL_PROVIDERS:
            self._by_domain[customer.domain].append(offer)
        if offer.message_id:
            self._by_message_id.setdefault(offer.message_id, offer)

    def _find_copy(self, message: MailMessage) -> EarlierCopy | None:
        for row, reason in (
            (self._copies_by_hash.get(message.header_hash), Reason.SAME_CONTENT),
            (self.copies_by_fingerprint.get(message.fingerprint or ""), Reason.SAME_MAIL),
            (self._copies_by_id.get(message.mail.message_id[:500]), Reason.SAME_MESSAGE_ID),
        ):
            if row is not None:
                return EarlierCopy(row, reason)
        return None

    def _find_in_thread(self, message: MailMessage) -> Offer | None:
        for message_id in message.thread:
            if offer := self._by_message_id.get(message_id):
                return offer
        return None

    def _add_sender(self, message: MailMessage, context: MessageContext) -> MessageContext:
        """Add the sender's offers, and for a bounce the customers who were not reached."""
        bounced: list[Customer] = []
        for email in message.bounced_emails:
            if customer := self.people.customers.get(email):
                bounced.append(customer)
        if message.bounce and not message.bounced_emails and context.in_thread:
            bounced = [context.in_thread.customer]
        of_sender: list[Offer] = []
        for email in {customer.email for customer in bounced} or {message.sender_email}:
            of_sender += self._by_customer.get(email, ())
        of_company = self._by_domain.get(message.sender_domain, ())
        return context._replace(
            of_sender=_open_before(message, of_sender),
            of_company=_open_before(message, of_company),
            bounced=bounced,
        )

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
            is_evidence = row.state not in (State.DUPLICATE, State.WAITING)
            if is_evidence and row.pk not in self._pending_keys:
                yield row

    def _load_people(self, messages: Sequence[MailMessage]) -> None:
        emails: set[str] = set()
        for message in messages:
            emails.update(message.bounced_emails)
            for recipient in message.mail.recipients:
                if recipient.domain not in self.own_domains:
                    emails.add(recipient.email)
        earlier = self.people.customers
        self.people = load_people(emails, is_preview=self.is_preview)
        self.people.customers.update(earlier)

    def _load_offers(self, messages: Sequence[MailMessage], keys: set[int]) -> None:
        """Load the offers with these keys, and those that the messages name or answer."""
        thread: set[str] = set()
        numbers: set[str] = set()
        for message in messages:
            thread.update(message.thread)
            if message.number:
                numbers.add(number_key(message.number))
        sent = SentMessage.objects.filter(message_id__in={*thread, *_message_ids(messages)})
        self._sent_messages = dict(sent.values_list("message_id", "offer_id"))
        threads: dict[str, int | None] = dict(self._sent_messages)
        rows = SourceFile.objects.filter(message_id__in=thread, offer__isnull=False)
        threads |= dict(
            rows.exclude(pk__in=self._pending_keys).values_list("message_id", "offer_id")
        )
        keys.update(filter(None, threads.values()))
        for condition in (Q(number_key__in=numbers), Q(message_id__in=thread)):
            keys.update(Offer.objects.filter(condition).values_list("pk", flat=True))
        self._add_offers(Offer.objects.filter(pk__in=keys))
        for message_id, key in threads.items():
            if offer := self.offers.get(key or 0):
                self._by_message_id.setdefault(message_id, offer)

    def _load_offers_of_senders(self, messages: Sequence[MailMessage]) -> None:
        emails: set[str] = set()
        domains: set[str] = set()
        for message in messages:
            emails.update([message.sender_email, *message.bounced_emails])
            domains.add(message.sender_domain)
        domains -= MAIL_PROVIDERS | self.own_domains
        people = Customer.objects.filter(Q(email__in=emails) | Q(email_domain__in=domains))
        # All offers of these people, not only open ones: with both conditions SQLite scans all open
        # offers.
        keys = list(people.values_list("pk", flat=True))
        self._add_offers(Offer.objects.filter(customer__in=keys))

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


def _open_before(message: MailMessage, offers: Iterable[Offer]) -> list[Offer]:
    latest = message.sent_at + _CLOCK_SLACK
    return [offer for offer in offers if offer.is_open and offer.first_sent_at <= latest]
