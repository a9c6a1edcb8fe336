"""Answers from the VPS become rows: each exactly once, with its effect in the same transaction, and
none lost.

What cannot be stored is set aside as RejectedAnswer and its offer put to review, because somebody
did answer and must not be reminded meanwhile; the rest goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import serializers

import offers.services
from crm.core.bulk import insert_rows
from crm.core.durable import durable_commits
from feedback import sealing, wire
from feedback.backoffice.answers import DECISIONS
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer
from offers.models import Offer

logger = logging.getLogger(__name__)

# A scanner follows the link while the mail is being delivered, or right after it; people take
# longer.
SUSPECT_WITHIN = timedelta(minutes=2)
DELIVERY_SLACK = timedelta(seconds=30)
MAX_PHONE = 50
# Statuses that a customer's word may change. The others were decided, and the seller looks at what
# came later.
MOVABLE = {Offer.Status.OPEN, Offer.Status.NO_ANSWER, Offer.Status.INTERESTED}


class UnreadableAnswerError(Exception):
    """An answer that cannot be stored; the text is one sentence for the person who looks at it."""


@dataclass(frozen=True)
class Received:
    """One answer as it came, checked. `note` says what was odd about it; `sealed` is what could not
    be opened.
    """

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


@dataclass(frozen=True)
class Intake:
    """What became of some answers. `settled` may be acknowledged: stored, known before, or set
    aside.
    """

    stored: int = 0
    set_aside: int = 0
    settled: list[UUID] = field(default_factory=list)


@durable_commits()
def store_page(items: Sequence[object], *, now: datetime, is_replay: bool = False) -> Intake:
    """Store the answers of one page; returns what became of them. Those of a replay are no news to
    the salespeople.

    The whole page is tried in one transaction, which is many times faster; when something in it is
    wrong, each answer in its own, so that only the wrong one is set aside. Raises OperationalError
    or InterfaceError when the database is what failed: then nothing is settled.
    """
    received, rejected = [], 0
    settled: list[UUID] = []
    form = wire.FeedbackSerializer()
    for item in items:
        try:
            received.append(read_feedback(item, form))
        except UnreadableAnswerError as error:
            rejected += set_aside(item, str(error), now=now)
        uid = find_uid(item)
        if uid is not None:
            settled.append(uid)
    try:
        stored = store(received, now=now, is_replay=is_replay)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever is wrong with one answer must not stop the others
        logger.warning(
            "A page of answers is stored one by one, because of %s.", type(error).__name__
        )
        stored, more = _store_one_by_one(received, now=now, is_replay=is_replay)
        rejected += more
    return Intake(stored, rejected, settled)


def read_feedback(item: object, form: wire.FeedbackSerializer) -> Received:
    """Return the checked answer with its words opened. Raises UnreadableAnswerError.

    `form` is used for a whole page: making one costs more than checking an answer with it.
    """
    try:
        data: dict[str, Any] = form.run_validation(item)
    except serializers.ValidationError as error:
        raise UnreadableAnswerError(
            _("The answer does not keep to the agreed format: %s") % error
        ) from error
    message, sealed, note = sealing.Message(), "", ""
    try:
        message = sealing.open_message(
            data["sealed_comment"], settings.FEEDBACK_SEALING_PRIVATE_KEY
        )
    except sealing.SealError:
        sealed = data["sealed_comment"]
        note = sealed_note()
    comment, phone = words(message)
    return Received(
        uid=data["uid"],
        digest=data["digest"],
        kind=Answer.Kind(data["kind"]),
        reason_code=data["reason"],
        comment=comment,
        phone=phone,
        sealed=sealed,
        ask_again_on=data["ask_again_on"],
        submitted_at=data["submitted_at"],
        is_suspect=data["suspect"],
        note=note,
        content=item,
    )


def words(message: sealing.Message) -> tuple[str, str]:
    """Return (comment, phone) as they can be stored. A phone field with more than a number goes
    into the comment.
    """
    comment, phone = _clean(message.comment), _clean(message.phone)
    return (
        (comment, phone)
        if len(phone) <= MAX_PHONE
        else (f"{comment}\n{phone}".strip(), phone[:MAX_PHONE])
    )


def store(received: Sequence[Received], *, now: datetime, is_replay: bool = False) -> int:
    """Store the answers that are not known yet, with their effect, in one transaction; return how
    many were new.

    Raises UnreadableAnswerError when one belongs to no link of ours.
    """
    if not received:
        return 0
    with transaction.atomic():
        invitations = {
            invitation.digest: invitation
            for invitation in Invitation.objects.filter(
                digest__in={answer.digest for answer in received}
            )
        }
        # Locked in one order, so that two syncs wait for each other; the second then finds the
        # answers known.
        locked = (
            Offer.objects.select_for_update(of=("self",))
            .select_related("customer")
            .filter(pk__in={invitation.offer_id for invitation in invitations.values()})
            .order_by("pk")
            .in_bulk()
        )
        known = set(
            Answer.objects.filter(uid__in=[answer.uid for answer in received]).values_list(
                "uid", flat=True
            )
        )
        new = [answer for answer in _in_order(received) if answer.uid not in known]
        reasons = {reason.code: reason for reason in DeclineReason.objects.all()}
        answers = []
        for item in new:
            invitation = invitations.get(item.digest)
            if invitation is None:
                raise UnreadableAnswerError(
                    _("The answer belongs to a link that does not exist here.")
                )
            answer = _build_answer(item, invitation, locked[invitation.offer_id], reasons, now=now)
            answer.notified_at = now if is_replay else None
            _take_effect(answer)
            answers.append(answer)
        insert_rows(answers)
        _finish(answers, now=now)
    for answer in answers:
        logger.info("Answer %s of offer %s: %s", answer.uid, answer.offer_id, answer.kind)
    return len(answers)


def set_aside(item: object, error: str, *, now: datetime) -> bool:
    """Keep an answer that cannot be stored, for a person, and hold the reminders of its offer.

    Returns False when it is kept already. An item without a uid gets one from its content.
    """
    uid = find_uid(item) or uuid5(NAMESPACE_URL, repr(item))
    if Answer.objects.filter(uid=uid).exists():
        return False
    content = _without_nul(item if isinstance(item, dict) else {"item": item})
    _row, is_new = RejectedAnswer.objects.get_or_create(
        uid=uid, defaults={"content": content, "error": _clean(error), "received_at": now}
    )
    if is_new:
        logger.warning("The answer %s could not be stored and was set aside.", uid)
        if isinstance(item, dict) and isinstance(digest := item.get("digest"), str):
            Offer.objects.filter(invitations__digest=_clean(digest), needs_review="").update(
                needs_review=review_text()
            )
    return is_new


def open_again(answer: Answer) -> bool:
    """Try to open words that were sealed to another key; return whether they can be read now."""
    try:
        message = sealing.open_message(answer.sealed_comment, settings.FEEDBACK_SEALING_PRIVATE_KEY)
    except sealing.SealError:
        return False
    answer.comment, answer.phone = words(message)
    answer.sealed_comment = ""
    answer.note = "\n".join(line for line in answer.note.splitlines() if line != sealed_note())
    answer.save(update_fields=["comment", "phone", "sealed_comment", "note"])
    return True


def retry(rejected: RejectedAnswer, *, now: datetime) -> None:
    """Try a set-aside answer again and mark it resolved. Raises UnreadableAnswerError with what is
    still wrong.
    """
    store([read_feedback(rejected.content, wire.FeedbackSerializer())], now=now)
    resolve(rejected, now=now)


def resolve(rejected: RejectedAnswer, *, now: datetime) -> None:
    """A person has dealt with a set-aside answer: take it off the list and release the reminders of
    its offer.
    """
    with transaction.atomic():
        rejected.resolved_at = now
        rejected.save(update_fields=["resolved_at"])
        digest = rejected.content.get("digest") if isinstance(rejected.content, dict) else None
        held = list(
            Offer.objects.filter(invitations__digest=str(digest), needs_review=review_text())
        )
        for offer in held:
            offer.needs_review = ""
            offer.save(update_fields=["needs_review"])
        offers.services.announce(held)


def review_text() -> str:
    """What stands on an offer whose answer was set aside, in the company's language whoever
    asks.
    """
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "The customer has answered, but the answer could not be stored: see the rejected answers."
        )


def sealed_note() -> str:
    """What stands on an answer whose words could not be opened, in the company's language whoever
    asks.
    """
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "What the customer wrote cannot be opened with FEEDBACK_SEALING_PRIVATE_KEY; it is kept sealed."
        )


def find_uid(item: object) -> UUID | None:
    """Return the uid of an answer as it came, or None when it has none."""
    try:
        return UUID(str(item["uid"])) if isinstance(item, dict) else None
    except (KeyError, ValueError):
        return None


def _store_one_by_one(
    received: Iterable[Received], *, now: datetime, is_replay: bool
) -> tuple[int, int]:
    stored = rejected = 0
    for answer in received:
        try:
            stored += store([answer], now=now, is_replay=is_replay)
        except (OperationalError, InterfaceError):
            raise
        except UnreadableAnswerError as error:
            rejected += set_aside(answer.content, str(error), now=now)
        except Exception as error:
            # Without the error's own words: a database tells the whole row in them.
            logger.warning(
                "The answer %s cannot be stored, because of %s.", answer.uid, type(error).__name__
            )
            rejected += set_aside(answer.content, f"{type(error).__name__}: {error}", now=now)
    return stored, rejected


def _in_order(received: Iterable[Received]) -> list[Received]:
    return sorted(
        {answer.uid: answer for answer in received}.values(), key=lambda answer: answer.submitted_at
    )


def _build_answer(
    item: Received,
    invitation: Invitation,
    offer: Offer,
    reasons: dict[str, DeclineReason],
    *,
    now: datetime,
) -> Answer:
    notes = [item.note] if item.note else []
    reason = reasons.get(item.reason_code)
    if item.reason_code and reason is None:
        notes.append(
            _("The customer chose the reason “%s”, which does not exist here.")
            % _clean(item.reason_code)
        )
    if invitation.state == Invitation.State.REVOKED:
        notes.append(_("The answer came through a link that had been revoked."))
    return Answer(
        uid=item.uid,
        offer=offer,
        invitation=invitation,
        kind=item.kind,
        reason=reason,
        comment=item.comment,
        phone=item.phone,
        sealed_comment=item.sealed,
        note="\n".join(notes),
        ask_again_on=item.ask_again_on if item.kind == Answer.Kind.UNDECIDED else None,
        is_suspect=item.is_suspect or _came_too_soon(item.submitted_at, invitation),
        answered_at=item.submitted_at,
        received_at=now,
    )


def _take_effect(answer: Answer) -> None:
    """Change the status as the answer says, or note why it was left."""
    offer = answer.offer
    status = Offer.Status(offer.status)
    wanted = DECISIONS.get(Answer.Kind(answer.kind))
    if wanted is None:
        if answer.kind == Answer.Kind.UNDECIDED and status == Offer.Status.NO_ANSWER:
            wanted = Offer.Status.OPEN
        else:
            return
    is_newer = status != Offer.Status.INTERESTED or offer.status_at <= answer.answered_at
    if status in MOVABLE and is_newer:
        offers.services.assign_status(
            offer, wanted, channel=Offer.Channel.LINK, at=answer.answered_at
        )
    elif status != wanted:
        text = _(
            "The offer was already “%s” when this answer arrived; its status was left as it is."
        )
        answer.note = "\n".join(filter(None, [answer.note, text % status.label]))


def _finish(answers: Sequence[Answer], *, now: datetime) -> None:
    decided = [answer.uid for answer in answers if answer.kind in DECISIONS]
    Invitation.objects.filter(answers__uid__in=decided).update(
        state=Invitation.State.ANSWERED, registered_at=Coalesce("registered_at", now)
    )
    touched = list({answer.offer_id: answer.offer for answer in answers}.values())
    offers.services.store_statuses(touched)
    for answer in answers:
        if answer.kind == Answer.Kind.OPTED_OUT:
            offers.services.opt_out(answer.offer.customer, at=answer.answered_at)
    offers.services.announce(touched)


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
