"""Receive the answers that were pulled from the VPS.

Each answer is stored exactly once, in one transaction with its effect. One that cannot be stored is
rejected: it is kept as a RejectedAnswer, and the reminders of its offer are held, because the
customer did answer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import serializers

from crm.core.durable import durable_commits
from feedback import sealing, wire
from feedback.backoffice.answers import record_answer
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer
from offers.models import Offer
from offers.new_offers import AfterStore

logger = logging.getLogger(__name__)

# A link scanner opens the link during delivery or right after it; people take longer.
SUSPECT_WITHIN = timedelta(minutes=2)
DELIVERY_SLACK = timedelta(seconds=30)
MAX_PHONE = 50


class UnreadableAnswerError(Exception):
    """The answer cannot be stored. The text is one sentence for the person who checks it."""


@dataclass
class ReceivedPage:
    """Result of a page. `settled` may be acknowledged: stored, known or rejected."""

    stored: int = 0
    rejected: int = 0
    settled: list[UUID] = field(default_factory=list)


@durable_commits()
def receive_page(
    items: Sequence[object], *, now: datetime, after_store: AfterStore, is_replay: bool = False
) -> ReceivedPage:
    """Store the answers of one page, reject those that are invalid, and return the result.

    Salespeople get no mail about the answers of a replay. Raises OperationalError or InterfaceError
    when the database failed.
    """
    page = ReceivedPage()
    for item in items:
        problem = ""
        try:
            with transaction.atomic():
                changed = store_received(item, now=now, is_replay=is_replay)
                after_store(changed)
            page.stored += bool(changed)
        except (OperationalError, InterfaceError):
            raise
        except UnreadableAnswerError as error:
            problem = str(error)
        except Exception as error:  # whatever is wrong with one answer must not stop the others
            # Only the type is logged: messages of a database may contain the whole row.
            logger.warning("An answer cannot be stored, because of %s.", type(error).__name__)
            problem = f"{type(error).__name__}: {error}"
        if problem:
            page.rejected += reject(item, problem, now=now, after_store=after_store)
        uid = _find_uid(item)
        if uid is not None:
            page.settled.append(uid)
    return page


def store_received(item: object, *, now: datetime, is_replay: bool = False) -> list[Offer]:
    """Store one answer with its effect; return the changed offers, none if it is known already.

    Call it in a transaction. Raises UnreadableAnswerError when it cannot be stored.
    """
    try:
        data: dict[str, Any] = wire.FeedbackSerializer().run_validation(item)
    except serializers.ValidationError as error:
        raise UnreadableAnswerError(
            _("The answer does not keep to the agreed format: %s") % error
        ) from error
    offers = Offer.objects.select_for_update(of=("self",)).select_related("customer")
    offer = offers.filter(invitations__digest=data["digest"]).first()
    if offer is None:
        raise UnreadableAnswerError(_("The answer belongs to a link that does not exist here."))
    # Checked under the lock, so that a concurrent sync sees the stored answer.
    if Answer.objects.filter(uid=data["uid"]).exists():
        return []
    answer = _build_answer(data, offer.invitations.get(digest=data["digest"]), now=now)
    if is_replay:
        answer.notified_at = now
    changed = record_answer(answer)
    logger.info("Answer %s of offer %s: %s", answer.uid, answer.offer_id, answer.kind)
    return changed


def reject(item: object, error: str, *, now: datetime, after_store: AfterStore) -> bool:
    """Keep an invalid answer as rejected for a person, and hold the reminders of its offer.

    Return False when it is kept already. An item without a uid gets one from its content.
    """
    uid = _find_uid(item) or uuid5(NAMESPACE_URL, repr(item))
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
            answered = Offer.objects.filter(invitations__digest=_find_digest(content))
            after_store(hold_offers(answered, review_text()))
            logger.warning("The answer %s could not be stored and was rejected.", uid)
    return is_new


def open_sealed_comment(answer: Answer) -> bool:
    """Try to decrypt a comment sealed to another key; return whether it can be read now."""
    if not _open_comment(answer):
        return False
    answer.note = answer.note.replace(sealed_note(), "").strip()
    answer.save(update_fields=["comment", "phone", "sealed_comment", "note"])
    return True


def retry_rejected(rejected: RejectedAnswer, *, now: datetime) -> list[Offer]:
    """Try to store a rejected answer again and mark it resolved; return the changed offers.

    Raises UnreadableAnswerError with what is still wrong.
    """
    with transaction.atomic():
        changed = store_received(rejected.content, now=now)
        return [*changed, *resolve_rejected(rejected, now=now)]


def resolve_rejected(rejected: RejectedAnswer, *, now: datetime) -> list[Offer]:
    """Mark a rejected answer resolved and release its offer; return the changed offers."""
    digest = _find_digest(rejected.content)
    with transaction.atomic():
        rejected.resolved_at = now
        rejected.save(update_fields=["resolved_at"])
        changed = list(Offer.objects.filter(invitations__digest=digest, needs_review=review_text()))
        for offer in changed:
            offer.needs_review = ""
            offer.save(update_fields=["needs_review"])
        Offer.objects.raise_version(changed)
    return changed


def hold_offers(offers: QuerySet[Offer], reason: str) -> list[Offer]:
    """Hold the reminders of these offers for review; return those that were not held before."""
    held = list(offers.filter(needs_review=""))
    for offer in held:
        offer.needs_review = reason
        offer.save(update_fields=["needs_review"])
    Offer.objects.raise_version(held)
    return held


def review_text() -> str:
    """Return the review reason of an offer whose answer was rejected, in the company's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "The customer has answered, but the answer was rejected because it could not be stored:"
            " see the rejected answers."
        )


def sealed_note() -> str:
    """Return the note of an answer whose comment is unreadable, in the company's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "What the customer wrote cannot be opened with FEEDBACK_SEALING_PRIVATE_KEY; it is kept"
            " sealed."
        )


def _find_uid(item: object) -> UUID | None:
    if not isinstance(item, dict):
        return None
    try:
        return UUID(str(item["uid"]))
    except (KeyError, ValueError):
        return None


def _find_digest(item: dict[str, Any]) -> str:
    digest = item.get("digest")
    return digest if isinstance(digest, str) else ""


def _build_answer(data: dict[str, Any], invitation: Invitation, *, now: datetime) -> Answer:
    """Return the unsaved answer, with notes for the salesperson."""
    answer = Answer(
        uid=data["uid"],
        offer=invitation.offer,
        invitation=invitation,
        kind=data["kind"],
        reason=DeclineReason.objects.filter(code=data["reason"]).first(),
        sealed_comment=data["sealed_comment"],
        is_suspect=data["suspect"] or _came_too_soon(data["submitted_at"], invitation),
        answered_at=data["submitted_at"],
        received_at=now,
    )
    if answer.kind == Answer.Kind.UNDECIDED:
        answer.ask_again_on = data["ask_again_on"]
    notes = []
    if not _open_comment(answer):
        notes.append(sealed_note())
    if data["reason"] and answer.reason is None:
        words = _("The customer chose the reason “%s”, which does not exist here.")
        notes.append(words % data["reason"])
    if invitation.state == Invitation.State.REVOKED:
        notes.append(_("The answer came through a link that had been revoked."))
    answer.note = "\n".join(notes)
    return answer


def _open_comment(answer: Answer) -> bool:
    """Decrypt the message into `comment` and `phone`; return False if that is impossible."""
    try:
        message = sealing.open_message(answer.sealed_comment, settings.FEEDBACK_SEALING_PRIVATE_KEY)
    except sealing.SealError:
        return False
    comment, phone = _clean(message.comment), _clean(message.phone)
    if len(phone) > MAX_PHONE:
        # A text that does not fit its field is kept in the comment.
        comment = f"{comment}\n{phone}".strip()
    answer.comment, answer.phone, answer.sealed_comment = comment, phone[:MAX_PHONE], ""
    return True


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
