"""What the database knows about a batch of mails: loaded in a few queries, kept up to date while
they are decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q

from crm.accounts.models import User
from crm.core.bulk import among, find_keys
from offers.mail_import.decide import Facts, Twin
from offers.mail_import.message import Letter
from offers.models import Customer, MailFolder, Offer, Reason, SourceFile, number_key
from offers.parsing.mail_providers import MAIL_PROVIDERS
from offers.wiring import find_own_mails

State = SourceFile.State
# Mail clocks differ: a reply may carry a time shortly before the offer's.
_CLOCK_SLACK = timedelta(minutes=10)


class Desk:
    """All that `decide` needs to know about the letters of one batch of one folder.

    `forgotten` are keys of ledger rows that are being decided anew and are no evidence for
    anything.
    """

    def __init__(
        self, folder: MailFolder, letters: Sequence[Letter], forgotten: Sequence[int]
    ) -> None:
        self.folder = folder
        self.is_outgoing = folder.direction == MailFolder.Direction.OUTGOING
        self.own_domains = frozenset(
            domain.strip().lower() for domain in settings.OFFERS_OWN_DOMAINS
        )
        readable = [letter for letter in letters if not letter.problem]
        self._load_twins(readable, forgotten)
        self._load_people(readable)
        self._load_offers(readable, forgotten)

    def facts(self, letter: Letter) -> Facts:
        """Return what is known that matters to one letter, with the letters of this batch before
        it.
        """
        if letter.problem:
            return Facts()
        own = self.offers.get(self.own_mails.get(letter.mail.message_id, 0))
        in_thread = next(
            (offer for each in letter.thread if (offer := self.by_message_id.get(each))), None
        )
        known = Facts(
            own_domains=self.own_domains,
            is_own=letter.mail.message_id in self.own_mails,
            own_offer=own,
            twin=self._find_twin(letter),
            same_number=self.by_number.get(number_key(letter.number), ()) if letter.number else (),
            in_thread=in_thread,
        )
        return known if self.is_outgoing else self._add_sender(letter, known)

    def _add_sender(self, letter: Letter, known: Facts) -> Facts:
        """Add what matters to received mails alone: the offers of who sent one, and whom a bounce
        is about.
        """
        bounced = [
            self.customers[email] for email in _bounced_emails(letter) if email in self.customers
        ]
        if letter.bounce and not bounced and not letter.bounce.recipients and known.in_thread:
            bounced = [known.in_thread.customer]
        sender = letter.mail.sender.email if letter.mail.sender else ""
        domain = letter.mail.sender.domain if letter.mail.sender else ""
        emails = {each.email for each in bounced} or {sender}
        return known._replace(
            of_sender=self._open_offers(
                letter, [o for email in emails for o in self.by_customer.get(email, ())]
            ),
            of_company=self._open_offers(letter, self.by_domain.get(domain, ())),
            bounced=bounced,
        )

    def add(self, letter: Letter, row: SourceFile, offer: Offer | None) -> None:
        """Let the letters that follow know a decided one."""
        if row.state != State.DUPLICATE:
            if row.header_hash:
                self.by_hash.setdefault(row.header_hash, row)
            if row.message_id:
                self.by_id.setdefault(row.message_id, row)
            if row.fingerprint:
                self.by_fingerprint[row.fingerprint] = row
        if offer is not None and row.message_id:
            self.by_message_id.setdefault(row.message_id, offer)

    def add_offer(self, offer: Offer) -> None:
        """Let the letters that follow know an offer, loaded or new."""
        self.by_number[offer.number_key].append(offer)
        self.by_customer[offer.customer.email].append(offer)
        if offer.customer.domain not in MAIL_PROVIDERS:
            self.by_domain[offer.customer.domain].append(offer)
        if offer.message_id:
            self.by_message_id.setdefault(offer.message_id, offer)

    def _load_twins(self, letters: Sequence[Letter], forgotten: Sequence[int]) -> None:
        """Find the mails imported before by header block (same direction), Message-ID (this
        folder), fingerprint.
        """
        hashes = [letter.header_hash for letter in letters]
        ids = [letter.mail.message_id[:500] for letter in letters if letter.mail.message_id]
        prints = [letter.fingerprint for letter in letters if letter.fingerprint]
        keys = {
            *find_keys(SourceFile, "header_hash", hashes, only="message_id = ''"),
            *find_keys(SourceFile, "message_id", ids),
            *find_keys(SourceFile, "fingerprint", prints),
        }.difference(forgotten)
        rows = SourceFile.objects.filter(among("pk", keys)).exclude(
            state__in=(State.DUPLICATE, State.WAITING)
        )
        twins = list(rows.select_related("offer__customer", "folder")) if keys else []
        # The folder is compared here and not in the query: a planner that knows nothing of the
        # numbers may choose to go through all rows of the folder.
        same_way = [row for row in twins if row.folder.direction == self.folder.direction]
        self.by_hash = {row.header_hash: row for row in same_way if row.header_hash}
        self.by_id = {
            row.message_id: row
            for row in twins
            if row.message_id and row.folder_id == self.folder.pk
        }
        self.by_fingerprint = {row.fingerprint: row for row in twins if row.fingerprint}

    def _find_twin(self, letter: Letter) -> Twin | None:
        for row, reason in (
            (self.by_hash.get(letter.header_hash), Reason.SAME_CONTENT),
            (self.by_fingerprint.get(letter.fingerprint or ""), Reason.SAME_MAIL),
            (self.by_id.get(letter.mail.message_id[:500]), Reason.SAME_MESSAGE_ID),
        ):
            if row is not None:
                return Twin(row, reason, row.number)
        return None

    def _load_people(self, letters: Sequence[Letter]) -> None:
        emails: set[str] = set()
        for letter in letters:
            emails.update(_bounced_emails(letter))
            emails.update(
                each.email for each in letter.mail.recipients if each.domain not in self.own_domains
            )
        keys = find_keys(Customer, "email", emails)
        customers = Customer.objects.filter(among("pk", keys)) if keys else ()
        self.customers = {each.email: each for each in customers}
        people = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
        self.salespeople = {person.email.lower(): person for person in people}

    def _load_offers(self, letters: Sequence[Letter], forgotten: Sequence[int]) -> None:
        self.offers: dict[int, Offer] = {}
        self.by_number: dict[str, list[Offer]] = defaultdict(list)
        self.by_customer: dict[str, list[Offer]] = defaultdict(list)
        self.by_domain: dict[str, list[Offer]] = defaultdict(list)
        self.by_message_id: dict[str, Offer] = {}
        thread = {each for letter in letters for each in letter.thread}
        ids = thread | {letter.mail.message_id for letter in letters if letter.mail.message_id}
        self.own_mails = find_own_mails(sorted(ids))
        threads: dict[str, int] = dict(self.own_mails)
        if thread:
            rows = SourceFile.objects.filter(message_id__in=thread, offer__isnull=False).exclude(
                pk__in=forgotten
            )
            threads |= dict(rows.values_list("message_id", "offer_id"))
        numbers = {number_key(letter.number) for letter in letters if letter.number}
        keys = {
            *find_keys(Offer, "number_key", numbers),
            *find_keys(Offer, "message_id", thread),
            *threads.values(),
        }
        if keys:
            self._add_all(Offer.objects.filter(among("pk", keys)))
        if not self.is_outgoing:
            self._load_offers_of_senders(letters)
        for message_id, pk in threads.items():
            if pk in self.offers:
                self.by_message_id.setdefault(message_id, self.offers[pk])

    def _load_offers_of_senders(self, letters: Sequence[Letter]) -> None:
        senders = {letter.mail.sender for letter in letters if letter.mail.sender}
        emails = {sender.email for sender in senders} | {
            e for letter in letters for e in _bounced_emails(letter)
        }
        domains = {sender.domain for sender in senders} - MAIL_PROVIDERS - self.own_domains
        people = Customer.objects.filter(Q(email__in=emails) | Q(email_domain__in=domains))
        # All offers of these people, not only open ones: asked for both, SQLite goes through all
        # open offers there are.
        self._add_all(Offer.objects.filter(customer__in=list(people.values_list("pk", flat=True))))

    def _add_all(self, offers: Iterable[Offer]) -> None:
        """Load offers in one order, locked against a second importer where the database locks
        rows.
        """
        found = offers.select_related("customer").order_by("pk")  # type: ignore[attr-defined]
        if connection.features.has_select_for_update_of:
            found = found.select_for_update(of=("self",))
        for offer in found:
            if offer.pk not in self.offers:
                self.offers[offer.pk] = offer
                self.add_offer(offer)

    def _open_offers(self, letter: Letter, offers: Sequence[Offer]) -> list[Offer]:
        return [o for o in offers if o.is_open and o.first_sent_at <= letter.sent_at + _CLOCK_SLACK]


def _bounced_emails(letter: Letter) -> tuple[str, ...]:
    return letter.bounce.recipients if letter.bounce else ()
