"""Taking a reminder in hand, and writing down what became of it. Every move is a conditional write.

A claim is a row: UNIQUE (offer, step) makes it one worker's alone. The mark `transmitting` is
committed before DATA, while the mail server thinks about the recipient, so a run that dies before
it has surely not sent, and one that dies after it may have. That a mail was taken is recorded with
the mark of the next one, or a moment later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from crm.core import prepared
from crm.core.bulk import among, insert_rows, new_row
from crm.core.durable import durable_commits
from crm.core.garbage import collected_later
from crm.core.smtp import Outcome, Result
from feedback.backoffice.links import mark_mailed
from offers.models import Customer, Offer, SentMessage, SourceFile
from offers.services import announce
from reminders.emails import new_message_id
from reminders.facts import Case, Plans, load_cases, store_decisions
from reminders.models import FollowUp, Reminder
from reminders.planning import lock_customers, plan_offer_ids
from reminders.rules import Because, Decision, StepState, is_given_up, retry_after

State = Reminder.State


@dataclass(frozen=True)
class Claim:
    """One mail in hand: the offers it is about with their steps, in the order in which it lists
    them.

    `is_personal` says that somebody wrote its text or asked for it now, which its follow-ups
    remember until it is sent. `cases` is what was known of the offers when they were claimed.
    """

    message_id: str
    mail_date: datetime
    steps: dict[int, int]
    first_try_at: datetime
    attempts: int = 0
    is_personal: bool = False
    cases: tuple[Case, ...] = ()

    @property
    def offer_ids(self) -> list[int]:
        """The offers of the mail."""
        return list(self.steps)


@dataclass(frozen=True)
class Done:
    """A mail of which it is recorded what became of it; `state` is None for one that was given back
    untouched.

    `decisions` are what comes after it for each case of its claim, or None where the offers must be
    read again.
    """

    claim: Claim
    state: State | None
    decisions: tuple[Decision, ...] | None


@collected_later()
def claim_due(offer_ids: Collection[int], plans: Plans, now: datetime) -> list[Claim]:
    """Ask the rules again about these offers and claim the reminders that are due right now, one
    claim per mail.

    Offers of one customer that come from one salesperson in one language share a mail. Customers
    whom another worker is looking at are left to it. What turns out not to be due gets its new plan
    stored.
    """
    with transaction.atomic():
        locked = lock_customers(offer_ids, skip_locked=True)
        cases = [case for case in load_cases(offer_ids, now) if case.customer_id in locked]
        decisions = {case.offer_id: plans.decide(case, now) for case in cases}
        due = {pk: decision for pk, decision in decisions.items() if decision.is_due(now)}
        others = {
            pk: each
            for pk, each in decisions.items()
            if pk not in due and each.because != Because.SENDING
        }
        store_decisions(others, now)
        return _write_claims(due, cases, now)


def _write_claims(due: dict[int, Decision], cases: Sequence[Case], now: datetime) -> list[Claim]:
    """Write the rows of the claims; at most one mail per customer, second tries before first
    ones.
    """
    wanted = {case.offer_id: case for case in cases if case.offer_id in due}
    tried = {
        pk
        for pk, case in wanted.items()
        if any(step.state is StepState.PLANNED for step in case.facts.steps)
    }
    busy: set[int] = set()
    claims = []
    for members in _find_retries({pk: due[pk] for pk in tried}):
        group = [wanted[row.offer_id] for row in members]
        if group[0].customer_id not in busy and (claim := _claim_retry(members, group, now)):
            busy.add(group[0].customer_id)
            claims.append(claim)
    rows: list[Reminder] = []
    for group in _group_cases([case for pk, case in wanted.items() if pk not in tried]):
        if group[0].customer_id not in busy:
            busy.add(group[0].customer_id)
            steps = {case.offer_id: due[case.offer_id].step or 1 for case in group}
            message_id = new_message_id(settings.DEFAULT_FROM_EMAIL)
            claim = _build_claim(message_id, steps, group, mail_date=now, first_try_at=now)
            claims.append(claim)
            rows += _build_rows(claim, now)
    insert_rows(rows)
    _note_messages(claims, wanted, now)
    return claims


def _note_messages(claims: Sequence[Claim], cases: dict[int, Case], now: datetime) -> None:
    """Keep the Message-IDs, by which the import knows our own mails and finds the offer of a
    reply.
    """
    messages = []
    for claim in claims:
        first = claim.offer_ids[0]
        messages.append(
            SentMessage(
                message_id=claim.message_id,
                offer_id=first,
                recipient=settings.REMINDERS_TEST_ADDRESS or cases[first].customer_email,
                at=claim.mail_date,
            )
        )
    SentMessage.objects.bulk_create(messages, ignore_conflicts=True)


def _build_claim(
    message_id: str,
    steps: dict[int, int],
    cases: Sequence[Case],
    *,
    mail_date: datetime,
    first_try_at: datetime,
    attempts: int = 0,
) -> Claim:
    is_personal = any(case.is_personal for case in cases)
    return Claim(message_id, mail_date, steps, first_try_at, attempts, is_personal, tuple(cases))


def _group_cases(cases: Sequence[Case]) -> list[list[Case]]:
    """Return the offers that share a mail: one customer, one salesperson, one language; the oldest
    offer first.
    """
    groups: dict[tuple[int, str, str], list[Case]] = {}
    for case in sorted(cases, key=lambda case: (case.facts.sent_at, case.offer_id)):
        groups.setdefault((case.customer_id, case.seller_email, case.language), []).append(case)
    return list(groups.values())


def _build_rows(claim: Claim, now: datetime) -> list[Reminder]:
    return [
        new_row(
            Reminder,
            offer_id=case.offer_id,
            step=claim.steps[case.offer_id],
            state=State.CLAIMED,
            message_id=claim.message_id,
            mail_date=claim.mail_date,
            recipient=settings.REMINDERS_TEST_ADDRESS or case.customer_email,
            claimed_at=now,
            first_try_at=now,
        )
        for case in claim.cases
    ]


def _find_retries(due: dict[int, Decision]) -> list[list[Reminder]]:
    """Return the reminders that are due a second time, those of one mail together."""
    if not due:
        return []
    groups: dict[str, list[Reminder]] = {}
    rows = Reminder.objects.filter(offer__in=due, state=State.PLANNED)
    for row in rows.order_by("offer__sent_at", "offer_id"):
        if due[row.offer_id].step == row.step:
            groups.setdefault(row.message_id, []).append(row)
    return list(groups.values())


def _claim_retry(members: Sequence[Reminder], cases: Sequence[Case], now: datetime) -> Claim | None:
    """Claim again what was begun before, with the Message-ID and the date that its mail already
    has.

    When the mail has lost an offer since (it was answered, or went out without this one), it is
    another mail and gets another Message-ID: no mail program shall take it for a copy, and none
    shall see one Message-ID twice.
    """
    first, pks = members[0], [row.pk for row in members]
    message_id = first.message_id
    if Reminder.objects.filter(message_id=message_id).count() != len(pks):
        message_id = new_message_id(settings.DEFAULT_FROM_EMAIL)
    rows = Reminder.objects.filter(pk__in=pks, state=State.PLANNED)
    if rows.update(state=State.CLAIMED, claimed_at=now, message_id=message_id) != len(pks):
        return None
    steps = {row.offer_id: row.step for row in members}
    first_try_at, attempts = first.first_try_at or now, max(1, first.attempts)
    return _build_claim(
        message_id,
        steps,
        cases,
        mail_date=first.mail_date,
        first_try_at=first_try_at,
        attempts=attempts,
    )


# One statement for the gates that can shut from one second to the next (an answer, an opt-out, a
# stop, a reply) and for the mark, so nothing fits between looking and marking. In SQL because it
# runs before DATA of every mail, and putting these querysets together takes longer than the mail
# itself. All but the Message-ID stands in the subquery, where PostgreSQL cannot take it for a short
# way and go through all that is claimed, or through all open offers.
_MARK = """
UPDATE reminders_reminder SET state = 'transmitting', claimed_at = %s, subject = %s
WHERE message_id = %s AND (
    SELECT reminders_reminder.state = 'claimed'
    AND o.status = 'open' AND o.needs_review = '' AND NOT o.reminders_stopped
    AND (o.paused_until IS NULL OR o.paused_until <= %s OR f.send_now_at IS NOT NULL)
    AND (c.paused_until IS NULL OR c.paused_until <= %s OR f.send_now_at IS NOT NULL)
    AND (o.replied_at IS NULL OR o.replied_at < o.sent_at OR f.resumed_at >= o.replied_at)
    AND o.contact_basis <> 'none' AND c.opted_out_at IS NULL AND NOT c.do_not_contact AND c.bounced_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM reminders_sendinghold WHERE id = 1 AND held_at IS NOT NULL)
    FROM offers_offer o
    JOIN offers_customer c ON c.id = o.customer_id
    LEFT JOIN reminders_followup f ON f.offer_id = o.id
    WHERE o.id = reminders_reminder.offer_id
)
"""
_RECORD_SENT = """
UPDATE reminders_reminder SET state = 'sent', sent_at = %s, server_reply = %s, retry_at = NULL
WHERE message_id = %s AND state IN ('transmitting', 'in_doubt')
"""
_RECORD_SENT_AND_MARK = f"WITH recorded AS ({_RECORD_SENT}) {_MARK}"


def can_record_with_mark(sent: Claim, claim: Claim) -> bool:
    """Return whether one statement can record that a mail was sent and mark the next one: on
    PostgreSQL, for most.
    """
    return connection.vendor == "postgresql" and not sent.is_personal and len(claim.steps) == 1


@durable_commits()
def mark_transmitting(
    claim: Claim, subject: str, now: datetime, sent: tuple[Claim, Result] | None = None
) -> bool:
    """Commit to the disk that DATA comes next. False when the claim is no longer ours or a gate has
    shut meanwhile.

    In either case the mail before, if it is given as `sent`, is recorded as accepted: see
    `can_record_with_mark`.
    """
    instant = connection.ops.adapt_datetimefield_value(now)
    today = connection.ops.adapt_datefield_value(timezone.localdate(now))
    parameters = [instant, subject[:500], claim.message_id, today, today]
    if sent is not None:
        return (
            prepared.execute(
                _RECORD_SENT_AND_MARK, [instant, sent[1].words, sent[0].message_id, *parameters]
            )
            == 1
        )
    if len(claim.steps) == 1:
        return prepared.execute(_MARK, parameters) == 1
    with transaction.atomic():
        if prepared.execute(_MARK, parameters) == len(claim.steps):
            return True
        transaction.set_rollback(True)
    return False


def look_ahead(claim: Claim, state: State | None, plans: Plans, now: datetime) -> Done:
    """Find out what comes after a mail, which follows from what was known at the claim if it was
    sent now.

    That saves reading it all again, and is done for one mail at a time while the mail server is
    busy with another.
    """
    decisions: tuple[Decision, ...] | None = None
    if state is State.SENT and not claim.is_personal:
        decisions = tuple(
            plans.decide_after(case, claim.steps[case.offer_id], now) for case in claim.cases
        )
    return Done(claim, state, decisions)


def plan_after(done: Sequence[Done], plans: Plans, now: datetime) -> None:
    """Note which links were mailed, and plan the offers of these mails anew, as it was found out or
    from the facts.
    """
    cases = [case for each in done for case in each.claim.cases]
    with transaction.atomic():
        if connection.features.has_select_for_update:
            # As in `lock_customers`: a planner that looked before the record must not write after
            # this.
            owners = Customer.objects.filter(
                among("pk", {case.customer_id for case in cases})
            ).order_by("pk")
            list(owners.select_for_update(no_key=True).values_list("pk"))
        mark_mailed(
            [pk for each in done if each.state is State.SENT for pk in each.claim.steps], at=now
        )
        if not _plan_next(done, now):
            plan_offer_ids([case.offer_id for case in cases], now, plans)


def _plan_next(done: Sequence[Done], now: datetime) -> bool:
    """Store what was found out to come next. False when that is not enough, or something planned an
    offer meanwhile.
    """
    alike: dict[tuple[Decision, int], list[int]] = {}
    for each in done:
        if each.decisions is None:
            return False
        for case, decision in zip(each.claim.cases, each.decisions, strict=True):
            if decision.close_at is not None and decision.close_at <= now:
                return False
            alike.setdefault((decision, each.claim.steps[case.offer_id]), []).append(case.offer_id)
    for (decision, step), offer_ids in alike.items():
        # A plan that was made since the claim names no time, because a mail is being sent, or
        # another step.
        rows = FollowUp.objects.filter(
            among("offer", offer_ids), next_step=step, next_at__isnull=False
        )
        planned = rows.update(
            next_at=decision.at,
            next_step=decision.step,
            call_at=decision.call_at,
            because=decision.because,
            computed_at=now,
        )
        if planned != len(offer_ids):
            return False
    return True


def record_result(claim: Claim, result: Result, plans: Plans, now: datetime) -> State | None:
    """Write down what became of the mail and return the state, or None when the claim was given
    back untouched.
    """
    if result.outcome is Outcome.ACCEPTED:
        # Also when another run took this one for dead and called the mail doubtful: now it is
        # known.
        with transaction.atomic() if claim.is_personal else nullcontext():
            prepared.execute(
                _RECORD_SENT,
                [connection.ops.adapt_datetimefield_value(now), result.words, claim.message_id],
            )
            if claim.is_personal:
                FollowUp.objects.filter(offer__in=claim.steps).update(own_text="", send_now_at=None)
        return State.SENT
    if claim.is_personal:
        FollowUp.objects.filter(offer__in=claim.steps).update(send_now_at=None)
    if result.outcome is Outcome.WITHHELD:
        _give_back(claim)
        return None
    rows = Reminder.objects.filter(message_id=claim.message_id)
    if result.outcome is Outcome.UNKNOWN:
        doubtful = rows.filter(state=State.TRANSMITTING)
        doubtful.update(state=State.IN_DOUBT, server_reply=result.words, resolved_by=None)
        return State.IN_DOUBT
    if result.is_bad_address and not settings.REMINDERS_TEST_ADDRESS:
        _mark_bounced(claim, result.words, now)
    attempts = claim.attempts + 1
    retry_at = now + retry_after(attempts)
    next_steps_at = (
        plans.find_give_up_at(case, claim.steps[case.offer_id]) for case in claim.cases
    )
    give_up_at = min(filter(None, next_steps_at), default=None)
    is_final = result.outcome is Outcome.REFUSED or is_given_up(
        claim.first_try_at, retry_at, give_up_at
    )
    state = State.FAILED if is_final else State.PLANNED
    rows.filter(state__in=Reminder.IN_FLIGHT).update(
        state=state,
        attempts=attempts,
        server_reply=result.words,
        retry_at=None if is_final else retry_at,
        resolved_by=None,
    )
    return state


def _mark_bounced(claim: Claim, words: str, now: datetime) -> None:
    """Note that there is no such mailbox, so that no offer of the customer is reminded of, and tell
    the listeners.
    """
    with transaction.atomic():
        owners = Offer.objects.filter(pk__in=claim.steps).values_list("customer_id", flat=True)
        Customer.objects.filter(pk__in=list(owners), bounced_at=None).update(
            bounced_at=now, bounce_detail=words
        )
        announce(list(Offer.objects.filter(customer__in=list(owners), status=Offer.Status.OPEN)))


def release_all(claims: Collection[Claim], plans: Plans, now: datetime) -> None:
    """Give claims back that no mail came of, and plan their offers anew."""
    for claim in claims:
        _give_back(claim)
    plan_offer_ids([pk for claim in claims for pk in claim.steps], now, plans)


def _give_back(claim: Claim) -> None:
    Reminder.objects.filter(message_id=claim.message_id).give_back()


def recover_stale(now: datetime) -> tuple[int, int]:
    """Clear up after runs that died. Returns (claims given back, reminders in doubt).

    A claim without the mark was surely not sent and is free again; one with it may have been, and a
    person decides.
    """
    deadline = now - timedelta(seconds=settings.REMINDERS_STALE_SECONDS)
    stale = Reminder.objects.filter(claimed_at__lte=deadline)
    offer_ids = list(stale.filter(state__in=Reminder.IN_FLIGHT).values_list("offer_id", flat=True))
    if not offer_ids:
        return 0, 0
    in_doubt = stale.filter(state=State.TRANSMITTING).update(
        state=State.IN_DOUBT,
        server_reply="The program ended while the mail was being sent.",
        resolved_by=None,
    )
    given_back = stale.give_back()
    plan_offer_ids(offer_ids, now)
    return given_back, in_doubt


def confirm_seen() -> int:
    """Take reminders in doubt for sent when the outgoing folder shows their mail. Returns how
    many.
    """
    seen = SourceFile.objects.filter(
        state=SourceFile.State.OWN_REMINDER, message_id=OuterRef("message_id")
    )
    rows = Reminder.objects.filter(Exists(seen), state=State.IN_DOUBT)
    return rows.update(
        state=State.SENT, sent_at=F("claimed_at"), server_reply="Seen in the outgoing folder."
    )
