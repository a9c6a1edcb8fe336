"""Pull, store and acknowledge the answers, then send the form and the links to the VPS."""

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

from crm.accounts.models import OwnCompany
from feedback import sealing, wire
from feedback.backoffice.answers import DECISIONS
from feedback.backoffice.api_client import ApiClient, ContractError, SyncError
from feedback.backoffice.links import register_all_again, register_on_vps
from feedback.backoffice.models import Answer, DeclineReason, Invitation, SyncState
from feedback.backoffice.receive import hold_offers, receive_page
from offers.models import Offer
from offers.new_offers import AfterStore

logger = logging.getLogger(__name__)


@dataclass
class SyncResult:
    """The numbers of one sync."""

    stored: int = 0
    rejected: int = 0
    registered: int = 0
    refused: int = 0
    is_form_sent: bool = False


def sync(
    *, after_store: AfterStore, since: datetime | None = None, resend: bool = False
) -> SyncResult:
    """Pull all answers, then send the form if it changed and the links that the VPS does not know.

    `since` also pulls what was acknowledged since then, for an office restored from a backup;
    salespeople get no mail about those again. `resend` sends everything again, for a new VPS.
    Raises SyncError on failure; completed parts are kept.
    """
    result = SyncResult()
    with ApiClient.from_settings() as client:
        # Answers come first: they decide who must not be reminded.
        _pull_waiting(client, result, after_store)
        if since is not None:
            _pull_since(client, since, result, after_store)
        if resend:
            SyncState.objects.filter(pk=1).update(form_hash="")
            register_all_again()
        form_problem: ContractError | None = None
        try:
            result.is_form_sent = send_form(client)
        except ContractError as error:
            # New links are registered even if the form is rejected.
            form_problem = error
        links = register_on_vps(client)
        result.registered, result.refused = links.registered, links.refused
        _fetch_lost_answers(client, links.answered, result, after_store)
    if form_problem is not None:
        raise form_problem
    return result


def pull(*, after_store: AfterStore) -> SyncResult:
    """Pull, store and acknowledge all waiting answers. Raises SyncError when that fails."""
    result = SyncResult()
    with ApiClient.from_settings() as client:
        _pull_waiting(client, result, after_store)
    return result


def ensure_fresh(max_age_seconds: float, now: datetime, *, after_store: AfterStore) -> bool:
    """Pull the answers unless that was done in the last `max_age_seconds`.

    Return False when they cannot be pulled; then no reminder may be sent.
    """
    pulled_at = SyncState.get().pulled_at
    # A time in the future means that a clock was set back, so it does not count.
    if pulled_at is not None and pulled_at <= now <= pulled_at + timedelta(seconds=max_age_seconds):
        return True
    try:
        pull(after_store=after_store)
    except SyncError as error:
        logger.warning("The answers could not be pulled: %s", error)
        return False
    return True


def build_form() -> dict[str, object]:
    """Return the body of `PUT /api/form`. Raises SyncError without a usable private key."""
    company = OwnCompany.get()
    try:
        public_key = sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    except sealing.SealError as error:
        raise SyncError(str(error)) from error
    reasons = DeclineReason.objects.filter(is_active=True)
    return {
        "schema": wire.SCHEMA,
        "company": company.name,
        "email": company.email,
        "phone": company.phone,
        "imprint_url": company.imprint_url,
        "privacy_url": company.privacy_url,
        "public_key": public_key,
        "reasons": [_reason_as_wire(reason) for reason in reasons],
    }


def send_form(client: ApiClient) -> bool:
    """Send company, reasons and key; return False when they have not changed."""
    content = build_form()
    # With the URL, because a new VPS does not have the form yet.
    sent = json.dumps([client.url, content], sort_keys=True)
    form_hash = hashlib.sha256(sent.encode()).hexdigest()
    if SyncState.get().form_hash == form_hash:
        return False
    client.put_form(content)
    SyncState.objects.filter(pk=1).update(form_hash=form_hash, form_sent_at=timezone.now())
    return True


def replay_after_restore(*, after_store: AfterStore) -> str:
    """Pull again what came since the backup, and send everything again; return a sentence."""
    since = (SyncState.get().pulled_at or timezone.now()) - timedelta(hours=1)
    try:
        result = sync(after_store=after_store, since=since, resend=True)
    except SyncError as error:
        text = _(
            "The answers since the backup are not here yet: %(error)s Run `%(command)s` when that"
            " is solved."
        )
        command = f"sync_feedback --since {since:%Y-%m-%dT%H:%M} --resend"
        return text % {"error": error, "command": command}
    return _("%(count)d answers came back from the public service.") % {"count": result.stored}


def _pull_waiting(client: ApiClient, result: SyncResult, after_store: AfterStore) -> None:
    while True:
        # Answers submitted during the request may be missing from the response.
        requested_at = timezone.now()
        page = client.get_feedbacks()
        settled = _receive(client, page.feedbacks, result, after_store)
        if page.remaining == 0:
            break
        if not settled:
            # The next request would return the same page again, for ever.
            text = _("The public service reports more answers but does not return them.")
            raise ContractError(text)
    skew = round((requested_at - page.server_time).total_seconds())
    pulled = {"pulled_at": requested_at, "clock_skew_seconds": skew}
    SyncState.objects.update_or_create(pk=1, defaults=pulled)


def _pull_since(
    client: ApiClient, since: datetime, result: SyncResult, after_store: AfterStore
) -> None:
    while True:
        page = client.get_feedbacks(since=since)
        _receive(client, page.feedbacks, result, after_store, is_replay=True)
        if page.remaining == 0:
            return
        # Answers are sorted by time, so the next page starts at the newest of this one.
        newest = since
        for item in page.feedbacks:
            newest = max(newest, _submitted_at(item) or since)
        if newest <= since:
            raise ContractError(_("The public service does not continue after the last answer."))
        since = newest


def _receive(
    client: ApiClient,
    items: list[object],
    result: SyncResult,
    after_store: AfterStore,
    *,
    is_replay: bool = False,
) -> int:
    """Store one page and acknowledge it; return how many answers are settled."""
    page = receive_page(items, now=timezone.now(), after_store=after_store, is_replay=is_replay)
    if page.settled:
        client.acknowledge(page.settled)
    result.stored += page.stored
    result.rejected += page.rejected
    return len(page.settled)


def _submitted_at(item: object) -> datetime | None:
    if not isinstance(item, dict):
        return None
    try:
        return parse_datetime(str(item["submitted_at"]))
    except (KeyError, ValueError):
        return None


def _reason_as_wire(reason: DeclineReason) -> dict[str, object]:
    return {
        "code": reason.code,
        "labels": {language: reason.label(language) for language in wire.LANGUAGES},
        "asks_for_comment": reason.asks_for_comment,
    }


def _fetch_lost_answers(
    client: ApiClient, digests: set[str], result: SyncResult, after_store: AfterStore
) -> None:
    """Pull the answers that the VPS reports but that are not here, after a restore of the office.

    The VPS deletes answers earlier than links. If an answer is lost, its offer is held for review.
    """
    lost = _find_lost(digests)
    oldest = lost.order_by("created_at").first()
    if oldest is None:
        return
    _pull_since(client, oldest.created_at, result, after_store)
    text = _(
        "The customer answered through the link, but the answer came after the backup and is gone."
        " Ask again."
    )
    with transaction.atomic():
        unanswered = Offer.objects.filter(invitations__in=lost, status=Offer.Status.OPEN)
        after_store(hold_offers(unanswered, text))


def _find_lost(digests: set[str]) -> QuerySet[Invitation]:
    """Return the links among these that have no decision here."""
    decided = Answer.objects.filter(kind__in=DECISIONS, invitation__digest__in=digests)
    known = set(decided.values_list("invitation__digest", flat=True))
    return Invitation.objects.filter(digest__in=digests - known)
