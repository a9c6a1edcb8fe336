"""Delete the office's old queue tasks and sessions, and erase customers without contact."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _
from django_q.models import Task

from crm.core.dates import format_day
from crm.operations.privacy import erase_customer
from offers.retention import find_silent_customers

# Failed tasks are kept for two weeks; Django-Q2 would keep them for ever.
TASKS_KEEP_DAYS = 14


def prune_tasks(*, now: datetime, dry_run: bool = False) -> str:
    """Delete the queue's records of tasks that ended more than `TASKS_KEEP_DAYS` ago."""
    limit = now - timedelta(days=TASKS_KEEP_DAYS)
    old = Task.objects.filter(stopped__lt=limit)
    if dry_run:
        return f"Would delete {old.count()} tasks before {limit:%Y-%m-%d}."
    words = _("Deleted %(number)d tasks before %(day)s.")
    return words % {"number": old.delete()[0], "day": format_day(limit)}


def prune_sessions(*, now: datetime, dry_run: bool = False) -> str:
    """Delete the sessions that have expired."""
    expired = Session.objects.filter(expire_date__lt=now)
    if dry_run:
        return f"Would delete {expired.count()} sessions."
    return _("Deleted %d sessions.") % expired.delete()[0]


def prune_people(*, now: datetime, dry_run: bool = False) -> str:
    """Erase customers with whom nothing happened for `KEEP_PEOPLE_DAYS`; figures stay."""
    limit = now - timedelta(days=settings.KEEP_PEOPLE_DAYS)
    old = find_silent_customers(limit)
    if dry_run:
        return f"Would erase {old.count()} customers without a contact since {limit:%Y-%m-%d}."
    customers = list(old)
    for customer in customers:
        # Not put on the erasure list: after years an offer makes the person a new customer.
        erase_customer(customer)
    words = _("Erased %(number)d customers without a contact since %(day)s.")
    return words % {"number": len(customers), "day": format_day(limit)}
