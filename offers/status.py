"""Change the status of an offer, record contacts with the customer, and opt customers out."""

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
    """Set the status of an offer, with the channel and the person it came from."""
    offer.status, offer.status_channel, offer.status_at, offer.status_by = status, channel, at, by
    with transaction.atomic():
        offer.save(update_fields=["status", "status_channel", "status_at", "status_by"])
        Offer.objects.raise_version([offer])


def opt_out(customer: Customer, *, at: datetime) -> list[Offer]:
    """Record that a customer wants no more mails from us; return the customer's offers."""
    customer.opted_out_at = customer.opted_out_at or at
    with transaction.atomic():
        customer.save(update_fields=["opted_out_at"])
        return raise_versions_of(customer)


def note_contact(offer: Offer, *, at: datetime, by: User | None = None, note: str = "") -> Contact:
    """Record a contact without a mail, such as a call."""
    with transaction.atomic():
        contact = Contact.objects.create(offer=offer, at=at, by=by, note=note)
        if offer.contacted_at is None or offer.contacted_at < at:
            offer.contacted_at = at
            offer.save(update_fields=["contacted_at"])
        Offer.objects.raise_version([offer])
    return contact


def raise_versions_of(customer: Customer) -> list[Offer]:
    """Count a change of each of the customer's offers, so that they are planned again; return them."""
    offers = list(customer.offers.all())
    Offer.objects.raise_version(offers)
    return offers
