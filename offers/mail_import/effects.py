"""Take back what received mails did to offers and customers, when they are decided again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from offers.models import Customer, Offer, SourceFile

Reason = SourceFile.Reason


def undo_effects(files: Iterable[SourceFile]) -> list[Offer]:
    """End the pauses and the marks of bounces that came from these mails; return changed offers.

    What a person or another mail did stays. Call it inside a transaction.
    """
    changed: dict[int, Offer] = {}
    for file in files:
        if file.reason in (Reason.RETURN_DATE, Reason.MAYBE_AUTOMATIC):
            offers = _undo_pause(file)
        elif file.reason == Reason.BOUNCED:
            offers = _undo_bounce(file)
        else:
            continue
        changed |= {offer.pk: offer for offer in offers}
    Offer.objects.raise_version(list(changed.values()))
    return list(changed.values())


def _undo_pause(file: SourceFile) -> list[Offer]:
    try:
        until = date.fromisoformat(file.detail) + timedelta(days=1)
    except ValueError:  # no day was named
        return []
    customers = Customer.objects.at_mailboxes([file.sender])
    offers = list(Offer.objects.filter(customer__in=customers, paused_until=until).lock())
    for offer in offers:
        offer.paused_until = None
        offer.save(update_fields=["paused_until"])
    return offers


def _undo_bounce(file: SourceFile) -> list[Offer]:
    offers: list[Offer] = []
    customers = Customer.objects.filter(bounced_at=file.sent_at, bounce_detail=file.detail)
    for customer in customers:
        customer.bounced_at, customer.bounce_detail = None, ""
        customer.save(update_fields=["bounced_at", "bounce_detail"])
        offers += customer.offers.all()
    return offers
