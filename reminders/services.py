"""What can be done with reminders."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from offers.models import Offer
from reminders.planning import plan_offer_ids


def plan_offers(offers: Sequence[Offer]) -> None:
    """Compute anew when the next reminder of each offer is due. A listener of the offers: runs in their transaction."""
    plan_offer_ids([offer.pk for offer in offers], timezone.now())
