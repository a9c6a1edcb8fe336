"""Make, renew, revoke and extend the links of offers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

import offers.services
from crm.accounts.models import User
from crm.core.bulk import among, find_keys, insert_rows, new_row
from feedback import links
from feedback.backoffice.models import Invitation
from feedback.sealing import Card
from offers.models import Offer

# A sealed card must fit into `wire.InvitationSerializer.card`, also when every letter takes twelve
# bytes of JSON.
MAX_CARD_TEXT = 100


def make_missing_links(changed: Sequence[Offer]) -> None:
    """Give each offer the link it needs. A listener of the offers: runs in their transaction.

    An offer that never had a link gets one. One that is open although its link is used up, because
    a person reopened it or a revision came, gets a fresh one. Where the card changed, the link is
    sent to the VPS again and lives on for `FEEDBACK_TOKEN_DAYS`. A link that a person revoked is
    not replaced.
    """
    keys = find_keys(Invitation, "offer", [offer.pk for offer in changed])
    known = (
        Invitation.objects.filter(among("pk", keys)).order_by("created_at", "pk") if keys else ()
    )
    newest = {invitation.offer_id: invitation for invitation in known}
    sellers = User.objects.in_bulk(
        {offer.salesperson_id for offer in changed if offer.salesperson_id}
    )
    first, fresh, expires_at = [], [], _expiry()
    for offer in {offer.pk: offer for offer in changed}.values():
        invitation = newest.get(offer.pk)
        card_hash = card_hash_of(offer, sellers.get(offer.salesperson_id or 0))
        if invitation is None:
            first.append(_build_invitation(offer, card_hash, expires_at))
        elif invitation.state == Invitation.State.ANSWERED and offer.is_open:
            fresh.append(_build_invitation(offer, card_hash, expires_at))
        elif invitation.state == Invitation.State.ACTIVE and invitation.card_hash != card_hash:
            mark_changed(
                invitation, card_hash=card_hash, expires_at=max(invitation.expires_at, expires_at)
            )
    insert_rows(first)
    if fresh:
        # Somebody else may reopen the same offer at this moment; one link is enough.
        Invitation.objects.bulk_create(fresh, ignore_conflicts=True)


def build_card(offer: Offer, seller: User | None) -> Card:
    """Return what the form shows of an offer."""
    return Card(
        number=offer.number,
        subject=_shorten(offer.subject),
        offered_on=timezone.localdate(offer.sent_at).isoformat(),
        seller=_shorten(str(seller) if seller else offer.sender_name),
        seller_email=(seller.email if seller else "") or offer.sender_email,
        seller_phone=seller.phone if seller else "",
    )


def card_hash_of(offer: Offer, seller: User | None) -> str:
    """Return what tells whether the card or its language has changed since the link was sent to the
    VPS.
    """
    content = json.dumps([vars(build_card(offer, seller)), offer.language])
    return hashlib.sha256(content.encode()).hexdigest()


def refresh_cards() -> int:
    """Have the links sent again whose card says something else now; return how many. They expire as
    before.
    """
    active = Invitation.objects.filter(state=Invitation.State.ACTIVE, expires_at__gt=timezone.now())
    changed = []
    for invitation in active.select_related("offer__salesperson").iterator(chunk_size=1000):
        card_hash = card_hash_of(invitation.offer, invitation.offer.salesperson)
        if card_hash != invitation.card_hash:
            changed.append((invitation, card_hash))
    for invitation, card_hash in changed:
        mark_changed(invitation, card_hash=card_hash)
    return len(changed)


def mark_changed(invitation: Invitation, **changes: object) -> None:
    """Change a link and have the next sync tell the VPS."""
    Invitation.objects.filter(pk=invitation.pk).update(
        registered_at=None, version=F("version") + 1, **changes
    )
    invitation.refresh_from_db()


def renew_link(offer: Offer) -> Invitation:
    """Return a fresh link of the offer; the ones before it stop working with the next sync."""
    with transaction.atomic():
        # Two clicks at once wait for each other; each gives a link, and the last one works.
        Offer.objects.select_for_update().get(pk=offer.pk)
        for invitation in offer.invitations.filter(state=Invitation.State.ACTIVE):
            revoke_link(invitation)
        invitation = _build_invitation(offer, card_hash_of(offer, offer.salesperson), _expiry())
        invitation.save()
        offers.services.announce([offer])
    return invitation


def revoke_link(invitation: Invitation) -> bool:
    """Make a link stop working with the next sync. Returns False when it was not active."""
    with transaction.atomic():
        if not _is_active(invitation):
            return False
        mark_changed(invitation, state=Invitation.State.REVOKED)
        offers.services.announce([invitation.offer])
    return True


def extend_link(invitation: Invitation) -> bool:
    """Let a link work for `FEEDBACK_TOKEN_DAYS` from now. Returns False when it was not active."""
    with transaction.atomic():
        if not _is_active(invitation):
            return False
        mark_changed(invitation, expires_at=max(invitation.expires_at, _expiry()))
        offers.services.announce([invitation.offer])
    return True


def mark_mailed(offer_ids: Collection[int], *, at: datetime) -> None:
    """Remember when the links of these offers were mailed: an answer within minutes of it may be a
    robot's.
    """
    Invitation.objects.filter(among("offer", offer_ids), state=Invitation.State.ACTIVE).update(
        mailed_at=at
    )


def _is_active(invitation: Invitation) -> bool:
    return (
        Invitation.objects.select_for_update()
        .filter(pk=invitation.pk, state=Invitation.State.ACTIVE)
        .first()
        is not None
    )


def _build_invitation(offer: Offer, card_hash: str, expires_at: datetime) -> Invitation:
    token = links.new_token()
    return new_row(
        Invitation,
        offer=offer,
        token=token,
        digest=links.digest(token),
        expires_at=expires_at,
        card_hash=card_hash,
    )


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.FEEDBACK_TOKEN_DAYS)


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_CARD_TEXT else text[: MAX_CARD_TEXT - 1] + "…"
