"""Takes back offers that were none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from offers.models import Customer, Offer, SourceFile
from offers.revisions import refresh_offers
from offers.wiring import announce

# What the listeners make with each offer, and what therefore goes with it. Anything else that hangs
# on an offer is a sign that something happened to it since.
_MADE_WITH_IT = frozenset({"files", "invitations", "follow_up", "supersedes"})


def remove_empty_offers(founded: Collection[int], touched: Iterable[int], *, now: datetime) -> int:
    """Remove those of the offers `founded` that no mail founds any more, with customers left
    without any.

    An offer that was entered by a person, or answered, reminded, noted or closed since, stays. What
    stays of the offers `touched` is worked out anew from the mails they have left. Returns how many
    were removed.
    """
    removed = 0
    with transaction.atomic():
        left = []
        for offer in Offer.objects.filter(pk__in={*founded, *touched}).select_related("customer"):
            counted = offer.files.filter(
                state__in=(SourceFile.State.OFFER, SourceFile.State.REVISION)
            ).exists()
            if (
                offer.pk not in founded
                or counted
                or offer.source != Offer.Source.MAIL
                or has_history(offer)
            ):
                left.append(offer)
                continue
            customer = offer.customer
            offer.delete()
            removed += 1
            if _is_unused(customer):
                customer.delete()
        refresh_offers(left, now=now)
        announce(left)
    return removed


def has_history(offer: Offer) -> bool:
    """Tell whether anything happened to an offer besides its import."""
    if offer.status != Offer.Status.OPEN or offer.status_by_id or offer.note:
        return True
    relations = (
        each
        for each in Offer._meta.related_objects
        if each.get_accessor_name() not in _MADE_WITH_IT
    )
    return any(
        each.related_model._base_manager.filter(**{each.field.name: offer}).exists()
        for each in relations
    )


def _is_unused(customer: Customer) -> bool:
    touched = (
        customer.note or customer.do_not_contact or customer.opted_out_at or customer.bounced_at
    )
    return not touched and not customer.offers.exists()
