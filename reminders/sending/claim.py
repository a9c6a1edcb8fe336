"""Claim a mail for sending: a row for each offer that it is about.

UNIQUE (offer, step) makes a step one worker's alone. Nothing has been sent as long as a row is
`claimed`; see `reminders.sending.record` for what comes next.
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
        """True when a person wrote its text or asked for it now."""
        return any(case.is_personal for case in self.cases)


def claim_mail(offer_ids: Collection[int], plans: Plans, now: datetime) -> Claim | None:
    """Claim one mail that is due about these offers of one customer, or return None."""
    with transaction.atomic():
        # A customer whom another worker has locked is left to it.
        if not lock_customers(offer_ids, skip_locked=True):
            return None
        begun, new, not_due = [], [], []
        steps: dict[int, int] = {}
        for case in load_cases(offer_ids, now):
            # Asked again: something may have happened since it was planned.
            decision = plans.decide(case, now)
            if decision.is_due(now):
                steps[case.offer.pk] = decision.step or 1
                if case.has_begun_step:
                    begun.append(case)
                else:
                    new.append(case)
            elif decision.because != Because.SENDING:
                not_due.append((case, decision))
        store_decisions(not_due, now)
        claim = None
        # A second try goes before a first one.
        if begun:
            claim = _claim_again(begun, steps, now)
        if claim is None and new:
            claim = _claim_first(new, steps, now)
        if claim is not None:
            _keep_message_id(claim)
        return claim


def _claim_first(cases: list[OfferCase], steps: dict[int, int], now: datetime) -> Claim:
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


def _claim_again(cases: list[OfferCase], steps: dict[int, int], now: datetime) -> Claim | None:
    # A mail that was tried before keeps its Message-ID and date, so that one that did arrive is
    # followed by a copy and not by a second mail.
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
        # It has lost an offer since (that was answered, or went out alone), so it is another mail:
        # no mail program may take it for a copy.
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
    # By it the import finds the offer of a reply.
    first = claim.rows[0]
    message = SentMessage(
        message_id=first.message_id,
        offer_id=first.offer_id,
        recipient=first.recipient,
        at=first.mail_date,
    )
    SentMessage.objects.bulk_create([message], ignore_conflicts=True)
