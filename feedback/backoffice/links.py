"""Make, renew, revoke and extend the links of offers, and register them on the VPS."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.accounts.models import User
from feedback import wire
from feedback.backoffice.api_client import ApiClient, ContractError
from feedback.backoffice.models import Invitation, SyncState
from feedback.links import digest, new_token
from feedback.sealing import Card, seal_card
from offers.models import Offer

logger = logging.getLogger(__name__)

# A sealed card must fit into `wire.InvitationSerializer.card`, also when each character takes
# twelve bytes of JSON.
MAX_CARD_TEXT = 100


def make_missing_links(offers: Sequence[Offer]) -> None:
    """Give each changed offer the link that it needs. Call it in the transaction of the change.

    An offer that never had a link gets one. One that is open although its link is used up, because
    a person reopened it or a revision came, gets a new one. Where the card changed, the link is
    registered again and is valid for `FEEDBACK_TOKEN_DAYS` from now. A link that a person revoked
    is not replaced.
    """
    newest: dict[int, Invitation] = {}
    for invitation in Invitation.objects.filter(offer__in=offers).order_by("created_at", "pk"):
        newest[invitation.offer_id] = invitation
    sellers = User.objects.in_bulk({offer.salesperson_id for offer in offers} - {None})
    expires_at = _expiry()
    missing = {}
    for offer in offers:
        newest_link = newest.get(offer.pk)
        card_hash = card_hash_of(offer, sellers.get(offer.salesperson_id or 0))
        if newest_link is None or (_is_used_up(newest_link) and offer.is_open):
            missing[offer.pk] = _build_invitation(offer, card_hash, expires_at)
        elif _is_active(newest_link) and newest_link.card_hash != card_hash:
            _change_link(
                newest_link,
                card_hash=card_hash,
                expires_at=max(newest_link.expires_at, expires_at),
            )
    # Somebody else may make a link of the same offer at this moment; one is enough.
    Invitation.objects.bulk_create(missing.values(), ignore_conflicts=True)


def build_card(offer: Offer, seller: User | None) -> Card:
    """Return what the form shows of an offer."""
    card = Card(
        number=offer.number,
        subject=_shorten(offer.subject),
        offered_on=timezone.localdate(offer.sent_at).isoformat(),
        seller=_shorten(offer.sender_name),
        seller_email=offer.sender_email,
    )
    if seller is None:
        return card
    return replace(
        card,
        seller=_shorten(str(seller)),
        seller_email=seller.email or offer.sender_email,
        seller_phone=seller.phone,
    )


def card_hash_of(offer: Offer, seller: User | None) -> str:
    """Return a hash of the card and its language: it differs when the VPS must learn of them."""
    content = json.dumps([vars(build_card(offer, seller)), offer.language])
    return hashlib.sha256(content.encode()).hexdigest()


def renew_link(offer: Offer) -> Invitation:
    """Return a new link of the offer; the ones before it stop working with the next sync."""
    with transaction.atomic():
        # Two clicks at once wait for each other; each makes a link, and the last one works.
        Offer.objects.select_for_update().get(pk=offer.pk)
        for invitation in offer.invitations.filter(state=Invitation.State.ACTIVE):
            revoke_link(invitation)
        invitation = _build_invitation(offer, card_hash_of(offer, offer.salesperson), _expiry())
        invitation.save()
        Offer.objects.raise_version([offer])
    return invitation


def revoke_link(invitation: Invitation) -> bool:
    """Make a link stop working with the next sync. Return False when it was not active."""
    with transaction.atomic():
        if not _lock_active(invitation):
            return False
        _change_link(invitation, state=Invitation.State.REVOKED)
        Offer.objects.raise_version([invitation.offer])
    return True


def extend_link(invitation: Invitation) -> bool:
    """Keep a link valid for `FEEDBACK_TOKEN_DAYS` from now. Return False when it was not active."""
    with transaction.atomic():
        if not _lock_active(invitation):
            return False
        _change_link(invitation, expires_at=max(invitation.expires_at, _expiry()))
        Offer.objects.raise_version([invitation.offer])
    return True


def mark_mailed(offer_ids: Collection[int], *, at: datetime) -> None:
    """Record when the links of these offers were mailed: a robot answers within minutes of it."""
    Invitation.objects.filter(offer__in=offer_ids, state=Invitation.State.ACTIVE).update(
        mailed_at=at
    )


@dataclass
class Registration:
    """What became of the links that the VPS did not know. `answered` are digests that it knows as
    answered.
    """

    registered: int = 0
    refused: int = 0
    answered: set[str] = field(default_factory=set)


def register_links(client: ApiClient) -> Registration:
    """Tell the VPS of all new and changed links and return what became of them."""
    _notice_changed_sellers()
    result = Registration()
    last = 0
    while page := _next_page(last):
        _register(client, page, result)
        last = page[-1].pk
    return result


def register_all_again() -> None:
    """Have the next sync register all valid links, for a VPS that was set up anew."""
    valid = Invitation.objects.filter(state=Invitation.State.ACTIVE, expires_at__gt=timezone.now())
    valid.update(registered_at=None)


def _next_page(after: int) -> list[Invitation]:
    waiting = Invitation.objects.filter(registered_at=None, pk__gt=after).exclude(
        state=Invitation.State.ANSWERED
    )
    return list(waiting.select_related("offer__salesperson").order_by("pk")[: wire.MAX_INVITATIONS])


def _register(client: ApiClient, page: list[Invitation], result: Registration) -> None:
    """Register one page of links.

    A page that is refused is halved until the link that is at fault is alone, so that the others
    get through.
    """
    try:
        answered = client.put_invitations([_as_wire(invitation) for invitation in page])
    except ContractError as error:
        if len(page) == 1:
            logger.warning("The link of offer %s was refused: %s", page[0].offer_id, error)
            result.refused += 1
            return
        middle = len(page) // 2
        _register(client, page[:middle], result)
        _register(client, page[middle:], result)
        return
    result.answered |= answered
    result.registered += _mark_registered(page)


def _mark_registered(page: Iterable[Invitation]) -> int:
    """Mark the links as registered, except those that changed while they were being sent."""
    keys_by_version: dict[int, list[int]] = defaultdict(list)
    for invitation in page:
        keys_by_version[invitation.version].append(invitation.pk)
    marked = 0
    for version, keys in keys_by_version.items():
        sent = Invitation.objects.filter(pk__in=keys, version=version)
        marked += sent.update(registered_at=timezone.now())
    return marked


def _as_wire(invitation: Invitation) -> dict[str, object]:
    offer = invitation.offer
    is_revoked = invitation.state == Invitation.State.REVOKED
    return {
        "digest": invitation.digest,
        "card": seal_card(build_card(offer, offer.salesperson), invitation.token),
        "language": offer.language,
        "expires_at": invitation.expires_at.isoformat(),
        "state": "revoked" if is_revoked else "active",
    }


def _notice_changed_sellers() -> None:
    """Have links registered again when their salesperson's name, address or phone has changed since
    the last sync.
    """
    sellers = User.objects.order_by("pk").values_list(
        "pk", "username", "first_name", "last_name", "email", "phone"
    )
    sellers_hash = hashlib.sha256(json.dumps(list(sellers)).encode()).hexdigest()
    if SyncState.get().sellers_hash != sellers_hash:
        _refresh_cards()
        SyncState.objects.filter(pk=1).update(sellers_hash=sellers_hash)


def _refresh_cards() -> None:
    """Have the valid links registered again whose card has changed. They expire as before."""
    valid = Invitation.objects.filter(
        state=Invitation.State.ACTIVE, expires_at__gt=timezone.now()
    ).select_related("offer__salesperson")
    changed = []
    for invitation in valid.iterator(chunk_size=1000):
        card_hash = card_hash_of(invitation.offer, invitation.offer.salesperson)
        if card_hash != invitation.card_hash:
            changed.append((invitation, card_hash))
    for invitation, card_hash in changed:
        _change_link(invitation, card_hash=card_hash)


def _change_link(invitation: Invitation, **changes: object) -> None:
    """Change a link and have the next sync register it again."""
    Invitation.objects.filter(pk=invitation.pk).update(
        registered_at=None, version=F("version") + 1, **changes
    )
    invitation.refresh_from_db()


def _lock_active(invitation: Invitation) -> bool:
    active = Invitation.objects.select_for_update().filter(
        pk=invitation.pk, state=Invitation.State.ACTIVE
    )
    return active.first() is not None


def _build_invitation(offer: Offer, card_hash: str, expires_at: datetime) -> Invitation:
    token = new_token()
    return Invitation(
        offer=offer,
        token=token,
        digest=digest(token),
        expires_at=expires_at,
        card_hash=card_hash,
    )


def _is_active(invitation: Invitation) -> bool:
    return invitation.state == Invitation.State.ACTIVE


def _is_used_up(invitation: Invitation) -> bool:
    return invitation.state == Invitation.State.ANSWERED


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.FEEDBACK_TOKEN_DAYS)


def _shorten(text: str) -> str:
    if len(text) <= MAX_CARD_TEXT:
        return text
    return text[: MAX_CARD_TEXT - 1] + "…"
