"""Mark a claimed mail as being sent, right before DATA.

The mark is committed and on the disk before the server hears of DATA: a run that dies before the
mark has surely not sent the mail, and one that dies after it may have.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.core.durable import durable_commits
from feedback.backoffice.models import Invitation
from offers.models import Offer
from reminders.models import Reminder, SendingHold


def find_markable(now: datetime) -> QuerySet[Reminder]:
    """Return the claimed reminders that may be sent, by all gates that are columns."""
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
    return Reminder.objects.filter(Exists(offers), ~Exists(holds), state=Reminder.State.CLAIMED)


def mark_transmitting(
    message_id: str, offers: int, subject: str, markable: QuerySet[Reminder], now: datetime
) -> bool:
    """Commit to the disk that DATA comes next; return False when the mail must not go.

    `offers` is how many the mail is about: all are marked or none.
    """
    # The claim may no longer be ours, or a gate may have shut. One statement looks at the gates and
    # marks, so nothing can happen in between.
    rows = markable.filter(message_id=message_id)
    state = Reminder.State.TRANSMITTING
    with durable_commits(), transaction.atomic():
        if rows.update(state=state, claimed_at=now, subject=subject[:500]) == offers:
            return True
        transaction.set_rollback(True)
    return False
