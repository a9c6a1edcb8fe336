"""Stores what mail files said: customers, offers, ledger rows and all that hangs on them, batch by
batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.bulk import among, find_keys, insert_rows, new_row
from offers.mail_import.context import Desk
from offers.mail_import.decide import Decision, Facts, decide_incoming, decide_outgoing
from offers.mail_import.folder import store_name
from offers.mail_import.message import Letter
from offers.models import Customer, ErasedAddress, MailFolder, Offer, Reason, SourceFile, number_key
from offers.parsing.mail import Address
from offers.revisions import refresh_offers
from offers.wiring import announce

State = SourceFile.State
_LANGUAGE_WORDS = (
    ("fr", ("offre", "devis")),
    ("it", ("offerta", "preventivo")),
    ("en", ("quotation", "quote", "proposal", "your offer", "our offer")),
)
_FACT_FIELDS = [
    "size", "mtime_ns", "state", "reason", "detail", "header_hash", "content_hash", "fingerprint", "message_id",
    "subject", "number", "is_reply", "sender", "sender_name", "recipients", "sent_at", "defects", "offer",
    "duplicate_of", "decided_by", "decided_at",
]  # fmt: skip


def store_batch(
    folder: MailFolder, letters: Iterable[Letter], *, now: datetime
) -> list[SourceFile]:
    """Store what some mails of one folder said and return their ledger rows; call it inside a
    transaction.

    What is already in the ledger with the same size and mtime is left alone, so that a second
    importer, or a run after a kill, stores nothing twice. The offers that changed are announced
    once. Raises IntegrityError when another importer stored one of them at the same moment.
    """
    writer = _Writer(folder, now)
    return writer.store(
        sorted(letters, key=lambda each: (each.sent_at, each.sighting.mtime_ns, each.sighting.name))
    )


class _Writer:
    """Decides about the letters one after the other and writes what came out in a few queries."""

    def __init__(self, folder: MailFolder, now: datetime) -> None:
        self.folder, self.now = folder, now
        self.is_outgoing = folder.direction == MailFolder.Direction.OUTGOING
        self.rows: list[SourceFile] = []
        self.duplicates: list[SourceFile] = []
        self.new_offers: list[Offer] = []
        self.new_customers: dict[str, Customer] = {}
        self.changed_customers: dict[int, Customer] = {}
        # By identity, because new offers have no key yet.
        self.touched: dict[int, Offer] = {}
        self.to_refresh: dict[int, Offer] = {}

    def store(self, letters: Sequence[Letter]) -> list[SourceFile]:
        names = [store_name(letter.sighting.name) for letter in letters]
        known = {row.name: row for row in self._find_known(names)}
        todo = []
        for name, letter in zip(names, letters, strict=True):
            row = known.get(name)
            if (
                row is None
                or is_undecided(row)
                or (row.size, row.mtime_ns) != letter.sighting.stamp
            ):
                todo.append((letter, name, row))
        again = [row for _letter, _name, row in todo if row]
        for row in again:
            # An offer that loses a mail, because its file was rewritten, is worked out anew without
            # it.
            if row.offer is not None and row.state in SourceFile.MAILS_OF_AN_OFFER:
                self.to_refresh[id(row.offer)] = row.offer
        forgotten = [row.pk for row in again]
        # Two rewritten files may have changed places: their old fingerprints must not be in each
        # other's way.
        if forgotten:
            SourceFile.objects.filter(pk__in=forgotten, fingerprint__isnull=False).update(
                fingerprint=None
            )
        self.desk = Desk(self.folder, [letter for letter, _name, _row in todo], forgotten)
        for letter, name, row in todo:
            self._take(letter, name, row)
        self._write()
        return self.rows + self.duplicates

    def _find_known(self, names: Sequence[str]) -> Iterable[SourceFile]:
        keys = find_keys(SourceFile, "name", names, folder=self.folder.pk)
        return (
            SourceFile.objects.filter(among("pk", keys)).select_related("offer__customer")
            if keys
            else ()
        )

    def _take(self, letter: Letter, name: str, row: SourceFile | None) -> None:
        facts = self.desk.facts(letter)
        decision = (decide_outgoing if self.is_outgoing else decide_incoming)(letter, facts)
        if row and decision.state == State.WAITING and _still_waits(row, letter, decision):
            return
        offer = decision.offer
        if decision.customer is not None:
            offer = self._new_offer(letter, decision.customer)
        elif offer is not None and decision.state in SourceFile.MAILS_OF_AN_OFFER:
            self.to_refresh[id(offer)] = offer
        elif offer is not None and decision.reason == Reason.OTHER_DOCUMENT:
            self._question(offer)
        facts_of_row = self._describe(letter, decision, offer)
        if row is None:
            row = new_row(
                SourceFile,
                folder=self.folder,
                name=name,
                first_seen_at=self.now,
                decided_at=self.now,
                **facts_of_row,
            )
        else:
            if decision.state != State.WAITING or (row.size, row.mtime_ns) != letter.sighting.stamp:
                # While a file waits, this is since when it has not changed.
                row.decided_at = self.now
            for column, value in facts_of_row.items():
                setattr(row, column, value)
        if not letter.problem:
            self.desk.add(letter, row, offer)
        if not self.is_outgoing:
            self._act_on_automatic(letter, decision, facts)
        (self.duplicates if decision.duplicate_of else self.rows).append(row)

    def _describe(self, letter: Letter, decision: Decision, offer: Offer | None) -> dict[str, Any]:
        """Return the columns of a ledger row that say what a mail is and what became of it."""
        mail, (__, size, mtime_ns) = letter.mail, letter.sighting
        fingerprint = (
            letter.fingerprint if self.is_outgoing and decision.duplicate_of is None else None
        )
        return {
            "size": size,
            "mtime_ns": mtime_ns,
            "state": decision.state,
            "reason": decision.reason,
            "detail": decision.detail[:500],
            "header_hash": letter.header_hash,
            "content_hash": "",
            "fingerprint": None if fingerprint in self.desk.by_fingerprint else fingerprint,
            "message_id": mail.message_id[:500],
            "subject": mail.subject[:500],
            "number": letter.number[:100],
            "is_reply": decision.is_reply,
            "sender": mail.sender.email[:320] if mail.sender else "",
            "sender_name": mail.sender.name[:200] if mail.sender else "",
            "recipients": [
                {"field": field, "email": each.email, "name": each.name[:200]}
                for field, addresses in (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc))
                for each in addresses[:100]
            ],
            "sent_at": None if letter.problem else letter.sent_at,
            "defects": list(letter.defects),
            "offer": offer,
            "duplicate_of": decision.duplicate_of,
            "decided_by": None,
        }

    def _new_offer(self, letter: Letter, address: Address) -> Offer:
        mail = letter.mail
        sender_email = mail.sender.email if mail.sender else ""
        customer, language = self.desk.customers.get(address.email), find_language(mail.subject)
        if customer is None:
            customer = new_row(
                Customer,
                email=address.email,
                name=address.name[:200],
                language=language or settings.LANGUAGE_CODE[:2],
                created_at=self.now,
            )
            self.new_customers[address.email] = self.desk.customers[address.email] = customer
        elif address.name and not customer.name:
            customer.name = address.name[:200]
            if customer.pk:
                self.changed_customers[customer.pk] = customer
        offer = new_row(
            Offer,
            number=letter.number[:100],
            number_key=number_key(letter.number[:100]),
            customer=customer,
            salesperson=self.desk.salespeople.get(sender_email),
            sender_email=sender_email,
            sender_name=mail.sender.name[:200] if mail.sender else "",
            subject=mail.subject[:500],
            message_id=mail.message_id[:500],
            first_sent_at=letter.sent_at,
            sent_at=letter.sent_at,
            status_at=letter.sent_at,
            language=language or customer.language,
            created_at=self.now,
        )
        self.new_offers.append(offer)
        self.touched[id(offer)] = offer
        self.desk.add_offer(offer)
        return offer

    def _question(self, offer: Offer) -> None:
        """Let no reminder go out for an offer that may have been ordered, until a person has
        looked.
        """
        if offer.is_open and not offer.needs_review:
            offer.needs_review = _(
                "An order, an invoice or the like was sent about it. Was it ordered?"
            )
            if offer.pk:
                offer.save(update_fields=["needs_review"])
            self.touched[id(offer)] = offer

    def _act_on_automatic(self, letter: Letter, decision: Decision, facts: Facts) -> None:
        """Park the offers of a customer who is away, mark the address of one who cannot be
        reached.
        """
        if decision.reason == Reason.RETURN_DATE and letter.returns_on:
            until = letter.returns_on + timedelta(days=1)
            for offer in (*facts.of_sender, *filter(None, [decision.offer])):
                if offer.is_open and (offer.paused_until is None or offer.paused_until < until):
                    offer.paused_until = until
                    offer.save(update_fields=["paused_until"])
                    self.touched[id(offer)] = offer
        elif decision.reason == Reason.BOUNCED:
            for customer in facts.bounced:
                customer.bounced_at, customer.bounce_detail = letter.sent_at, decision.detail
                customer.save(update_fields=["bounced_at", "bounce_detail"])
            self.touched.update({id(offer): offer for offer in facts.of_sender})

    def _write(self) -> None:
        # In one order everywhere: two importers at once then wait for each other instead of locking
        # each other out.
        ErasedAddress.silence(self.new_customers.values())
        for customer in self.new_customers.values():
            customer.fill_search_text()
        insert_rows([customer for __, customer in sorted(self.new_customers.items())])
        if self.changed_customers:
            Customer.objects.bulk_update(self.changed_customers.values(), ["name"])
        self.new_offers.sort(key=lambda each: each.number_key)
        for offer in self.new_offers:
            offer.fill_derived()
        insert_rows(self.new_offers)
        self._write_rows()
        new = {id(offer) for offer in self.new_offers}
        chains = Counter(
            row.offer_id for row in self.rows if row.state in SourceFile.MAILS_OF_AN_OFFER
        )
        # A new offer with one mail is as it should be.
        stale = [
            offer
            for key, offer in self.to_refresh.items()
            if key not in new or chains[offer.pk] > 1
        ]
        unique = {offer.pk: offer for offer in stale}
        refresh_offers(list(unique.values()), now=self.now)
        self.touched.update({id(offer): offer for offer in unique.values()})
        announce(list({offer.pk: offer for offer in self.touched.values()}.values()))

    def _write_rows(self) -> None:
        # Duplicates last: they may point to a mail of this very batch.
        for rows in (self.rows, self.duplicates):
            for row in rows:
                if row.pk:
                    row.save(update_fields=_FACT_FIELDS)
            insert_rows([row for row in rows if not row.pk])


def _still_waits(row: SourceFile, letter: Letter, decision: Decision) -> bool:
    is_same = (row.size, row.mtime_ns) == letter.sighting.stamp
    return is_same and (row.state, row.reason) == (decision.state, decision.reason)


def is_undecided(row: SourceFile) -> bool:
    """True for a file that is looked at again at each run, although it did not change."""
    return row.state == State.WAITING or row.reason == Reason.VANISHED


def find_language(subject: str) -> str:
    """Return the language that the word for "offer" in a subject gives away, or an empty text."""
    lower = subject.lower()
    return next(
        (language for language, words in _LANGUAGE_WORDS if any(word in lower for word in words)),
        "",
    )
