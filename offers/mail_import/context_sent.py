"""Load what decides about sent mails beyond the offers: who is ours, and which mails they answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from offers.mail_import.message import MailMessage, MessageContext
from offers.models import MailFolder, Offer, OfferQuerySet, SourceFile
from offers.new_offers import People
from offers.ours import Ours, load_ours


class SentEvidence:
    """The database rows that matter to sent mails alone."""

    def __init__(self) -> None:
        self._ours = Ours()
        self._people = People({}, {})
        self._answered: dict[str, SourceFile] = {}
        self._by_customer: dict[str, list[Offer]] = defaultdict(list)

    def load(self, messages: Iterable[MailMessage], people: People) -> None:
        """Load what matters to the sent mails of one batch."""
        self._people, self._ours = people, load_ours(people.salespeople)
        thread: set[str] = set()
        for message in messages:
            thread.update(message_id[:500] for message_id in message.thread)
        rows = SourceFile.objects.filter(message_id__in=thread).select_related("folder")
        for row in rows.order_by("pk"):
            self._answered[row.message_id] = row

    def load_offers(self, messages: Iterable[MailMessage]) -> OfferQuerySet:
        """Return the open offers of whoever got a mail that speaks of an order."""
        emails: set[str] = set()
        for message in messages:
            if message.speaks_of_order:
                emails.update(recipient.email for recipient in message.mail.recipients)
        known = [self._people.customers[email].pk for email in emails & set(self._people.customers)]
        return Offer.objects.filter(customer__in=known, status__in=Offer.NOT_CLOSED)

    def add_offer(self, offer: Offer) -> None:
        """Add an offer, loaded or new, for the messages that follow."""
        self._by_customer[offer.customer.email].append(offer)

    def add_message(self, row: SourceFile) -> None:
        """Add a decided mail of any folder, for the messages that follow."""
        if row.message_id:
            self._answered.setdefault(row.message_id, row)

    def describe(self, message: MailMessage, context: MessageContext) -> MessageContext:
        """Add to the context of a sent mail who is ours and what it answers."""
        answered = self._find_answered(message)
        return context._replace(
            ours=self._ours,
            answered=answered,
            answers_ours=self._answers_ours(message, answered),
            unreachable=self._find_unreachable(message),
            of_recipients=self._find_open_offers(message) if message.speaks_of_order else (),
        )

    def _find_answered(self, message: MailMessage) -> SourceFile | None:
        for message_id in message.thread:
            if row := self._answered.get(message_id[:500]):
                return row
        return None

    def _answers_ours(self, message: MailMessage, answered: SourceFile | None) -> bool:
        if answered is not None:
            return answered.folder.direction == MailFolder.Direction.OUTGOING
        return bool(message.thread) and self._ours.has_message_id(message.thread[0])

    def _find_open_offers(self, message: MailMessage) -> list[Offer]:
        found = []
        for recipient in message.mail.recipients:
            for offer in self._by_customer[recipient.email]:
                is_older = offer.first_sent_at <= message.sent_at
                if offer.status in Offer.NOT_CLOSED and is_older:
                    found.append(offer)
        return found

    def _find_unreachable(self, message: MailMessage) -> frozenset[str]:
        emails = set()
        for recipient in message.mail.recipients:
            customer = self._people.customers.get(recipient.email)
            if customer is not None and customer.bounced_at:
                emails.add(recipient.email)
        return frozenset(emails)
