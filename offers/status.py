"""What became of an offer: its status, contacts with the customer, and opting out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from crm.accounts.models import User
from offers.models import Contact, Customer, Offer


def set_status(
    offer: Offer,
    status: Offer.Status,
    *,
    channel: Offer.Channel,
    at: datetime,
    by: User | None = None,
) -> None:
    """Record what became of an offer, through which channel and by whom."""
    offer.status, offer.status_channel, offer.status_at, offer.status_by = status, channel, at, by
    with transaction.atomic():
        offer.save(update_fields=["status", "status_channel", "status_at", "status_by"])
        Offer.objects.raise_version([offer])


def opt_out(customer: Customer, *, at: datetime) -> list[Offer]:
    """Record that a customer wants no more mails from us; return the offers that this changes."""
    customer.opted_out_at = customer.opted_out_at or at
    with transaction.atomic():
        customer.save(update_fields=["opted_out_at"])
        return raise_versions_of(customer)


def note_contact(offer: Offer, *, at: datetime, by: User | None = None, note: str = "") -> Contact:
    """Record a contact that no mail tells of, such as a call."""
    with transaction.atomic():
        contact = Contact.objects.create(offer=offer, at=at, by=by, note=note)
        if offer.contacted_at is None or offer.contacted_at < at:
            offer.contacted_at = at
            offer.save(update_fields=["contacted_at"])
        Offer.objects.raise_version([offer])
    return contact


def raise_versions_of(customer: Customer) -> list[Offer]:
    """Note that what is planned for the customer's offers may change; return these offers."""
    offers = list(customer.offers.all())
    Offer.objects.raise_version(offers)
    return offers
