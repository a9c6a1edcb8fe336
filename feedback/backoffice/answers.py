"""Record what a customer said, and take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

import offers.services
from crm.accounts.models import User
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer

DECISIONS = {
    Answer.Kind.INTERESTED: Offer.Status.INTERESTED,
    Answer.Kind.DECLINED: Offer.Status.DECLINED,
}


def record_answer(
    offer: Offer,
    kind: Answer.Kind,
    *,
    channel: Offer.Channel,
    by: User | None,
    at: datetime,
    reason: DeclineReason | None = None,
    comment: str = "",
    ask_again_on: date | None = None,
) -> Answer:
    """Keep what a customer said by phone or mail, or that the order came, and return it.

    The word of the person who records it counts: the status follows, whatever it was. The channel
    `order` makes the offer ordered. The link stays as it is; what the customer may still say
    through it is shown to the seller.
    """
    with transaction.atomic():
        answer = Answer.objects.create(
            offer=offer,
            kind=kind,
            channel=channel,
            reason=reason,
            comment=comment,
            ask_again_on=ask_again_on if kind == Answer.Kind.UNDECIDED else None,
            answered_at=at,
            recorded_by=by,
            handled_at=at,
            notified_at=at,
        )
        if kind == Answer.Kind.OPTED_OUT:
            offers.services.opt_out(offer.customer, at=at)
        else:
            offers.services.set_status(offer, _status_of(answer), channel=channel, at=at, by=by)
    return answer


def take_back_answer(answer: Answer, *, by: User | None, at: datetime) -> bool:
    """Take back an answer that a person recorded; the offer's status is again what the answers
    before it say.

    Returns False for what a customer said through the link: that is never removed.
    """
    if answer.channel == Offer.Channel.LINK:
        return False
    offer = answer.offer
    with transaction.atomic():
        if answer.kind == Answer.Kind.OPTED_OUT:
            _take_back_opt_out(offer, apart_from=answer)
        else:
            _fall_back(offer, apart_from=answer, by=by, at=at)
        answer.delete()
    return True


def confirm_answer(answer: Answer) -> bool:
    """A person gave this suspect answer: nothing about it is to be checked any more. Returns False
    when that was so.
    """
    suspects = Answer.objects.filter(pk=answer.pk, is_suspect=True, dismissed_at=None)
    return suspects.update(is_suspect=False) == 1


def dismiss_answer(answer: Answer, *, by: User | None, at: datetime) -> bool:
    """A robot gave this suspect answer: what it did is taken back, and the customer gets a fresh
    link.

    The answer is kept, because it came, but counts in no figure. Returns False when the answer is
    not suspect.
    """
    with transaction.atomic():
        suspects = Answer.objects.filter(pk=answer.pk, is_suspect=True, dismissed_at=None)
        if not suspects.update(dismissed_at=at, handled_at=at):
            return False
        offer = answer.offer
        if answer.kind == Answer.Kind.OPTED_OUT:
            _take_back_opt_out(offer, apart_from=answer)
        elif offer.status == _status_of(answer) and offer.status_at == answer.answered_at:
            _fall_back(offer, apart_from=answer, by=by, at=at)
    return True


def mark_handled(answers: Sequence[Answer], *, at: datetime) -> int:
    """Take the answers off the list of what must be acted on; returns how many were on it."""
    return Answer.objects.filter(pk__in=[answer.pk for answer in answers], handled_at=None).update(
        handled_at=at
    )


def _fall_back(offer: Offer, *, apart_from: Answer, by: User | None, at: datetime) -> None:
    """Give the offer the status that its other answers say: the newest decision, else open."""
    others = offer.answers.filter(kind__in=DECISIONS, dismissed_at=None).exclude(pk=apart_from.pk)
    before = others.order_by("answered_at").last()
    status = _status_of(before) if before else Offer.Status.OPEN
    channel = Offer.Channel(before.channel if before else apart_from.channel)
    offers.services.set_status(offer, status, channel=channel, at=at, by=by)


def _take_back_opt_out(offer: Offer, *, apart_from: Answer) -> None:
    customer = offer.customer
    others = Answer.objects.filter(
        offer__customer=customer, kind=Answer.Kind.OPTED_OUT, dismissed_at=None
    )
    if others.exclude(pk=apart_from.pk).exists():
        return
    customer.opted_out_at = None
    customer.save(update_fields=["opted_out_at"])
    offers.services.announce(list(customer.offers.all()))


def _status_of(answer: Answer) -> Offer.Status:
    if answer.channel == Offer.Channel.ORDER:
        return Offer.Status.ORDERED
    return DECISIONS.get(Answer.Kind(answer.kind), Offer.Status.OPEN)
