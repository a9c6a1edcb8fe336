"""What can be done with reminders."""

from __future__ import annotations

from collections.abc import Sequence

from offers.models import Offer
from reminders.models import FollowUp


def plan_offers(offers: Sequence[Offer]) -> None:
    """Compute anew when the next reminder of each offer is due. A listener of the offers: runs in their transaction."""
    FollowUp.objects.bulk_create([FollowUp(offer=offer) for offer in offers], ignore_conflicts=True)
