"""Create and change offers. Commands, schedules and admin actions all call these functions.

Callers must update links and plans of the changed offers through `crm.backoffice.changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from crm.accounts.models import User
from offers.models import DEFAULT_CURRENCY, Customer, ErasedAddress, Offer, SourceFile, number_key
from offers.revisions import refresh_offers
from offers.status import raise_versions_of

# Updates links and plans of changed offers. It is called inside the transaction that changed them,
# so that a kill leaves no offer without them.
AfterStore = Callable[[Sequence[Offer]], None]

_DECISION_FIELDS = [
    "state", "offer", "holds", "number", "reason", "detail", "sent_at", "decided_by", "decided_at",
]  # fmt: skip
_LANGUAGE_WORDS = (
    ("fr", ("offre", "devis")),
    ("it", ("offerta", "preventivo")),
    ("en", ("quotation", "quote", "proposal", "your offer", "our offer")),
)


@dataclass(frozen=True)
class People:
    """Stored customers and active salespeople for new offers, by lower-case address."""

    customers: dict[str, Customer]
    salespeople: dict[str, User]
    # Nothing is stored of them.
    is_preview: bool = False


def load_people(emails: Collection[str], *, is_preview: bool = False) -> People:
    """Return all salespeople, and the stored customers with these addresses."""
    customers = Customer.objects.filter(email__in=emails)
    salespeople = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    return People(
        {customer.email: customer for customer in customers},
        {person.email.lower(): person for person in salespeople},
        is_preview,
    )


def find_or_build_customer(
    people: People, *, email: str, name: str = "", company: str = "", language: str = ""
) -> Customer:
    """Return the stored customer with this address, else a new one that is not stored yet.

    Call it inside a transaction.
    """
    email, name, company = email.strip().lower(), name.strip()[:200], company.strip()[:200]
    customer = people.customers.get(email)
    if customer is None:
        customer = Customer(
            email=email, name=name, company=company, language=language or settings.LANGUAGE_CODE[:2]
        )
        people.customers[email] = customer
        return customer
    # What a person or an earlier mail said is not overwritten.
    missing = {}
    if name and not customer.name:
        missing["name"] = customer.name = name
    if company and not customer.company:
        missing["company"] = customer.company = company
    if missing and customer.pk and not people.is_preview:
        customer.save(update_fields=list(missing))
    return customer


def build_offer(
    people: People,
    *,
    number: str,
    email: str,
    sent_at: datetime,
    name: str = "",
    subject: str = "",
    message_id: str = "",
    sender_email: str = "",
    sender_name: str = "",
    salesperson: User | None = None,
    language: str = "",
    currency: str = "",
    **columns: Any,
) -> Offer:
    """Return a new offer, not stored yet; `columns` are taken as they are.

    The language is the given one, else that of the subject, else the customer's.
    """
    # All offers are built here: by the import, a person's decision, the form and the upload.
    language = language or find_language(subject)
    customer = find_or_build_customer(people, email=email, name=name, language=language)
    # The sender of the mail is the salesperson; without a mail the salesperson counts as sender.
    if salesperson is None:
        salesperson = people.salespeople.get(sender_email.lower())
    elif not sender_email:
        sender_email, sender_name = salesperson.email, str(salesperson)
    number = number.strip()[:100]
    return Offer(
        number=number,
        # Derived when stored, but the rest of a batch looks for it before that.
        number_key=number_key(number),
        customer=customer,
        salesperson=salesperson,
        sender_email=sender_email[:254],
        sender_name=sender_name[:200],
        subject=subject[:500],
        message_id=message_id[:500],
        first_sent_at=sent_at,
        sent_at=sent_at,
        status_at=sent_at,
        language=language or customer.language,
        currency=currency or DEFAULT_CURRENCY,
        **columns,
    )


def store_offers(offers: Sequence[Offer]) -> None:
    """Store new offers and their new customers; call it inside a transaction.

    Raises IntegrityError when another process stored one of them at the same time.
    """
    new = {offer.customer.email: offer.customer for offer in offers if not offer.customer.pk}
    # Sorted, so that two importers at once wait for each other without a deadlock.
    customers = [customer for _email, customer in sorted(new.items())]
    ErasedAddress.silence(customers)
    Customer.objects.bulk_create(customers)
    Offer.objects.bulk_create(sorted(offers, key=lambda offer: offer.number_key))


def find_language(subject: str) -> str:
    """Return the language of the word for "offer" in a subject, or an empty text."""
    lower = subject.lower()
    for language, words in _LANGUAGE_WORDS:
        if any(word in lower for word in words):
            return language
    return ""


def change_offer(offer: Offer, *, changed: Collection[str], by: User | None, at: datetime) -> None:
    """Store what a person changed of an offer; `changed` are names of fields."""
    fields = set(changed)
    if "status" in fields:
        offer.status_at, offer.status_by = at, by
        fields |= {"status_at", "status_by"}
        if "status_channel" not in fields and offer.status_channel == Offer.Channel.AUTOMATIC:
            offer.status_channel = ""
            fields.add("status_channel")
    if fields:
        with transaction.atomic():
            offer.save(update_fields=sorted(fields))
            Offer.objects.raise_version([offer])


def change_customer(customer: Customer, *, changed: Collection[str]) -> list[Offer]:
    """Store what a person changed of a customer; return the customer's offers."""
    fields = set(changed)
    if "email" in fields:
        # Nothing has bounced at the new address yet.
        customer.bounced_at = None
        fields.add("bounced_at")
    if "bounced_at" in fields and customer.bounced_at is None:
        customer.bounce_detail = ""
        fields.add("bounce_detail")
    if not fields:
        return []
    with transaction.atomic():
        customer.save(update_fields=sorted(fields))
        return raise_versions_of(customer)


def make_offer_of_file(
    file: SourceFile, *, number: str, email: str, name: str = "", by: User | None, at: datetime
) -> Offer:
    """Make a mail of the import log an offer, or a newer mail of the customer's offer."""
    email, sent_at = email.strip().lower(), file.sent_at or at
    # Later imports keep this decision; only "check again" replaces it.
    with transaction.atomic():
        same_number = Offer.objects.filter(number_key=number_key(number), customer__email=email)
        offer = same_number.lock().first()
        file.state = SourceFile.State.OFFER if offer is None else SourceFile.State.REVISION
        if offer is None:
            offer = build_offer(
                load_people([email]),
                number=number,
                email=email,
                name=name,
                sent_at=sent_at,
                source=Offer.Source.MAIL,
                subject=file.subject,
                message_id=file.message_id,
                sender_email=file.sender,
                sender_name=file.sender_name,
            )
            store_offers([offer])
        file.number = number.strip()
        _record_decision(file, offer, reason=SourceFile.Reason.BY_PERSON, by=by, at=at)
    return offer


def attach_file(file: SourceFile, offer: Offer, *, by: User | None, at: datetime) -> None:
    """Record the offer a mail belongs to."""
    # A received mail of this state is a reply, a sent one a follow-up.
    file.state = SourceFile.State.FOLLOW_UP
    with transaction.atomic():
        # An answer may have come since the page was opened.
        offer = Offer.objects.filter(pk=offer.pk).lock().get()
        _record_decision(file, offer, reason=SourceFile.Reason.ATTACHED, by=by, at=at)


def _record_decision(
    file: SourceFile, offer: Offer, *, reason: SourceFile.Reason, by: User | None, at: datetime
) -> None:
    held = _lock_held([file])
    file.offer, file.reason, file.detail, file.holds = offer, reason, "", False
    file.sent_at, file.decided_by, file.decided_at = file.sent_at or at, by, at
    file.save(update_fields=_DECISION_FIELDS)
    refresh_offers([offer, *(each for each in held if each != offer)], now=at)


def _lock_held(files: Sequence[SourceFile]) -> list[Offer]:
    """Return the offers whose reminders these questions keep back."""
    keys = {file.offer_id for file in files if file.holds and file.offer_id}
    return list(Offer.objects.filter(pk__in=keys).lock())


def find_customer_of(file: SourceFile) -> tuple[str, str] | None:
    """Return address and name of the only person outside the company who got a mail, or None."""
    own = {domain.strip().lower() for domain in settings.OFFERS_OWN_DOMAINS}
    external = []
    for recipient in file.recipients:
        if recipient["email"].rpartition("@")[2] not in own:
            external.append((recipient["email"], recipient["name"]))
    if len(external) == 1:
        return external[0]
    return None


def ignore_files(files: Sequence[SourceFile], *, by: User | None, at: datetime) -> int:
    """Record that mails are no offers; return how many were still undecided."""
    undecided = SourceFile.objects.filter(
        pk__in=[file.pk for file in files],
        # Offers keep the mails they came from.
        state__in=(SourceFile.State.REVIEW, SourceFile.State.BROKEN),
    )
    with transaction.atomic():
        held = _lock_held(list(undecided))
        count = undecided.update(
            state=SourceFile.State.NOT_AN_OFFER,
            reason=SourceFile.Reason.IGNORED,
            detail="",
            holds=False,
            decided_by=by,
            decided_at=at,
        )
        refresh_offers(held, now=at)
    return count
