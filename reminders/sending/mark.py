"""Mark a claimed mail right before DATA, and record what became of it, also after a run that died.

The mark is committed and on the disk before DATA is sent to the server. So a run that died before
the mark did not send the mail, and one that died after it may have sent it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.core.durable import durable_commits
from crm.core.smtp_replies import SendOutcome, SendResult
from feedback.backoffice.links import mark_mailed
from feedback.backoffice.models import Invitation
from offers.models import Customer, Offer
from reminders.models import FollowUp, Reminder, SendingHold
from reminders.planning import Plans, plan_offer_ids, plan_offers

if TYPE_CHECKING:
    from reminders.sending.claim import Claim

State = Reminder.State

RETRY_FIRST = timedelta(minutes=30)
RETRY_FOR = timedelta(days=4)


def find_markable(now: datetime) -> QuerySet[Reminder]:
    """Return the claimed reminders that may still be sent as far as columns tell, as one query.

    These are the hold, the pauses, the link, and the blocks of `rules._find_block` but for the basis
    of contact that the plan names. A new block must be added in both.
    """
    today = timezone.localdate(now)
    asked_for = Q(follow_up__send_now_at__isnull=False)
    offers = Offer.objects.filter(
        Q(paused_until=None) | Q(paused_until__lte=today) | asked_for,
        Q(customer__paused_until=None) | Q(customer__paused_until__lte=today) | asked_for,
        Q(replied_at=None)
        | Q(replied_at__lt=F("sent_at"))
        | Q(follow_up__resumed_at__gte=F("replied_at")),
        ~Q(contact_basis=Offer.ContactBasis.NONE),
        pk=OuterRef("offer"),
        status=Offer.Status.OPEN,
        needs_review="",
        reminders_stopped=False,
        customer__opted_out_at=None,
        customer__do_not_contact=False,
        customer__bounced_at=None,
        invitations__state=Invitation.State.ACTIVE,
        invitations__expires_at__gt=now,
        invitations__registered_at__isnull=False,
    )
    holds = SendingHold.objects.filter(held_at__isnull=False)
    return Reminder.objects.filter(Exists(offers), ~Exists(holds), state=State.CLAIMED)


def mark_transmitting(
    message_id: str, offers: int, subject: str, markable: QuerySet[Reminder], now: datetime
) -> bool:
    """Commit to the disk that DATA comes next; return False if the mail must not be sent.

    `offers` is how many the mail is about: all are marked or none.
    """
    # The claim may have been given back or a block set since. One statement checks and marks, so
    # nothing can happen in between.
    rows = markable.filter(message_id=message_id)
    # In this order: SQLite ignores the pragma inside a transaction.
    with durable_commits(), transaction.atomic():
        if rows.update(state=State.TRANSMITTING, claimed_at=now, subject=subject[:500]) == offers:
            return True
        transaction.set_rollback(True)
    return False


def record_result(
    claim: Claim, result: SendResult, plans: Plans, now: datetime
) -> Reminder.State | None:
    """Record what became of the mail; return its state, or None if the claim was given back."""
    if result.outcome is SendOutcome.ACCEPTED:
        _record_sent(claim, result.reply_text, now)
        return State.SENT
    if claim.is_personal:
        FollowUp.objects.filter(offer__in=claim.offer_ids).update(send_now_at=None)
    if result.outcome is SendOutcome.WITHHELD:
        give_back(claim)
        return None
    rows = Reminder.objects.filter(message_id=claim.message_id)
    if result.outcome is SendOutcome.UNKNOWN:
        _put_in_doubt(rows, result.reply_text)
        return State.IN_DOUBT
    retry_at = None
    if result.outcome is SendOutcome.TRY_LATER:
        retry_at = _plan_retry(claim, plans, now)
    state = State.PLANNED if retry_at else State.FAILED
    rows.filter(state__in=Reminder.IN_FLIGHT).update(
        state=state,
        attempts=claim.rows[0].attempts + 1,
        server_reply=result.reply_text,
        retry_at=retry_at,
        resolved_by=None,
    )
    if result.is_bad_address and not settings.REMINDERS_TEST_ADDRESS:
        _mark_bounced(claim, result.reply_text, now)
    return state


def give_back(claim: Claim) -> None:
    """Undo the claim, unless its mail is already marked."""
    Reminder.objects.filter(message_id=claim.message_id).give_back()


def recover_stale(now: datetime) -> None:
    """Clean up after killed runs: free unmarked claims, set marked ones to in_doubt."""
    deadline = now - timedelta(seconds=settings.REMINDERS_STALE_SECONDS)
    stale = Reminder.objects.filter(claimed_at__lte=deadline)
    offer_ids = list(stale.filter(state__in=Reminder.IN_FLIGHT).values_list("offer_id", flat=True))
    if offer_ids:
        _put_in_doubt(stale, "The program ended while the mail was being sent.")
        stale.give_back()
        plan_offer_ids(offer_ids, now)


def _put_in_doubt(rows: QuerySet[Reminder], reply_text: str) -> None:
    marked = rows.filter(state=State.TRANSMITTING)
    marked.update(state=State.IN_DOUBT, server_reply=reply_text, resolved_by=None)


def _record_sent(claim: Claim, reply_text: str, now: datetime) -> None:
    # Includes IN_DOUBT: another run may have taken this one for dead, but the server has accepted.
    known_states = (State.TRANSMITTING, State.IN_DOUBT)
    with transaction.atomic():
        Reminder.objects.filter(message_id=claim.message_id, state__in=known_states).update(
            state=State.SENT, sent_at=now, server_reply=reply_text, retry_at=None
        )
        if claim.is_personal:
            FollowUp.objects.filter(offer__in=claim.offer_ids).update(own_text="", send_now_at=None)
        mark_mailed(claim.offer_ids, at=now)


def _plan_retry(claim: Claim, plans: Plans, now: datetime) -> datetime | None:
    first = claim.rows[0]
    give_up_at = (first.first_try_at or now) + RETRY_FOR
    for case, row in zip(claim.cases, claim.rows, strict=True):
        give_up_at = min(give_up_at, plans.find_give_up_at(case, row.step) or give_up_at)
    return find_retry_at(now, first.attempts + 1, give_up_at)


def find_retry_at(now: datetime, attempts: int, give_up_at: datetime) -> datetime | None:
    """Return when to try again after the n-th failed try, or None if that is not before the end.

    It is in half an hour the first time, and then in twice as long each time.
    """
    retry_at = now + RETRY_FIRST * (1 << attempts - 1)
    return retry_at if retry_at < give_up_at else None


def _mark_bounced(claim: Claim, reply_text: str, now: datetime) -> None:
    # The mailbox does not exist, which stops the reminders of all offers of the customer.
    customer_id = claim.cases[0].offer.customer_id
    with transaction.atomic():
        Customer.objects.filter(pk=customer_id, bounced_at=None).update(
            bounced_at=now, bounce_detail=reply_text
        )
        offers = list(Offer.objects.filter(customer=customer_id, status=Offer.Status.OPEN))
        Offer.objects.raise_version(offers)
        plan_offers(offers)
