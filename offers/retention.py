"""Delete what the import log and the customers no longer need. The periods are settings."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crm.core.dates import format_day
from offers.models import Contact, Customer, Offer, ReceivedMessage, SourceFile
from offers.privacy import NOWHERE

State = SourceFile.State
# Mails that led to nothing: the entry stays, its sender, recipients and subject are deleted.
_LED_TO_NOTHING = (
    State.DUPLICATE, State.OWN_REMINDER, State.AUTOMATIC, State.INTERNAL, State.NOT_AN_OFFER, State.BROKEN,
)  # fmt: skip


def prune_log(*, now: datetime, dry_run: bool = False) -> str:
    """Empty the log entries, older than `KEEP_LOG_DAYS`, of mails that led to nothing."""
    limit = now - timedelta(days=settings.KEEP_LOG_DAYS)
    old = SourceFile.objects.filter(state__in=_LED_TO_NOTHING, first_seen_at__lt=limit)
    old = old.exclude(sender="", subject="")
    if dry_run:
        return f"Would empty {old.count()} entries of the import log before {limit:%Y-%m-%d}."
    emptied = old.update(subject="", sender="", sender_name="", recipients=[], detail="", undo=None)
    words = _("Emptied %(number)d entries of the import log before %(day)s.")
    return words % {"number": emptied, "day": format_day(limit)}


def prune_received(*, now: datetime, dry_run: bool = False) -> str:
    """Delete what received mails name that matched nothing for `ReceivedMessage.KEPT_FOR`."""
    limit = now - ReceivedMessage.KEPT_FOR
    old = ReceivedMessage.objects.filter(kept_at__lt=limit)
    if dry_run:
        return f"Would delete {old.count()} kept received mails before {limit:%Y-%m-%d}."
    kept = SourceFile.objects.filter(received_message__in=old, reason=SourceFile.Reason.KEPT)
    kept.update(reason=SourceFile.Reason.NO_REPLY)
    count = old.count()
    old.delete()
    words = _("Deleted %(number)d kept received mails before %(day)s.")
    return words % {"number": count, "day": format_day(limit)}


def find_silent_customers(limit: datetime) -> QuerySet[Customer]:
    """Return the customers with whom nothing has happened since `limit`."""
    offers = Offer.objects.filter(customer=OuterRef("pk"))
    recent = (
        Q(sent_at__gte=limit)
        | Q(contacted_at__gte=limit)
        | Q(replied_at__gte=limit)
        | Q(status_at__gte=limit)
    )
    calls = Contact.objects.filter(offer__customer=OuterRef("pk"), at__gte=limit)
    return (
        Customer.objects.filter(created_at__lt=limit)
        .exclude(email__endswith=NOWHERE)
        .exclude(Exists(offers.filter(recent)))
        .exclude(Exists(calls))
    )
