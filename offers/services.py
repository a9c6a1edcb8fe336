"""What can be done with offers. Every entry point (schedule, command, admin action) comes through here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from crm.accounts.models import User
from offers.models import Customer, Offer


def announce(offers: Sequence[Offer]) -> None:
    """Tell the listeners of `settings.OFFERS_LISTENERS` that these offers were stored or changed.

    Call it inside the transaction that changed them: each listener is `listener(offers)` and its rows are committed
    together with the offers.
    """
    if offers:
        for path in settings.OFFERS_LISTENERS:
            import_string(path)(offers)


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
