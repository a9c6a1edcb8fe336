"""Who wrote the received mails of a batch, and who was not reached (SenderRows)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from offers.mail_import.message import KnownMessage, MailMessage, MessageContext
from offers.models import Customer, Offer, OfferQuerySet, SentMessage, SourceFile
from offers.ours import Ours
from offers.parsing.mail import Address
from offers.parsing.mailboxes import (
    find_domain,
    is_company,
    is_same_company,
    mailbox_key,
    spell_address,
)

State, Reason = SourceFile.State, SourceFile.Reason
# Mail clocks differ: a reply may carry a time shortly before the offer's.
_CLOCK_SLACK = timedelta(minutes=10)
_BOUNCE_SPAN = timedelta(hours=1)
# A forwarding leads to one mailbox, seldom to two.
_MOST_FORWARDED = 3


class SenderRows:
    """The customers who may have written the messages of a batch, and who took part in a thread."""

    def __init__(self) -> None:
        self.ours = Ours()
        self._customers: dict[str, Customer] = {}
        self._by_customer: dict[str, list[Offer]] = defaultdict(list)
        self._by_domain: dict[str, list[Offer]] = defaultdict(list)
        # By identity, because offers of a preview have no key.
        self._participants: dict[int, set[str]] = defaultdict(set)
        self._bounced_at: list[datetime] = []
        self._pending_keys: Collection[int] = ()

    def load_participants(self, offers: Mapping[int, Offer], pending_keys: Collection[int]) -> None:
        """Load who wrote and got the mails of these offers, without the pending ones."""
        self._pending_keys = pending_keys
        rows = SourceFile.objects.filter(offer__in=offers, state__in=SourceFile.MAILS_OF_AN_OFFER)
        rows = rows.exclude(pk__in=pending_keys)
        for key, sender, recipients in rows.values_list("offer_id", "sender", "recipients"):
            self._add_participants(offers[key or 0], [sender, *_emails_of(recipients)])
        sent = SentMessage.objects.filter(offer__in=offers)
        for key, recipient in sent.values_list("offer_id", "recipient"):
            self._add_participants(offers[key], [recipient])

    def load_offers(self, messages: Sequence[MailMessage]) -> OfferQuerySet:
        """Load the customers who wrote or were not reached; return their and their colleagues' offers."""
        emails: set[str] = set()
        domains: set[str] = set()
        for message in messages:
            emails.update(message.sender_emails, message.bounced_emails)
            for email in message.sender_emails:
                domains |= {each.rpartition("@")[2] for each in spell_address(email)}
        domains = {each for each in domains if is_company(each)} - self.ours.domains
        customers = list(Customer.objects.filter(email_domain__in=domains))
        customers += Customer.objects.at_mailboxes(emails)
        for customer in customers:
            self._customers.setdefault(mailbox_key(customer.email), customer)
        # All offers of these people, not only open ones: with both conditions SQLite scans all open
        # offers.
        return Offer.objects.filter(customer__in={customer.pk for customer in customers})

    def describe(
        self,
        message: MailMessage,
        context: MessageContext,
        known: KnownMessage | None,
        others: Sequence[Offer],
    ) -> MessageContext:
        """Add who wrote a message to its context.

        `known` is the mail that it answers, `others` are the offers of the second number.
        """
        if message.bounce:
            return self._add_bounced(message, context, known)
        of_sender, of_company = self._find_offers(message)
        return context._replace(
            ours=self.ours,
            knows_thread=known is not None and self._knows(message.sender_emails, known.offer),
            by_number=self._find_by_number(message, context.same_number),
            also_named=self._find_also_named(message, context, others),
            named=_open_before(message, context.same_number),
            of_sender=_open_before(message, of_sender),
            of_company=_open_before(message, of_company),
        )

    def add_message(self, message: MailMessage, row: SourceFile) -> None:
        """Add a decided message, for the messages that follow."""
        if row.reason == Reason.BOUNCED:
            self._bounced_at.append(message.sent_at)
        if row.offer is not None and row.state in SourceFile.MAILS_OF_AN_OFFER:
            self._add_participants(row.offer, [row.sender, *_emails_of(row.recipients)])

    def add_offer(self, offer: Offer) -> None:
        """Add an offer, loaded or new, for the messages that follow."""
        key, domain = mailbox_key(offer.customer.email), find_domain(offer.customer.email)
        self._customers.setdefault(key, offer.customer)
        self._by_customer[key].append(offer)
        if is_company(domain):
            self._by_domain[domain].append(offer)

    def _find_offers(self, message: MailMessage) -> tuple[list[Offer], list[Offer]]:
        """Return the offers of the sender, and those of the company and of whom answers are to go to.

        An address in `Reply-To` alone proves nothing, as nobody checks it.
        """
        of_sender = self._by_customer[mailbox_key(message.sender_email)]
        of_company: dict[int, Offer] = {}
        for email in message.sender_emails:
            for offers in (
                self._by_customer[mailbox_key(email)],
                self._by_domain[find_domain(email)],
            ):
                of_company |= {id(offer): offer for offer in offers}
        return of_sender, list(of_company.values())

    def _knows(self, emails: Iterable[str], offer: Offer) -> bool:
        """Return whether one of these addresses could know of the mails of an offer."""
        known = self._participants[id(offer)] | {mailbox_key(offer.customer.email)}
        domains = {key.rpartition("@")[2] for key in known}
        for email in emails:
            domain = find_domain(email)
            if mailbox_key(email) in known:
                return True
            if any(is_same_company(domain, other) for other in domains):
                return True
        return False

    def _find_by_number(self, message: MailMessage, offers: Sequence[Offer]) -> Offer | None:
        for offer in offers:
            if mailbox_key(offer.customer.email) == mailbox_key(message.sender_email):
                return offer
        for offer in offers:
            if self._knows([message.sender_email], offer):
                return offer
        return None

    def _find_also_named(
        self, message: MailMessage, context: MessageContext, others: Sequence[Offer]
    ) -> list[Offer]:
        if not others and context.in_thread is None:
            return []
        found = []
        for offer in _open_before(message, [*context.same_number, *others]):
            if offer is not context.in_thread and self._knows([message.sender_email], offer):
                found.append(offer)
        return found

    def _add_bounced(
        self, message: MailMessage, context: MessageContext, known: KnownMessage | None
    ) -> MessageContext:
        """Add the customers who were not reached, and their offers."""
        named = {mailbox_key(email) for email in message.bounced_emails}
        proven = self._find_proven(known, named) if known and known.is_ours else set()
        bounced = [self._customers[key] for key in sorted(proven & set(self._customers))]
        maybe = [self._customers[key] for key in sorted((named - proven) & set(self._customers))]
        offers: list[Offer] = []
        for customer in bounced or maybe:
            offers += self._by_customer[mailbox_key(customer.email)]
        return context._replace(
            ours=self.ours,
            in_thread=known.offer if known and known.is_ours else None,
            of_sender=_open_before(message, offers),
            bounced=bounced,
            maybe_bounced=maybe,
            bounce_count=self._count_bounces(message.sent_at) if bounced else 0,
        )

    def _find_proven(self, known: KnownMessage, named: set[str]) -> set[str]:
        """Return which recipients of the returned mail were not reached."""
        recipients: set[str] = set()
        for email in known.recipients:
            if not self.ours.has(Address(email)):
                recipients.add(mailbox_key(email))
        if named & recipients:
            return named & recipients
        # What its only recipient forwards to is an address that we do not know.
        is_forwarded = len(recipients) == 1 and len(named) <= _MOST_FORWARDED
        return recipients if is_forwarded else set()

    def _count_bounces(self, at: datetime) -> int:
        span = (at - _BOUNCE_SPAN, at + _BOUNCE_SPAN)
        rows = SourceFile.objects.filter(reason=Reason.BOUNCED, sent_at__range=span)
        count = rows.exclude(pk__in=self._pending_keys).count()
        return count + sum(span[0] <= each <= span[1] for each in self._bounced_at)

    def _add_participants(self, offer: Offer, emails: Iterable[str]) -> None:
        for email in emails:
            if not self.ours.has(Address(email)):
                self._participants[id(offer)].add(mailbox_key(email))


def _emails_of(recipients: Iterable[dict[str, str]]) -> list[str]:
    return [entry["email"] for entry in recipients]


def _open_before(message: MailMessage, offers: Iterable[Offer]) -> list[Offer]:
    latest = message.sent_at
    if message.prefixes.is_reply:
        latest += _CLOCK_SLACK
    return [offer for offer in offers if offer.is_open and offer.first_sent_at <= latest]
