"""What the demo's salespeople do in the back office: each step calls the service that the admin's
page calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crm.accounts.models import User
from crm.backoffice.changes import changing_offers
from crm.demo.planned_offers import PlannedOffer
from feedback.backoffice.answers import mark_handled, record_answer
from feedback.backoffice.models import Answer, DeclineReason
from offers.answering import Given, dismiss
from offers.models import Offer, SourceFile
from offers.services import change_customer, change_offer
from offers.undo import answer_question

# Newer work stays open, so that there is something to do on the day that somebody tries the demo.
HANDLED_AFTER = timedelta(days=3)
CHECKED_AFTER = timedelta(days=20)


def enter_details(planned: PlannedOffer, at: datetime) -> None:
    """The salesperson adds what no mail header tells: the amount, and the customer's company."""
    for offer in Offer.objects.filter(number=planned.number, amount=None).select_related(
        "customer"
    ):
        offer.amount = planned.amount
        with changing_offers(offer):
            change_offer(offer, changed=["amount"], by=_find_salesperson(planned), at=at)
            if not offer.customer.company:
                offer.customer.company = planned.firm.name
                change_customer(offer.customer, changed=["company"])


def finish_old_work(at: datetime) -> None:
    """The salespeople tick off answers that they have acted on, and mails that are no offer after
    all.
    """
    mark_handled(
        list(Answer.objects.filter(handled_at=None, answered_at__lt=at - HANDLED_AFTER)), at=at
    )
    old = SourceFile.objects.filter(
        state=SourceFile.State.REVIEW, first_seen_at__lt=at - CHECKED_AFTER
    )
    given = Given(at, User.objects.filter(is_superuser=True).first())
    for file in old:
        with changing_offers() as changed:
            changed.extend(answer_question(file, dismiss, given))


def note_answer(
    planned: PlannedOffer, drawn: Mapping[str, str], channel: Offer.Channel, at: datetime
) -> bool:
    """Record what a customer said on the phone or by mail; return whether the offer was still open.

    Who is interested on the phone orders: that is when salespeople look for the button.
    """
    offer = Offer.objects.filter(number=planned.number, status=Offer.Status.OPEN).first()
    if offer is None:
        return False
    if drawn["answer"] == "declined":
        answer = Answer(
            kind=Answer.Kind.DECLINED,
            channel=channel,
            reason=DeclineReason.objects.get(code=drawn["reason"]),
            comment=drawn["comment"],
        )
    else:
        answer = _new_order()
    _record(answer, offer, planned, at)
    return True


def record_order(planned: PlannedOffer, at: datetime) -> None:
    """The order of an interested customer came."""
    for offer in Offer.objects.filter(number=planned.number, status=Offer.Status.INTERESTED):
        _record(_new_order(), offer, planned, at)


def _new_order() -> Answer:
    return Answer(kind=Answer.Kind.INTERESTED, channel=Offer.Channel.ORDER)


def _record(answer: Answer, offer: Offer, planned: PlannedOffer, at: datetime) -> None:
    answer.offer, answer.answered_at, answer.recorded_by = offer, at, _find_salesperson(planned)
    with changing_offers() as changed:
        changed.extend(record_answer(answer))


def _find_salesperson(planned: PlannedOffer) -> User | None:
    return User.objects.filter(email=planned.salesperson.email).first()
