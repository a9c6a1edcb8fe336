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
    """Run the body in a transaction, then update links and plans of `offers`.

    The body may append further changed offers to the list that it gets.
    """
    changed = list(offers)
    with transaction.atomic():
        yield changed
        # Loaded again, because the body may have saved other objects of the same rows.
        follow_changes(list(Offer.objects.filter(pk__in=[offer.pk for offer in changed])))


def follow_changes(offers: Sequence[Offer]) -> None:
    """Create the missing links of changed offers and plan their reminders again."""
    if offers:
        make_missing_links(offers)
        plan_offers(offers)
