"""Taking a reminder in hand, and writing down what became of it. Every move is a conditional write.

A claim is a row: UNIQUE (offer, step) makes it one worker's alone. The mark `transmitting` is committed right before
DATA, so a run that dies before it has surely not sent, and one that dies after it may have.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from crm.core.smtp import Outcome, Result
from offers.models import Customer, Offer
from reminders.emails import new_message_id
from reminders.facts import Case, Plans, load_cases, store_decisions
from reminders.models import FollowUp, Reminder
from reminders.planning import lock_customers, plan_offer_ids
from reminders.rules import Because, Decision, is_given_up, retry_after

State = Reminder.State


@dataclass(frozen=True)
class Claim:
    """One mail in hand: the offers it is about with their steps, in the order in which it lists them."""

    message_id: str
    mail_date: datetime
    steps: dict[int, int]
    first_try_at: datetime
    attempts: int = 0

    @property
    def offer_ids(self) -> list[int]:
        """The offers of the mail."""
        return list(self.steps)


def claim_due(offer_ids: Collection[int], plans: Plans, now: datetime) -> list[Claim]:
    """Ask the rules again about these offers and claim the reminders that are due right now, one claim per mail.

    Offers of one customer that come from one salesperson in one language share a mail. Customers whom another worker
    is looking at are left to it. What turns out not to be due gets its new plan stored.
    """
    with transaction.atomic():
        locked = lock_customers(offer_ids, skip_locked=True)
        cases = [case for case in load_cases(offer_ids, now) if case.customer_id in locked]
        decisions = {case.offer_id: plans.decide(case, now) for case in cases}
        due = {pk: decision for pk, decision in decisions.items() if decision.is_due(now)}
        others = {pk: each for pk, each in decisions.items() if pk not in due and each.because != Because.SENDING}
        store_decisions(others, now)
        return _write_claims(due, cases, now)


def _write_claims(due: dict[int, Decision], cases: Sequence[Case], now: datetime) -> list[Claim]:
    begun = {(case.offer_id, step.step) for case in cases for step in case.facts.steps if case.offer_id in due}
    retries = [pk for pk, decision in due.items() if (pk, decision.step) in begun]
    claims = _claim_retries(retries, due, now)
    # Who gets a second try now, or got one a moment ago, is not written to twice in one run.
    busy = set(Offer.objects.filter(pk__in=retries).values_list("customer_id", flat=True))
    fresh = [pk for pk in due if pk not in set(retries)]
    groups: dict[tuple[int, str, str], list[int]] = {}
    rows = Offer.objects.filter(pk__in=fresh).order_by("sent_at", "pk")
    for pk, customer_id, sender_email, language in rows.values_list("pk", "customer_id", "sender_email", "language"):
        if customer_id not in busy:
            groups.setdefault((customer_id, sender_email, language), []).append(pk)
    seen: set[int] = set()
    for (customer_id, _sender, _language), pks in groups.items():
        if customer_id not in seen:
            seen.add(customer_id)
            steps = {pk: due[pk].step or 1 for pk in pks}
            claims.append(Claim(new_message_id(settings.DEFAULT_FROM_EMAIL), now, steps, now))
    _insert(claims, {claim.message_id for claim in claims if not claim.attempts}, now)
    return claims


def _insert(claims: Sequence[Claim], fresh: set[str], now: datetime) -> None:
    offer_ids = [pk for claim in claims if claim.message_id in fresh for pk in claim.steps]
    emails = dict(Offer.objects.filter(pk__in=offer_ids).values_list("pk", "customer__email"))
    Reminder.objects.bulk_create(
        Reminder(
            offer_id=pk,
            step=step,
            state=State.CLAIMED,
            message_id=claim.message_id,
            mail_date=claim.mail_date,
            recipient=settings.REMINDERS_TEST_ADDRESS or emails[pk],
            claimed_at=now,
            first_try_at=now,
        )
        for claim in claims
        if claim.message_id in fresh
        for pk, step in claim.steps.items()
    )


def _claim_retries(offer_ids: Collection[int], due: dict[int, Decision], now: datetime) -> list[Claim]:
    """Claim again what was begun before, with the Message-ID and the date that its mail already has."""
    rows = Reminder.objects.filter(offer__in=offer_ids, state=State.PLANNED).order_by("offer__sent_at", "offer_id")
    groups: dict[str, list[Reminder]] = {}
    for row in rows:
        if due[row.offer_id].step == row.step:
            groups.setdefault(row.message_id, []).append(row)
    claims = []
    for message_id, members in groups.items():
        pks = [row.pk for row in members]
        if Reminder.objects.filter(pk__in=pks, state=State.PLANNED).update(state=State.CLAIMED, claimed_at=now) == len(
            pks
        ):
            first = members[0]
            steps = {row.offer_id: row.step for row in members}
            first_try_at = first.first_try_at or now
            claims.append(Claim(message_id, first.mail_date, steps, first_try_at, max(1, first.attempts)))
    return claims


def mark_transmitting(claim: Claim, subject: str, now: datetime) -> bool:
    """Commit that DATA comes next. False when the claim is no longer ours or a gate has shut in the meantime.

    The gates that can shut from one second to the next (an answer, an opt-out, a stop, a reply) are part of the write,
    so nothing fits between looking and marking.
    """
    today = now.astimezone().date()
    open_offers = (
        Offer.objects.filter(pk__in=claim.offer_ids, status=Offer.Status.OPEN, needs_review="", reminders_stopped=False)
        .filter(Q(paused_until=None) | Q(paused_until__lte=today) | Q(follow_up__send_now_at__isnull=False))
        .filter(Q(replied_at=None) | Q(replied_at__lt=F("sent_at")) | Q(follow_up__resumed_at__gte=F("replied_at")))
        .filter(customer__opted_out_at=None, customer__do_not_contact=False, customer__bounced_at=None)
    )
    rows = Reminder.objects.filter(message_id=claim.message_id, state=State.CLAIMED)
    with transaction.atomic():
        changed = rows.filter(offer__in=open_offers).update(
            state=State.TRANSMITTING, claimed_at=now, subject=subject[:500]
        )
        if changed == len(claim.steps):
            return True
        transaction.set_rollback(True)
    return False


def record_result(claim: Claim, result: Result, now: datetime) -> State | None:
    """Write down what became of the mail and return the state, or None when the claim was given back untouched."""
    rows = Reminder.objects.filter(message_id=claim.message_id)
    words = {"server_reply": result.words, "retry_at": None}
    if result.outcome is Outcome.ACCEPTED:
        rows.filter(state__in=(State.TRANSMITTING, State.IN_DOUBT)).update(state=State.SENT, sent_at=now, **words)
        FollowUp.objects.filter(offer__in=claim.offer_ids).exclude(own_text="", send_now_at=None).update(
            own_text="", send_now_at=None
        )
        return State.SENT
    if result.outcome is Outcome.UNKNOWN:
        rows.filter(state=State.TRANSMITTING).update(state=State.IN_DOUBT, **words)
        return State.IN_DOUBT
    if result.outcome is Outcome.WITHHELD:
        release(claim)
        return None
    attempts = claim.attempts + 1
    retry_at = now + retry_after(attempts)
    refused = result.outcome is Outcome.REFUSED or is_given_up(claim.first_try_at, retry_at)
    rows.filter(state__in=Reminder.IN_FLIGHT).update(
        state=State.FAILED if refused else State.PLANNED,
        attempts=attempts,
        server_reply=result.words,
        retry_at=None if refused else retry_at,
    )
    if result.is_bad_address and not settings.REMINDERS_TEST_ADDRESS:
        customers = Customer.objects.filter(offers__in=claim.offer_ids, bounced_at=None)
        pks = list(customers.values_list("pk", flat=True))
        Customer.objects.filter(pk__in=pks).update(bounced_at=now, bounce_detail=result.words)
    return State.FAILED if refused else State.PLANNED


def release(claim: Claim) -> None:
    """Give a claim back that did not reach the mail server: as if it had never been taken."""
    rows = Reminder.objects.filter(message_id=claim.message_id, state=State.CLAIMED)
    rows.filter(attempts=0).delete()
    rows.filter(attempts__gt=0).update(state=State.PLANNED)


def recover_stale(now: datetime) -> tuple[int, int]:
    """Clear up after runs that died. Returns (claims given back, reminders in doubt).

    A claim without the mark was surely not sent and is free again; one with it may have been, and a person decides.
    """
    deadline = now - timedelta(seconds=settings.REMINDERS_STALE_SECONDS)
    stale = Reminder.objects.filter(claimed_at__lte=deadline)
    offer_ids = list(stale.filter(state__in=Reminder.IN_FLIGHT).values_list("offer_id", flat=True))
    if not offer_ids:
        return 0, 0
    in_doubt = stale.filter(state=State.TRANSMITTING).update(
        state=State.IN_DOUBT, server_reply="The program ended while the mail was being sent."
    )
    given_back = stale.filter(state=State.CLAIMED, attempts__gt=0).update(state=State.PLANNED)
    given_back += stale.filter(state=State.CLAIMED, attempts=0).delete()[0]
    plan_offer_ids(offer_ids, now)
    return given_back, in_doubt
