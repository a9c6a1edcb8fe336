"""Update links and reminder plans of changed offers, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from feedback.backoffice.links import make_missing_links
from offers.models import Offer
from reminders.planning import plan_offers


@contextmanager
def changing_offers(*offers: Offer) -> Iterator[list[Offer]]:
    """Yield the list of changed offers, to which the body adds those that it finds or makes."""
    changed = list(offers)
    with transaction.atomic():
        yield changed
        # Loaded again: the body may have changed other objects of the same rows.
        follow_changes(list(Offer.objects.filter(pk__in=[offer.pk for offer in changed])))


def follow_changes(offers: Sequence[Offer]) -> None:
    """Give changed offers their links and plan them anew, in the transaction that changed them."""
    if offers:
        make_missing_links(offers)
        plan_offers(offers)
