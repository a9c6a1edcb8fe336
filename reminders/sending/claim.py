"""Claim a mail for sending: store a `claimed` reminder for each offer that it is about.

The constraint UNIQUE (offer, step) lets only one worker claim a step. While its reminders are
`claimed` the mail has not been sent; `reminders.sending.mark` says what comes next.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from offers.models import SentMessage
from reminders.histories import OfferCase, load_cases
from reminders.mail.message import new_message_id
from reminders.models import Reminder
from reminders.planning import Plans, lock_customers, store_decisions
from reminders.rules import Because

State = Reminder.State


@dataclass(frozen=True)
class Claim:
    """One claimed mail: a row and a case for each offer, in the order of the mail."""

    rows: tuple[Reminder, ...]
    cases: tuple[OfferCase, ...]

    @property
    def message_id(self) -> str:
        return self.rows[0].message_id

    @property
    def offer_ids(self) -> list[int]:
        return [row.offer_id for row in self.rows]

    @property
    def is_personal(self) -> bool:
        """True when a person wrote its text or asked to send it now."""
        return any(case.follow_up.own_text or case.follow_up.send_now_at for case in self.cases)


def claim_mail(offer_ids: Collection[int], plans: Plans, now: datetime) -> Claim | None:
    """Claim one mail that is due about these offers of one customer, or return None."""
    with transaction.atomic():
        # Skipped, not waited for: the worker that has the lock sends to this customer.
        if not lock_customers(offer_ids, skip_locked=True):
            return None
        first_tries, retries, not_due = [], [], []
        steps: dict[int, int] = {}
        for case in load_cases(offer_ids, now):
            # Decided again, because something may have happened since it was planned.
            decision = plans.decide(case, now)
            if decision.is_due(now):
                steps[case.offer.pk] = decision.step or 1
                if case.waits_for_retry:
                    retries.append(case)
                else:
                    first_tries.append(case)
            elif decision.because != Because.SENDING:
                not_due.append((case, decision))
        store_decisions(not_due, now)
        claim = None
        # Retries go first: they must keep their Message-ID, so they cannot join a new mail.
        if retries:
            claim = _claim_retry(retries, steps, now)
        if claim is None and first_tries:
            claim = _claim_first_try(first_tries, steps, now)
        if claim is not None:
            _keep_message_id(claim)
        return claim


def _claim_first_try(cases: list[OfferCase], steps: dict[int, int], now: datetime) -> Claim:
    # The mail is about the oldest offer and those that can share it.
    cases.sort(key=lambda case: (case.offer.sent_at, case.offer.pk))
    first = cases[0].offer
    message_id = new_message_id(settings.DEFAULT_FROM_EMAIL)
    rows, together = [], []
    for case in cases:
        # One mail has one salesperson and one language.
        if case.offer.sender_email != first.sender_email or case.offer.language != first.language:
            continue
        together.append(case)
        row = Reminder(
            offer=case.offer,
            step=steps[case.offer.pk],
            state=State.CLAIMED,
            message_id=message_id,
            mail_date=now,
            recipient=_recipient(case),
            claimed_at=now,
            first_try_at=now,
        )
        rows.append(row)
    Reminder.objects.bulk_create(rows)
    return Claim(tuple(rows), tuple(together))


def _claim_retry(cases: list[OfferCase], steps: dict[int, int], now: datetime) -> Claim | None:
    # The mail keeps its Message-ID and date: should an earlier try have arrived, the customer's
    # mail program takes this one for a copy of it.
    by_offer = {case.offer.pk: case for case in cases}
    planned = Reminder.objects.filter(offer__in=by_offer, state=State.PLANNED)
    rows: list[Reminder] = []
    for row in planned.order_by("offer__sent_at", "offer"):
        is_of_this_mail = not rows or row.message_id == rows[0].message_id
        if row.step == steps[row.offer_id] and is_of_this_mail:
            rows.append(row)
    if not rows:
        return None
    message_id, recipient = rows[0].message_id, _recipient(cases[0])
    if Reminder.objects.filter(message_id=message_id).count() != len(rows):
        # It is about fewer offers now, because one was answered or went out alone. It must have
        # a Message-ID of its own, or a mail program might drop it as a copy.
        message_id = new_message_id(settings.DEFAULT_FROM_EMAIL)
    for row in rows:
        row.message_id, row.recipient = message_id, recipient
    claimed = planned.filter(pk__in=[row.pk for row in rows]).update(
        state=State.CLAIMED, claimed_at=now, message_id=message_id, recipient=recipient
    )
    if claimed != len(rows):
        return None
    return Claim(tuple(rows), tuple(by_offer[row.offer_id] for row in rows))


def _recipient(case: OfferCase) -> str:
    return settings.REMINDERS_TEST_ADDRESS or case.offer.customer.email


def _keep_message_id(claim: Claim) -> None:
    # The import finds the offer of a reply by it.
    first = claim.rows[0]
    message = SentMessage(
        message_id=first.message_id,
        offer_id=first.offer_id,
        recipient=first.recipient,
        at=first.mail_date,
    )
    SentMessage.objects.bulk_create([message], ignore_conflicts=True)
