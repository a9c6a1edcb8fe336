"""Record what a customer said, and take it back.

Every answer goes through `record_answer`, every answer that no longer counts through
`take_back_answer`. Both return the changed offers, whose links and plan follow in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from crm.accounts.models import User
from feedback.backoffice.models import Answer, Invitation
from offers.models import Customer, Offer
from offers.status import opt_out, set_status

DECISIONS = {
    Answer.Kind.INTERESTED: Offer.Status.INTERESTED,
    Answer.Kind.DECLINED: Offer.Status.DECLINED,
}
# Kinds of answers that count for the offer; an opt-out concerns only the customer.
COUNTED = (*DECISIONS, Answer.Kind.UNDECIDED)
# Statuses that an answer through the link may change. The others were set by a person, who is shown
# a later answer.
CHANGEABLE = {Offer.Status.OPEN, Offer.Status.NO_ANSWER, Offer.Status.INTERESTED}


def record_answer(answer: Answer) -> list[Offer]:
    """Store a new answer with its effect on offer, customer and link; return the changed offers."""
    offer = answer.offer
    with transaction.atomic():
        if answer.channel != Offer.Channel.LINK:
            # The person who recorded it needs no mail about it.
            answer.handled_at = answer.notified_at = answer.answered_at
        if answer.kind == Answer.Kind.OPTED_OUT:
            opt_out(offer.customer, at=answer.answered_at)
        elif answer.channel == Offer.Channel.LINK:
            _apply_to_status(answer)
        else:
            # What staff records always counts.
            _set_status_of(answer)
        answer.save()
        store_answer_columns(offer)
        if answer.invitation is not None and answer.kind in DECISIONS:
            _use_up(answer.invitation, known_at=answer.received_at)
        changed = _offers_changed_by(answer)
        Offer.objects.raise_version(changed)
    return changed


def take_back_answer(answer: Answer, *, by: User | None, at: datetime) -> list[Offer]:
    """Undo the effect of an answer; return the changed offers, none if it cannot be taken back.

    An answer that staff recorded is deleted; one through the link is dismissed if it is suspect.
    """
    offer = answer.offer
    # A status that was set after the answer is kept.
    is_status_from_it = offer.status == _status_of(answer) and offer.status_at == answer.answered_at
    with transaction.atomic():
        if answer.channel != Offer.Channel.LINK:
            Answer.objects.filter(pk=answer.pk).delete()
        elif not _if_suspect(answer).update(dismissed_at=at, handled_at=at):
            return []
        store_answer_columns(offer)
        if answer.kind == Answer.Kind.OPTED_OUT:
            _take_back_opt_out(offer.customer)
        elif is_status_from_it:
            _restore_status(offer, channel=Offer.Channel(answer.channel), by=by, at=at)
        changed = _offers_changed_by(answer)
        Offer.objects.raise_version(changed)
    return changed


def confirm_answer(answer: Answer) -> bool:
    """Clear the suspicion: a person gave this answer. Return False when it was not suspect."""
    return _if_suspect(answer).update(is_suspect=False) == 1


def change_salesperson_reason(answer: Answer) -> list[Offer]:
    """Store the salesperson's changed reason of a decline; return the changed offers."""
    with transaction.atomic():
        answer.save(update_fields=["salesperson_reason"])
        store_answer_columns(answer.offer)
        Offer.objects.raise_version([answer.offer])
    return [answer.offer]


def mark_handled(answers: Sequence[Answer], *, at: datetime) -> int:
    """Mark the answers as handled; return how many were not yet."""
    waiting = Answer.objects.filter(pk__in=[answer.pk for answer in answers], handled_at=None)
    return waiting.update(handled_at=at)


def store_answer_columns(offer: Offer) -> None:
    """Store the time of the first answer and the reasons of the newest decline in the offer."""
    # Dismissed answers were given by a robot.
    counted = offer.answers.filter(kind__in=COUNTED, dismissed_at=None)
    counted = counted.select_related("reason", "salesperson_reason")
    answers = list(counted.order_by("answered_at", "pk"))
    offer.first_answer_at = None
    offer.customer_reason = offer.salesperson_reason = ""
    if answers:
        offer.first_answer_at = answers[0].answered_at
    for answer in answers:
        if answer.kind == Answer.Kind.DECLINED:
            offer.customer_reason = getattr(answer.reason, "code", "")
            offer.salesperson_reason = getattr(answer.salesperson_reason, "code", "")
    offer.save(update_fields=["first_answer_at", "customer_reason", "salesperson_reason"])


def _offers_changed_by(answer: Answer) -> list[Offer]:
    if answer.kind != Answer.Kind.OPTED_OUT:
        return [answer.offer]
    return list(answer.offer.customer.offers.all())


def _apply_to_status(answer: Answer) -> None:
    """Set the status that an answer through the link means, or note on the answer why not."""
    offer = answer.offer
    status = Offer.Status(offer.status)
    if answer.kind not in DECISIONS and status != Offer.Status.NO_ANSWER:
        return
    is_newer = status != Offer.Status.INTERESTED or offer.status_at <= answer.answered_at
    if status in CHANGEABLE and is_newer:
        _set_status_of(answer)
    elif status != _status_of(answer):
        text = _(
            "The offer was already “%s” when this answer arrived; its status was left as it is."
        )
        answer.note = f"{answer.note}\n{text % status.label}".strip()


def _set_status_of(answer: Answer) -> None:
    set_status(
        answer.offer,
        _status_of(answer),
        channel=Offer.Channel(answer.channel),
        at=answer.answered_at,
        by=answer.recorded_by,
    )


def _status_of(answer: Answer) -> Offer.Status:
    if answer.channel == Offer.Channel.ORDER:
        return Offer.Status.ORDERED
    return DECISIONS.get(Answer.Kind(answer.kind), Offer.Status.OPEN)


def _use_up(invitation: Invitation, *, known_at: datetime) -> None:
    # An answered link is registered: the customer could open it on the VPS.
    Invitation.objects.filter(pk=invitation.pk).update(
        state=Invitation.State.ANSWERED, registered_at=Coalesce("registered_at", known_at)
    )


def _if_suspect(answer: Answer) -> QuerySet[Answer]:
    return Answer.objects.filter(pk=answer.pk, is_suspect=True, dismissed_at=None)


def _restore_status(offer: Offer, *, channel: Offer.Channel, by: User | None, at: datetime) -> None:
    """Give the offer the status of its newest decision that counts, or open it again."""
    decisions = offer.answers.filter(kind__in=DECISIONS, dismissed_at=None)
    newest = decisions.order_by("answered_at").last()
    if newest is None:
        set_status(offer, Offer.Status.OPEN, channel=channel, at=at, by=by)
    else:
        newest.offer = offer
        _set_status_of(newest)


def _take_back_opt_out(customer: Customer) -> None:
    """Allow reminders again, unless the customer has opted out by another answer too."""
    others = Answer.objects.filter(
        offer__customer=customer, kind=Answer.Kind.OPTED_OUT, dismissed_at=None
    )
    if not others.exists():
        customer.opted_out_at = None
        customer.save(update_fields=["opted_out_at"])
