"""What is deleted after a while, on either machine. Each app names its pruners in the settings
(`PRUNERS`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

# A failed task of the queue is looked at within two weeks or never; Django-Q2 itself keeps failures
# for ever.
TASKS_KEEP_DAYS = 14

Pruner = Callable[..., str]


def find_pruners() -> Iterator[Pruner]:
    """Yield the functions of `settings.PRUNERS`: `pruner(now=…, dry_run=…)` returns one sentence of
    sums.
    """
    for path in settings.PRUNERS:
        yield import_string(path)


def name_day(moment: datetime) -> str:
    """Return the local day of a moment as people write it."""
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


def prune_counters(*, now: datetime, dry_run: bool = False) -> str:
    """Delete the expired counters of the rate limits."""
    prune = getattr(caches["counters"], "prune", None)
    if prune is None:
        return _("Redis forgets its counters by itself.")
    return (
        _("Deleted %d counters.") % prune() if not dry_run else "Would delete the expired counters."
    )


def prune_tasks(*, now: datetime, dry_run: bool = False) -> str:
    """Delete the queue's records of tasks that ended more than `TASKS_KEEP_DAYS` ago."""
    from django_q.models import Task  # noqa: PLC0415  (the public profile has no queue)

    limit = now - timedelta(days=TASKS_KEEP_DAYS)
    old = Task.objects.filter(stopped__lt=limit)
    if dry_run:
        return f"Would delete {old.count()} tasks before {limit:%Y-%m-%d}."
    return _("Deleted %(number)d tasks before %(day)s.") % {
        "number": old.delete()[0],
        "day": name_day(limit),
    }


def prune_sessions(*, now: datetime, dry_run: bool = False) -> str:
    """Delete the sessions of people who have been logged out by time."""
    from django.contrib.sessions.models import Session  # noqa: PLC0415  (the public profile has no sessions)

    expired = Session.objects.filter(expire_date__lt=now)
    if dry_run:
        return f"Would delete {expired.count()} sessions."
    return _("Deleted %d sessions.") % expired.delete()[0]
