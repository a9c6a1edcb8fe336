"""The two halves agree: answers are pulled, stored and acknowledged, form and links are pushed."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.accounts.models import Company, User
from feedback import sealing, wire
from feedback.backoffice import links, receive
from feedback.backoffice.answers import DECISIONS
from feedback.backoffice.api_client import Client, ContractError, NotConfiguredError, SyncError
from feedback.backoffice.models import Answer, DeclineReason, Invitation, SyncState
from offers.models import Offer
from offers.services import announce

logger = logging.getLogger(__name__)


@dataclass
class SyncResult:
    """What one sync did, in numbers."""

    stored: int = 0
    set_aside: int = 0
    registered: int = 0
    refused: int = 0
    is_form_sent: bool = False


def sync(
    *, since: datetime | None = None, resend: bool = False, client: Client | None = None
) -> SyncResult:
    """Pull all answers, then push the form if it changed and the links that the VPS does not know
    yet.

    Answers come first: they decide who must not be reminded. `since` also brings back what was
    acknowledged since then, for an office restored from a backup; nobody is told of that again.
    `resend` pushes everything again, for a VPS that was set up anew. Raises SyncError when it could
    not be done to the end; what was done stays done.
    """
    result = SyncResult()
    with client or Client.from_settings() as connection:
        _pull_waiting(connection, result)
        if since is not None:
            _pull_since(connection, since, result)
        if resend:
            _forget_what_was_sent()
        problem: ContractError | None = None
        try:
            result.is_form_sent = push_form(connection)
        except (
            ContractError
        ) as error:  # a form that is refused must not keep new links from working
            problem = error
        _notice_changed_sellers()
        _push_invitations(connection, result)
    if problem is not None:
        raise problem
    return result


def pull(client: Client | None = None) -> SyncResult:
    """Pull, store and acknowledge all answers that wait. Raises SyncError when that could not be
    done to the end.
    """
    result = SyncResult()
    with client or Client.from_settings() as connection:
        _pull_waiting(connection, result)
    return result


# After so long without a pull something stands still: the queue, the line or the public side.
STALE_AFTER = timedelta(minutes=15)


def ensure_fresh(max_age_seconds: float, now: datetime) -> bool:
    """Return True when all answers given up to `max_age_seconds` before `now` are here, pulling
    them if need be.

    False when they cannot be had: then nobody may be reminded. Never raises because of the public
    service.
    """
    pulled_at = SyncState.get().pulled_at
    # A time in the future means that a clock was set back; it proves nothing.
    if pulled_at is not None and timedelta(0) <= now - pulled_at <= timedelta(
        seconds=max_age_seconds
    ):
        return True
    try:
        pull()
    except SyncError as error:
        logger.warning("The answers could not be pulled: %s", error)
        return False
    return True


def build_form() -> dict[str, object]:
    """Return the body of `PUT /api/form`. Raises NotConfiguredError without a usable private
    key.
    """
    company = Company.get()
    try:
        public_key = sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    except sealing.SealError as error:
        raise NotConfiguredError(str(error)) from error
    return {
        "schema": wire.SCHEMA,
        "company": company.name,
        "email": company.email,
        "phone": company.phone,
        "imprint_url": company.imprint_url,
        "privacy_url": company.privacy_url,
        "public_key": public_key,
        "reasons": [
            {
                "code": reason.code,
                "labels": {
                    language: getattr(reason, f"label_{language}") for language in wire.LANGUAGES
                },
                "asks_for_comment": reason.asks_for_comment,
            }
            for reason in DeclineReason.objects.filter(is_active=True)
        ],
    }


def push_form(client: Client) -> bool:
    """Send company, reasons and key if they changed since they were sent; return whether they
    had.
    """
    content = build_form()
    form_hash = hashlib.sha256(
        json.dumps([client.url, content], sort_keys=True).encode()
    ).hexdigest()
    if SyncState.get().form_hash == form_hash:
        return False
    client.put_form(content)
    SyncState.objects.filter(pk=1).update(form_hash=form_hash, form_sent_at=timezone.now())
    return True


def replay_after_restore() -> str:
    """Fetch again what was acknowledged since the backup, and send all links again; return what
    came of it.
    """
    since = (SyncState.get().pulled_at or timezone.now()) - timedelta(hours=1)
    try:
        result = sync(since=since, resend=True)
    except SyncError as error:
        command = f"sync_feedback --since {since:%Y-%m-%dT%H:%M} --resend"
        return _(
            "The answers since the backup are not here yet: %(error)s Run `%(command)s` when that is solved."
        ) % {
            "error": error,
            "command": command,
        }
    return _("%(count)d answers came back from the public side.") % {"count": result.stored}


def _pull_waiting(client: Client, result: SyncResult) -> None:
    while True:
        # The time before the question: what is answered while we ask may not be in the reply.
        asked_at = timezone.now()
        page = client.get_feedbacks()
        settled = _take_in(client, page.feedbacks, result)
        if page.remaining == 0:
            break
        if not settled:
            raise ContractError(_("The public service holds answers back that it does not show."))
    SyncState.get()
    skew = round((asked_at - page.server_time).total_seconds())
    SyncState.objects.filter(pk=1).update(pulled_at=asked_at, clock_skew_seconds=skew)


def _pull_since(client: Client, since: datetime, result: SyncResult) -> None:
    while True:
        page = client.get_feedbacks(since=since)
        _take_in(client, page.feedbacks, result, is_replay=True)
        if page.remaining == 0:
            return
        newest = max((_submitted_at(item) or since for item in page.feedbacks), default=since)
        if newest <= since:
            raise ContractError(_("The public service does not go on from the last answer."))
        since = newest


def _take_in(
    client: Client, items: list[object], result: SyncResult, *, is_replay: bool = False
) -> int:
    taken = receive.store_page(items, now=timezone.now(), is_replay=is_replay)
    if taken.settled:
        client.acknowledge(taken.settled)
    result.stored += taken.stored
    result.set_aside += taken.set_aside
    return len(taken.settled)


def _submitted_at(item: object) -> datetime | None:
    try:
        return parse_datetime(str(item["submitted_at"])) if isinstance(item, dict) else None
    except (KeyError, ValueError):
        return None


def _notice_changed_sellers() -> None:
    """Look at all cards again when a salesperson has another name, address or phone number than at
    the last sync.
    """
    sellers = User.objects.order_by("pk").values_list(
        "pk", "username", "first_name", "last_name", "email", "phone"
    )
    sellers_hash = hashlib.sha256(json.dumps(list(sellers)).encode()).hexdigest()
    if SyncState.get().sellers_hash != sellers_hash:
        links.refresh_cards()
        SyncState.objects.filter(pk=1).update(sellers_hash=sellers_hash)


def _push_invitations(client: Client, result: SyncResult) -> None:
    last, answered = 0, set()
    while True:
        waiting = Invitation.objects.filter(registered_at=None, pk__gt=last).exclude(
            state=Invitation.State.ANSWERED
        )
        page = list(
            waiting.select_related("offer__salesperson").order_by("pk")[: wire.MAX_INVITATIONS]
        )
        if not page:
            break
        answered |= _register(client, page, result)
        last = page[-1].pk
    _fetch_lost_answers(client, answered, result)


def _register(client: Client, page: list[Invitation], result: SyncResult) -> set[str]:
    """Register the links of one page; return the digests that are answered already.

    When the page is refused it is halved until the link that is at fault is alone, so that the
    others get through.
    """
    try:
        answered = client.put_invitations([_wire_invitation(invitation) for invitation in page])
    except ContractError as error:
        if len(page) == 1:
            logger.warning("The link of offer %s was refused: %s", page[0].offer_id, error)
            result.refused += 1
            return set()
        middle = len(page) // 2
        return _register(client, page[:middle], result) | _register(client, page[middle:], result)
    for version in {invitation.version for invitation in page}:
        # What changed while it was being sent has another version by now and is sent again.
        result.registered += Invitation.objects.filter(
            pk__in=[invitation.pk for invitation in page if invitation.version == version],
            version=version,
        ).update(registered_at=timezone.now())
    return answered


def _wire_invitation(invitation: Invitation) -> dict[str, object]:
    offer = invitation.offer
    return {
        "digest": invitation.digest,
        "card": sealing.seal_card(links.build_card(offer, offer.salesperson), invitation.token),
        "language": offer.language,
        "expires_at": invitation.expires_at.isoformat(),
        "state": "revoked" if invitation.state == Invitation.State.REVOKED else "active",
    }


def _fetch_lost_answers(client: Client, digests: set[str], result: SyncResult) -> None:
    """Bring back answers that the VPS says it had but that are not here: this office was restored
    from a backup.

    The VPS forgets answers before it forgets that there was one; then a person has to ask, and
    nobody is reminded.
    """
    lost = _find_lost(digests)
    oldest = lost.order_by("created_at").first()
    if oldest is None:
        return
    _pull_since(client, oldest.created_at, result)
    words = _(
        "The customer answered through the link, but the answer came after the backup and is gone. Ask again."
    )
    gone = list(
        Offer.objects.filter(invitations__in=lost, status=Offer.Status.OPEN, needs_review="")
    )
    with transaction.atomic():
        Offer.objects.filter(pk__in=[offer.pk for offer in gone]).update(needs_review=words)
        announce(gone)


def _find_lost(digests: set[str]) -> QuerySet[Invitation]:
    decided = Answer.objects.filter(kind__in=DECISIONS, invitation__digest__in=digests)
    return Invitation.objects.filter(
        digest__in=digests - set(decided.values_list("invitation__digest", flat=True))
    )


def _forget_what_was_sent() -> None:
    SyncState.objects.filter(pk=1).update(form_hash="")
    Invitation.objects.filter(state=Invitation.State.ACTIVE, expires_at__gt=timezone.now()).update(
        registered_at=None
    )
