"""Change reminders as people ask for it: admin actions call these functions.

Each plans the offers again and returns their ids, or how many reminders it changed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.core.incidents import end_incident
from crm.core.models import JobRun
from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendResult
from offers.models import MailFolder, Offer
from offers.status import note_contact
from reminders.explain import explain
from reminders.incidents import IncidentKind
from reminders.mail.compose import build_example
from reminders.mail.message import build_message, new_message_id
from reminders.models import FollowUp, MailText, Reminder, SendingHold
from reminders.planning import plan_offer_ids, plan_offers
from reminders.rules import Because
from reminders.sending.run import send_due
from reminders.sentences import SendSums

State = Reminder.State

RELEASED_FOR = timedelta(hours=48)
# Why a reminder that somebody asked to send now is due.
ASKED_FOR = (Because.SEND_NOW, Because.LINK_WAITS)


def pause(offers: QuerySet[Offer], *, until: date) -> list[int]:
    """Send no reminder of these offers before the day."""
    return _change_offers(offers, paused_until=until)


def stop(offers: QuerySet[Offer]) -> list[int]:
    """Send no further reminder of these offers; return those that were not stopped before."""
    return _change_offers(offers.filter(reminders_stopped=False), reminders_stopped=True)


def resume(offers: QuerySet[Offer], *, now: datetime) -> list[int]:
    """End pause and stop, and allow reminders although the customer replied."""
    with transaction.atomic():
        FollowUp.objects.filter(offer__in=offers).update(resumed_at=now)
        return _change_offers(offers, reminders_stopped=False, paused_until=None)


def _change_offers(chosen: QuerySet[Offer], **fields: object) -> list[int]:
    with transaction.atomic():
        offers = list(chosen)
        pks = [offer.pk for offer in offers]
        Offer.objects.filter(pk__in=pks).update(**fields)
        Offer.objects.raise_version(offers)
        plan_offers(offers)
    return pks


def send_now(offers: Collection[Offer], *, now: datetime) -> list[tuple[Offer, str]]:
    """Send the next reminder of each offer now, also outside the window, but not past a block.

    Returns each offer with the reason why nothing was sent, which is empty where it was.
    """
    sums = _send_ready([offer.pk for offer in offers], now)
    reminders = Reminder.objects.filter(offer__in=offers, sent_at__gte=now)
    sent = set(reminders.values_list("offer_id", flat=True))
    results = []
    for offer in offers:
        why_not = ""
        if offer.pk not in sent:
            why_not = explain(FollowUp.objects.filter(offer=offer).first())
            if sums is not None and not sums.sent:
                why_not = str(sums)
        results.append((offer, why_not))
    return results


def _send_ready(pks: Collection[int], now: datetime) -> SendSums | None:
    """Send the reminders that have no block; return None if all have one."""
    # An offer that waits for its link keeps the request: its reminder is sent as soon as the public
    # service knows the link.
    follow_ups = FollowUp.objects.filter(offer__in=pks)
    follow_ups.update(send_now_at=now)
    plan_offer_ids(pks, now)
    follow_ups.exclude(because__in=ASKED_FOR).update(send_now_at=None)
    ready = list(follow_ups.filter(because=Because.SEND_NOW).values_list("offer_id", flat=True))
    if not ready:
        return None
    sums = send_due(timezone.now, only=ready)
    # Clear the request for offers that were not sent, so that they are not sent unexpectedly when a
    # hold or an outage ends.
    left = list(follow_ups.filter(because=Because.SEND_NOW).values_list("offer_id", flat=True))
    FollowUp.objects.filter(offer__in=left).update(send_now_at=None)
    plan_offer_ids(left, timezone.now())
    return sums


def release(follow_ups: QuerySet[FollowUp], *, now: datetime) -> list[int]:
    """Release the next reminder of each offer whose plan requires a release."""
    waiting = follow_ups.filter(because=Because.NEEDS_RELEASE)
    return _change(waiting, now, released_step=F("next_step"))


def skip(follow_ups: QuerySet[FollowUp], *, now: datetime) -> list[int]:
    """Skip the next step of each."""
    planned = follow_ups.filter(next_step__isnull=False)
    return _change(planned, now, skipped_step=F("next_step"), own_text="")


def snooze(follow_ups: QuerySet[FollowUp], *, until: date) -> list[int]:
    """Let the next reminder of each wait until the day."""
    planned = follow_ups.filter(next_step__isnull=False)
    return pause(Offer.objects.filter(follow_up__in=planned), until=until)


def call_instead(follow_ups: QuerySet[FollowUp], *, now: datetime) -> list[int]:
    """Make the next step of each a phone call."""
    return _change(follow_ups.filter(next_at__isnull=False), now, call_step=F("next_step"))


def record_call(follow_ups: QuerySet[FollowUp], *, by: User | None, now: datetime) -> list[int]:
    """Record that the calls were made: their step is done and the quiet days begin."""
    calls = follow_ups.filter(because=Because.CALL)
    with transaction.atomic():
        for call in calls.select_related("offer"):
            note = _("Phone call instead of reminder %d") % (call.next_step or 1)
            note_contact(call.offer, at=now, by=by, note=note)
        return _change(calls, now, skipped_step=F("next_step"))


def write_own_text(follow_ups: QuerySet[FollowUp], text: str, *, now: datetime) -> list[int]:
    """Replace the text of the next reminder of each; an empty one restores the mail text."""
    return _change(follow_ups, now, own_text=text)


def _change(follow_ups: QuerySet[FollowUp], now: datetime, **fields: object) -> list[int]:
    with transaction.atomic():
        # Unsent claims are given back first; otherwise the mail would be sent without the change.
        plan_offer_ids(list(follow_ups.values_list("offer_id", flat=True)), now, has_news=True)
        rows = dict(follow_ups.exclude(because=Because.SENDING).values_list("pk", "offer_id"))
        FollowUp.objects.filter(pk__in=rows).update(**fields)
        plan_offer_ids(list(rows.values()), now)
    return list(rows.values())


def skip_all_due(now: datetime) -> int:
    """Skip every step that is due, also several of one offer; return how many."""
    # Overdue reminders have already been moved to the next window, so their time is not past.
    missed = Q(because__in=(Because.CATCH_UP, Because.LINK_WAITS), next_at__isnull=False)
    due = FollowUp.objects.filter(Q(next_at__lte=now) | missed, next_step__isnull=False)
    skipped = 0
    while offer_ids := skip(due, now=now):
        skipped += len(offer_ids)
    return skipped


def resolve_as_sent(reminders: QuerySet[Reminder], *, by: User | None, now: datetime) -> int:
    """Mark reminders in doubt as sent, as a person has verified; return how many."""
    rows = dict(reminders.filter(state=State.IN_DOUBT).values_list("pk", "offer_id"))
    with transaction.atomic():
        Reminder.objects.filter(pk__in=rows, state=State.IN_DOUBT).update(
            state=State.SENT, sent_at=F("claimed_at"), resolved_by=by
        )
        plan_offer_ids(list(rows.values()), now)
    return len(rows)


def send_again(reminders: QuerySet[Reminder], *, by: User | None, now: datetime) -> int:
    """Send reminders that failed or are in doubt once more, each as a new mail.

    Only those that the rules allow now: not if the offer is closed or stopped, a later step was
    sent, or somebody skipped this one.
    """
    rows = reminders.filter(state__in=Reminder.RESOLVABLE, offer__status=Offer.Status.OPEN)
    count = 0
    for row in rows.select_related("offer__customer"):
        count += _try_again(row, by, now)
    return count


def _try_again(row: Reminder, by: User | None, now: datetime) -> bool:
    # Changed only in the state that was seen: a second click must not send a sent mail again.
    seen = Reminder.objects.filter(pk=row.pk, state=row.state, message_id=row.message_id)
    with transaction.atomic():
        changed = seen.update(
            state=State.PLANNED,
            resolved_by=by,
            mail_date=now,
            first_try_at=now,
            retry_at=now,
            attempts=1,
            message_id=new_message_id(settings.DEFAULT_FROM_EMAIL),
            recipient=settings.REMINDERS_TEST_ADDRESS or row.offer.customer.email,
        )
        if not changed:
            return False
        follow_up = FollowUp.objects.filter(offer=row.offer_id)
        follow_up.update(send_now_at=now)
        plan_offer_ids([row.offer_id], now)
        if follow_up.filter(next_step=row.step, because__in=ASKED_FOR).exists():
            return True
        transaction.set_rollback(True)
    return False


def resolve_failed(reminders: QuerySet[Reminder], *, by: User | None) -> int:
    """Mark failed reminders as resolved by a person; return how many."""
    return reminders.filter(state=State.FAILED, resolved_by=None).update(resolved_by=by)


def send_test_mail(text: MailText, offer: Offer, *, to: str, now: datetime) -> SendResult:
    """Send an example of a text to a person of the company; return the mail server's reply.

    Raises MailTextError for a broken text, SmtpUnavailableError when no mail can be sent at all.
    """
    message = build_message(build_example(text, offer, now=now, recipient=to))
    with Connection(Server.from_settings()) as connection:
        return connection.send(settings.DEFAULT_FROM_EMAIL, [to], message)


class MailsUnreadError(Exception):
    """Sending cannot be released yet. The message says what must be done first."""


def release_hold(*, by: User | None, now: datetime) -> bool:
    """Release the hold and allow for two days what is due now; return False if nothing was held.

    Raises MailsUnreadError.
    """
    hold = SendingHold.get()
    if hold.reason == SendingHold.Reason.RESTORED and hold.held_at is not None:
        # What is due may have been sent since the backup, so it is skipped; also reminders of
        # offers since then, which must therefore be imported first.
        imports = JobRun.objects.filter(name="import_offers", succeeded_at__gt=hold.held_at)
        if MailFolder.objects.filter(is_active=True).exists() and not imports.exists():
            raise MailsUnreadError(
                _("The mails since the backup must be imported first. Try again in a few minutes.")
            )
        skip_all_due(now)
    released = SendingHold.objects.filter(pk=1, held_at__isnull=False).update(
        held_at=None,
        reason="",
        due_count=0,
        allowed_count=FollowUp.objects.due(now).count(),
        allowed_until=now + RELEASED_FOR,
        released_by=by,
    )
    if released:
        end_incident(IncidentKind.HELD, now)
    return bool(released)
