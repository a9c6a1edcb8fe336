"""What can be done with offers. Every entry point (schedule, command, admin action) comes through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from crm.accounts.models import User
from offers.chains import refresh_offers
from offers.models import Contact, Customer, Language, Offer, Reason, SourceFile, number_key
from offers.wiring import announce

__all__ = [
    "announce",
    "ignore_files",
    "make_offer_of_file",
    "note_contact",
    "opt_out",
    "set_status",
    "store_offer",
]


class OfferExistsError(Exception):
    """The customer already has an offer with this number."""


def set_status(
    offer: Offer,
    status: Offer.Status,
    *,
    channel: Offer.Channel,
    at: datetime,
    by: User | None = None,
    announce_now: bool = True,
) -> None:
    """Record what became of an offer, through which channel and by whom, and tell the listeners.

    With `announce_now=False` the caller announces all offers that it changes at once, in the same transaction.
    """
    offer.status, offer.status_channel, offer.status_at, offer.status_by = status, channel, at, by
    with transaction.atomic():
        offer.save(update_fields=["status", "status_channel", "status_at", "status_by"])
        if announce_now:
            announce([offer])


def opt_out(customer: Customer, *, at: datetime) -> None:
    """Stop all reminders to this customer, also those of later offers."""
    customer.opted_out_at = customer.opted_out_at or at
    with transaction.atomic():
        customer.save(update_fields=["opted_out_at"])
        announce(list(customer.offers.all()))


def note_contact(offer: Offer, *, at: datetime, by: User | None = None, note: str = "") -> Contact:
    """Record a contact that no mail tells of, such as a call: the quiet days start again from it."""
    with transaction.atomic():
        contact = Contact.objects.create(offer=offer, at=at, by=by, note=note)
        if offer.contacted_at is None or offer.contacted_at < at:
            offer.contacted_at = at
            offer.save(update_fields=["contacted_at"])
        announce([offer])
    return contact


@dataclass(frozen=True)
class NewOffer:
    """An offer as a person enters it: by hand, out of a list, or for a mail that could not be decided."""

    number: str
    email: str
    sent_at: datetime
    name: str = ""
    company: str = ""
    subject: str = ""
    language: str = ""
    salesperson: User | None = None
    amount: Decimal | None = None
    currency: str = ""


def store_offer(new: NewOffer, *, source: Offer.Source = Offer.Source.MANUAL) -> Offer:
    """Store an offer with its customer, who is found by the address or made, and tell the listeners.

    Raises OfferExistsError when the customer has an offer with this number.
    """
    email = new.email.strip().lower()
    with transaction.atomic():
        customer, _created = Customer.objects.get_or_create(
            email=email,
            defaults={"name": new.name, "company": new.company, "language": new.language or Language.GERMAN},
        )
        if Offer.objects.filter(number_key=number_key(new.number), customer=customer).exists():
            raise OfferExistsError(new.number)
        offer = Offer.objects.create(
            number=new.number.strip(),
            customer=customer,
            salesperson=new.salesperson,
            sender_email=new.salesperson.email if new.salesperson else "",
            sender_name=str(new.salesperson or ""),
            subject=new.subject,
            first_sent_at=new.sent_at,
            sent_at=new.sent_at,
            status_at=new.sent_at,
            amount=new.amount,
            currency=new.currency or "EUR",
            language=new.language or customer.language,
            source=source,
        )
        announce([offer])
    return offer


def make_offer_of_file(
    file: SourceFile, *, number: str, email: str, name: str = "", by: User | None, at: datetime
) -> Offer:
    """Make a mail of the import log an offer, or a newer mail of the offer with this number and customer.

    The person's decision stands until somebody presses "check again".
    """
    sent_at = file.sent_at or at
    with transaction.atomic():
        customer, _created = Customer.objects.get_or_create(email=email.strip().lower(), defaults={"name": name})
        offer = Offer.objects.filter(number_key=number_key(number), customer=customer).first()
        file.state = SourceFile.State.OFFER if offer is None else SourceFile.State.REVISION
        if offer is None:
            salesperson = (
                User.objects.filter(is_active=True, email__iexact=file.sender).first() if file.sender else None
            )
            offer = Offer.objects.create(
                number=number.strip(),
                customer=customer,
                salesperson=salesperson,
                sender_email=file.sender[:254],
                sender_name=file.sender_name,
                subject=file.subject,
                message_id=file.message_id,
                first_sent_at=sent_at,
                sent_at=sent_at,
                status_at=sent_at,
                language=customer.language,
            )
        file.offer, file.number, file.reason, file.detail = offer, number.strip(), Reason.BY_PERSON, ""
        file.sent_at, file.decided_by, file.decided_at = sent_at, by, at
        file.save(update_fields=["state", "offer", "number", "reason", "detail", "sent_at", "decided_by", "decided_at"])
        refresh_offers([offer], now=at)
        announce([offer])
    return offer


def ignore_files(files: Sequence[SourceFile], *, by: User | None, at: datetime) -> int:
    """Let a person decide that mails are no offers, and return how many. Offers keep the mails they came from."""
    keys = [file.pk for file in files if file.state in (SourceFile.State.REVIEW, SourceFile.State.BROKEN)]
    return SourceFile.objects.filter(pk__in=keys).update(
        state=SourceFile.State.NOT_AN_OFFER, reason=Reason.IGNORED, detail="", decided_by=by, decided_at=at
    )
