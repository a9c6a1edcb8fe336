"""Make, renew, revoke and extend the links of offers, and register them on the VPS."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, prefetch_related_objects
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

    A link that a person revoked is not replaced.
    """
    newest: dict[int, Invitation] = {}
    for invitation in Invitation.objects.filter(offer__in=offers).order_by("created_at", "pk"):
        newest[invitation.offer_id] = invitation
    prefetch_related_objects(offers, "salesperson")
    missing = {}
    for offer in offers:
        link = newest.get(offer.pk)
        # An offer with an answered link is open again after a reopening or a revision.
        if link is None or (link.state == Invitation.State.ANSWERED and offer.is_open):
            missing[offer.pk] = _build_invitation(offer)
        elif link.state == Invitation.State.ACTIVE and link.card_hash != card_hash_of(offer):
            expires_at = max(link.expires_at, _expiry())
            _change_link(link, card_hash=card_hash_of(offer), expires_at=expires_at)
    # Another process may make a link of the same offer at the same time; one is enough.
    Invitation.objects.bulk_create(missing.values(), ignore_conflicts=True)


def build_card(offer: Offer) -> Card:
    """Return what the form shows of an offer, with its salesperson, else its sender, as contact."""
    name, email, phone = offer.sender_name, offer.sender_email, ""
    salesperson = offer.salesperson
    if salesperson is not None:
        name, email, phone = str(salesperson), salesperson.email or email, salesperson.phone
    return Card(
        number=offer.number,
        subject=_shorten(offer.subject),
        offered_on=timezone.localdate(offer.sent_at).isoformat(),
        salesperson=_shorten(name),
        salesperson_email=email,
        salesperson_phone=phone,
    )


def card_hash_of(offer: Offer) -> str:
    """Return a hash of the card and its language, to tell whether the VPS has the current ones."""
    content = json.dumps([vars(build_card(offer)), offer.language])
    return hashlib.sha256(content.encode()).hexdigest()


def renew_link(offer: Offer) -> Invitation:
    """Return a new link of the offer; the ones before it stop working with the next sync."""
    with transaction.atomic():
        # Concurrent calls wait for each other; each makes a link, and the last one is valid.
        Offer.objects.select_for_update().get(pk=offer.pk)
        for invitation in offer.invitations.filter(state=Invitation.State.ACTIVE):
            revoke_link(invitation)
        invitation = _build_invitation(offer)
        invitation.save()
        Offer.objects.raise_version([offer])
    return invitation


def revoke_link(invitation: Invitation) -> bool:
    """Make a link stop working with the next sync. Return False when it was not active."""
    return _change_active(invitation, state=Invitation.State.REVOKED)


def extend_link(invitation: Invitation) -> bool:
    """Keep a link valid for `FEEDBACK_TOKEN_DAYS` from now. Return False when it was not active."""
    return _change_active(invitation, expires_at=max(invitation.expires_at, _expiry()))


def mark_mailed(offer_ids: Collection[int], *, at: datetime) -> None:
    """Record when the links of these offers were mailed, to recognise answers of link scanners."""
    active = Invitation.objects.filter(offer__in=offer_ids, state=Invitation.State.ACTIVE)
    active.update(mailed_at=at)


@dataclass
class Registration:
    """What became of the links that were sent. `answered` holds the digests of answered ones."""

    registered: int = 0
    refused: int = 0
    answered: set[str] = field(default_factory=set)


def register_on_vps(client: ApiClient) -> Registration:
    """Register all new and changed links on the VPS and return what became of them."""
    _reset_links_of_changed_salespeople()
    result = Registration()
    last = 0
    while page := _next_page(last):
        _register(client, page, result)
        last = page[-1].pk
    return result


def register_all_again() -> None:
    """Have the next sync register all valid links again, for a new VPS."""
    valid = Invitation.objects.filter(state=Invitation.State.ACTIVE, expires_at__gt=timezone.now())
    valid.update(registered_at=None)


def _next_page(after: int) -> list[Invitation]:
    # By primary key, because a rejected link stays unregistered and would be in every page.
    changed = Invitation.objects.filter(registered_at=None, pk__gt=after)
    waiting = changed.exclude(state=Invitation.State.ANSWERED)
    return list(waiting.select_related("offer__salesperson").order_by("pk")[: wire.MAX_INVITATIONS])


def _register(client: ApiClient, page: list[Invitation], result: Registration) -> None:
    """Register one page of links."""
    try:
        result.answered |= client.put_invitations([_as_wire(invitation) for invitation in page])
    except ContractError as error:
        if len(page) == 1:
            logger.warning("The link of offer %s was refused: %s", page[0].offer_id, error)
            result.refused += 1
            return
        # Halved until the rejected link is alone, so that the others are registered.
        middle = len(page) // 2
        _register(client, page[:middle], result)
        _register(client, page[middle:], result)
        return
    with transaction.atomic():
        for invitation in page:
            # A link that changed while it was being sent is sent again.
            sent = Invitation.objects.filter(pk=invitation.pk, version=invitation.version)
            result.registered += sent.update(registered_at=timezone.now())


def _as_wire(invitation: Invitation) -> dict[str, object]:
    offer = invitation.offer
    return {
        "digest": invitation.digest,
        "card": seal_card(build_card(offer), invitation.token),
        "language": offer.language,
        "expires_at": invitation.expires_at.isoformat(),
        "state": invitation.state,
    }


def _reset_links_of_changed_salespeople() -> None:
    """Have links registered again when name, address or phone of their salesperson has changed."""
    salespeople = User.objects.order_by("pk").values_list(
        "pk", "username", "first_name", "last_name", "email", "phone"
    )
    salespeople_hash = hashlib.sha256(json.dumps(list(salespeople)).encode()).hexdigest()
    if SyncState.get().salespeople_hash == salespeople_hash:
        return
    valid = Invitation.objects.filter(state=Invitation.State.ACTIVE, expires_at__gt=timezone.now())
    for invitation in valid.select_related("offer__salesperson"):
        card_hash = card_hash_of(invitation.offer)
        if card_hash != invitation.card_hash:
            _change_link(invitation, card_hash=card_hash)
    SyncState.objects.filter(pk=1).update(salespeople_hash=salespeople_hash)


def _change_active(invitation: Invitation, **changes: object) -> bool:
    with transaction.atomic():
        is_changed = _change_link(invitation, **changes)
        if is_changed:
            Offer.objects.raise_version([invitation.offer])
    return is_changed


def _change_link(invitation: Invitation, **changes: object) -> bool:
    """Change a link, if it is active, and have the next sync register it again."""
    active = Invitation.objects.filter(pk=invitation.pk, state=Invitation.State.ACTIVE)
    is_changed = active.update(registered_at=None, version=F("version") + 1, **changes) == 1
    invitation.refresh_from_db()
    return is_changed


def _build_invitation(offer: Offer) -> Invitation:
    token = new_token()
    return Invitation(
        offer=offer,
        token=token,
        digest=digest(token),
        expires_at=_expiry(),
        card_hash=card_hash_of(offer),
    )


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.FEEDBACK_TOKEN_DAYS)


def _shorten(text: str) -> str:
    if len(text) <= MAX_CARD_TEXT:
        return text
    return text[: MAX_CARD_TEXT - 1] + "…"
