"""What can be done with links and answers in the office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from feedback import links
from feedback.backoffice.models import Invitation
from offers.models import Offer


def ensure_invitations(offers: Sequence[Offer]) -> None:
    """Give each of the offers a link that never had one. A listener of the offers: runs in their transaction."""
    invited = set(Invitation.objects.filter(offer__in=offers).values_list("offer_id", flat=True))
    expires_at = timezone.now() + timedelta(days=settings.FEEDBACK_TOKEN_DAYS)
    tokens = ((offer, links.new_token()) for offer in offers if offer.pk not in invited)
    Invitation.objects.bulk_create(
        Invitation(offer=offer, token=token, digest=links.digest(token), expires_at=expires_at)
        for offer, token in tokens
    )
