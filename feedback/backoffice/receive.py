"""Receive the answers that were pulled from the VPS: check them, store them with their effect, and
set aside what is wrong.

Each answer is stored exactly once, in one transaction with its effect. One that cannot be stored is
kept as a RejectedAnswer and holds the reminders of its offer, because somebody did answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import serializers

from crm.core.durable import durable_commits
from feedback import sealing, wire
from feedback.backoffice.answers import record_answer
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer
from offers.models import Offer

logger = logging.getLogger(__name__)

# Does what follows from changed offers (their links, their plan), inside the same transaction.
AfterStore = Callable[[Sequence[Offer]], None]

# A scanner follows the link while the mail is being delivered, or right after it; people take
# longer.
SUSPECT_WITHIN = timedelta(minutes=2)
DELIVERY_SLACK = timedelta(seconds=30)
MAX_PHONE = 50


class UnreadableAnswerError(Exception):
    """An answer that cannot be stored; the text is one sentence for the person who looks at it."""


@dataclass(frozen=True)
class ReceivedAnswer:
    """A checked answer. `sealed` is what could not be opened, `note` says what is odd about it."""

    uid: UUID
    digest: str
    kind: Answer.Kind
    reason_code: str
    comment: str
    phone: str
    sealed: str
    ask_again_on: date | None
    submitted_at: datetime
    is_suspect: bool
    note: str
    content: object


@dataclass
class ReceivedPage:
    """What became of a page. The uids in `settled` may be acknowledged: stored, known or set
    aside.
    """

    stored: int = 0
    set_aside: int = 0
    settled: list[UUID] = field(default_factory=list)


@durable_commits()
def receive_page(
    items: Sequence[object],
    *,
    now: datetime,
    after_store: AfterStore,
    is_replay: bool = False,
) -> ReceivedPage:
    """Store the answers of one page and return what became of them.

    The page is tried in one transaction; when something in it is wrong, each answer in its own, so
    that only the wrong one is set aside. Salespeople are not told of the answers of a replay.
    Raises OperationalError or InterfaceError when the database failed: then nothing is settled.
    """
    page = ReceivedPage()
    received = []
    # One serializer for the page: making one costs more than checking an answer with it.
    form = wire.FeedbackSerializer()
    for item in items:
        try:
            received.append(check_answer(item, form))
        except UnreadableAnswerError as error:
            page.set_aside += set_aside(item, str(error), now=now, after_store=after_store)
        uid = find_uid(item)
        if uid is not None:
            page.settled.append(uid)
    try:
        page.stored = _store_together(
            received, now=now, after_store=after_store, is_replay=is_replay
        )
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever is wrong with one answer must not stop the others
        logger.warning(
            "A page of answers is stored one by one, because of %s.", type(error).__name__
        )
        for answer in received:
            _store_alone(answer, page, now=now, after_store=after_store, is_replay=is_replay)
    return page


def check_answer(item: object, form: wire.FeedbackSerializer) -> ReceivedAnswer:
    """Return the checked answer with its words opened. Raises UnreadableAnswerError."""
    try:
        data: dict[str, Any] = form.run_validation(item)
    except serializers.ValidationError as error:
        raise UnreadableAnswerError(
            _("The answer does not keep to the agreed format: %s") % error
        ) from error
    message, sealed, note = sealing.Message(), "", ""
    try:
        message = _open(data["sealed_comment"])
    except sealing.SealError:
        sealed, note = data["sealed_comment"], sealed_note()
    comment, phone = split_words(message)
    return ReceivedAnswer(
        uid=data["uid"],
        digest=data["digest"],
        kind=Answer.Kind(data["kind"]),
        reason_code=data["reason"],
        comment=comment,
        phone=phone,
        sealed=sealed,
        ask_again_on=_day_of(data),
        submitted_at=data["submitted_at"],
        is_suspect=data["suspect"],
        note=note,
        content=item,
    )


def split_words(message: sealing.Message) -> tuple[str, str]:
    """Return (comment, phone) as they can be stored: a phone number that is too long is a comment
    too.
    """
    comment, phone = _clean(message.comment), _clean(message.phone)
    if len(phone) <= MAX_PHONE:
        return comment, phone
    return f"{comment}\n{phone}".strip(), phone[:MAX_PHONE]


def store_answers(
    received: Sequence[ReceivedAnswer], *, now: datetime, is_replay: bool = False
) -> tuple[int, list[Offer]]:
    """Store the answers that are not known yet; return (how many, the changed offers).

    Call it in a transaction. Raises UnreadableAnswerError when one belongs to no link of ours.
    """
    invitations = _lock_offers({answer.digest for answer in received})
    # Looked up behind the lock: of two syncs at once the second finds the answers known.
    stored_before = Answer.objects.filter(uid__in=[answer.uid for answer in received])
    known = set(stored_before.values_list("uid", flat=True))
    reasons = {reason.code: reason for reason in DeclineReason.objects.all()}
    changed: dict[int, Offer] = {}
    stored = 0
    for item in sorted(received, key=lambda each: each.submitted_at):
        if item.uid in known:
            continue
        known.add(item.uid)
        invitation = invitations.get(item.digest)
        if invitation is None:
            raise UnreadableAnswerError(_("The answer belongs to a link that does not exist here."))
        answer = _build_answer(item, invitation, reasons, now=now)
        if is_replay:
            answer.notified_at = now
        changed |= {offer.pk: offer for offer in record_answer(answer)}
        stored += 1
        logger.info("Answer %s of offer %s: %s", answer.uid, answer.offer_id, answer.kind)
    return stored, list(changed.values())


def set_aside(item: object, error: str, *, now: datetime, after_store: AfterStore) -> bool:
    """Keep an answer that cannot be stored, for a person, and hold the reminders of its offer.

    Return False when it is kept already. An item without a uid gets one from its content.
    """
    uid = find_uid(item) or uuid5(NAMESPACE_URL, repr(item))
    if Answer.objects.filter(uid=uid).exists():
        return False
    content = _without_nul(item)
    if not isinstance(content, dict):
        content = {"item": content}
    with transaction.atomic():
        _row, is_new = RejectedAnswer.objects.get_or_create(
            uid=uid, defaults={"content": content, "error": _clean(error), "received_at": now}
        )
        if is_new:
            after_store(_hold_offers(find_digest(content)))
            logger.warning("The answer %s could not be stored and was set aside.", uid)
    return is_new


def open_sealed_words(answer: Answer) -> bool:
    """Try to open words that were sealed to another key; return whether they can be read now."""
    try:
        message = _open(answer.sealed_comment)
    except sealing.SealError:
        return False
    answer.comment, answer.phone = split_words(message)
    answer.sealed_comment = ""
    answer.note = "\n".join(line for line in answer.note.splitlines() if line != sealed_note())
    answer.save(update_fields=["comment", "phone", "sealed_comment", "note"])
    return True


def retry_rejected(rejected: RejectedAnswer, *, now: datetime) -> list[Offer]:
    """Store a rejected answer after all and mark it resolved; return the changed offers.

    Raises UnreadableAnswerError with what is still wrong.
    """
    received = check_answer(rejected.content, wire.FeedbackSerializer())
    with transaction.atomic():
        _stored, changed = store_answers([received], now=now)
        return [*changed, *resolve_rejected(rejected, now=now)]


def resolve_rejected(rejected: RejectedAnswer, *, now: datetime) -> list[Offer]:
    """Take a rejected answer off the list and release the reminders of its offer; return the
    changed offers.
    """
    digest = find_digest(rejected.content)
    with transaction.atomic():
        rejected.resolved_at = now
        rejected.save(update_fields=["resolved_at"])
        changed = list(Offer.objects.filter(invitations__digest=digest, needs_review=review_text()))
        for offer in changed:
            offer.needs_review = ""
            offer.save(update_fields=["needs_review"])
        Offer.objects.raise_version(changed)
    return changed


def review_text() -> str:
    """Return what stands on an offer whose answer was set aside, in the company's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "The customer has answered, but the answer could not be stored: see the rejected"
            " answers."
        )


def sealed_note() -> str:
    """Return what stands on an answer whose words cannot be opened, in the company's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "What the customer wrote cannot be opened with FEEDBACK_SEALING_PRIVATE_KEY; it is kept"
            " sealed."
        )


def find_uid(item: object) -> UUID | None:
    """Return the uid of an unchecked answer, or None when it has none."""
    if not isinstance(item, dict):
        return None
    try:
        return UUID(str(item["uid"]))
    except (KeyError, ValueError):
        return None


def find_digest(item: object) -> str:
    """Return the digest of the link of an unchecked answer, or "" when it has none."""
    if not isinstance(item, dict):
        return ""
    digest = item.get("digest")
    return digest if isinstance(digest, str) else ""


def _store_together(
    received: Sequence[ReceivedAnswer],
    *,
    now: datetime,
    after_store: AfterStore,
    is_replay: bool,
) -> int:
    """Store the answers in one transaction with what follows; return how many were new."""
    if not received:
        return 0
    with transaction.atomic():
        stored, changed = store_answers(received, now=now, is_replay=is_replay)
        after_store(changed)
    return stored


def _store_alone(
    answer: ReceivedAnswer,
    page: ReceivedPage,
    *,
    now: datetime,
    after_store: AfterStore,
    is_replay: bool,
) -> None:
    """Store one answer, or set it aside when that fails, and count it on the page."""
    try:
        page.stored += _store_together(
            [answer], now=now, after_store=after_store, is_replay=is_replay
        )
        return
    except (OperationalError, InterfaceError):
        raise
    except UnreadableAnswerError as error:
        problem = str(error)
    except Exception as error:
        # Without the error's own words: a database puts the whole row into them.
        logger.warning(
            "The answer %s cannot be stored, because of %s.", answer.uid, type(error).__name__
        )
        problem = f"{type(error).__name__}: {error}"
    page.set_aside += set_aside(answer.content, problem, now=now, after_store=after_store)


def _lock_offers(digests: set[str]) -> dict[str, Invitation]:
    """Lock the offers of the links and return the links by digest, with their offers.

    In the order of their keys, so that two syncs wait for each other and never in a circle.
    """
    invitations = Invitation.objects.filter(digest__in=digests)
    offers = (
        Offer.objects.select_for_update(of=("self",))
        .select_related("customer")
        .filter(pk__in=invitations.values("offer"))
        .order_by("pk")
        .in_bulk()
    )
    by_digest = {}
    for invitation in invitations:
        invitation.offer = offers[invitation.offer_id]
        by_digest[invitation.digest] = invitation
    return by_digest


def _build_answer(
    item: ReceivedAnswer,
    invitation: Invitation,
    reasons: dict[str, DeclineReason],
    *,
    now: datetime,
) -> Answer:
    reason = reasons.get(item.reason_code)
    notes = [item.note]
    if item.reason_code and reason is None:
        notes.append(
            _("The customer chose the reason “%s”, which does not exist here.")
            % _clean(item.reason_code)
        )
    if invitation.state == Invitation.State.REVOKED:
        notes.append(_("The answer came through a link that had been revoked."))
    return Answer(
        uid=item.uid,
        offer=invitation.offer,
        invitation=invitation,
        kind=item.kind,
        reason=reason,
        comment=item.comment,
        phone=item.phone,
        sealed_comment=item.sealed,
        note="\n".join(filter(None, notes)),
        ask_again_on=item.ask_again_on,
        is_suspect=item.is_suspect or _came_too_soon(item.submitted_at, invitation),
        answered_at=item.submitted_at,
        received_at=now,
    )


def _hold_offers(digest: str) -> list[Offer]:
    """Put the offer of a rejected answer to review; return the offers that were not there yet."""
    offers = list(Offer.objects.filter(invitations__digest=digest, needs_review=""))
    for offer in offers:
        offer.needs_review = review_text()
        offer.save(update_fields=["needs_review"])
    Offer.objects.raise_version(offers)
    return offers


def _day_of(data: dict[str, Any]) -> date | None:
    """Return the day on which to ask again: only who is undecided names one."""
    if data["kind"] != Answer.Kind.UNDECIDED:
        return None
    day: date | None = data["ask_again_on"]
    return day


def _open(sealed: str) -> sealing.Message:
    return sealing.open_message(sealed, settings.FEEDBACK_SEALING_PRIVATE_KEY)


def _came_too_soon(submitted_at: datetime, invitation: Invitation) -> bool:
    mailed_at = invitation.mailed_at
    return mailed_at is not None and -DELIVERY_SLACK <= submitted_at - mailed_at <= SUSPECT_WITHIN


def _clean(text: object) -> str:
    # PostgreSQL stores no NUL.
    return str(text).replace("\x00", "")


def _without_nul(content: object) -> object:
    if isinstance(content, str):
        return _clean(content)
    if isinstance(content, list):
        return [_without_nul(part) for part in content]
    if isinstance(content, dict):
        return {_clean(key): _without_nul(value) for key, value in content.items()}
    return content
