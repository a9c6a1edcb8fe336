"""The lists of the office: health checks, pruners and the steps after a restore."""

from __future__ import annotations

from functools import partial

from crm.core.counters import prune_counters
from crm.operations import retention
from crm.operations.health import office as health
from crm.operations.operations import Operations
from crm.operations.privacy import erase_again
from feedback.backoffice.sync import replay_after_restore
from offers.retention import prune_log, prune_received
from reminders.holds import hold_after_restore
from reminders.planning import plan_offers

OPERATIONS = Operations(
    checks=health.CHECKS,
    outside_checks=health.OUTSIDE_CHECKS,
    advice=health.ADVICE,
    pruners=[
        prune_counters,
        retention.prune_tasks,
        retention.prune_sessions,
        prune_log,
        prune_received,
        retention.prune_people,
    ],
    # Sending is held first, so that nobody who has answered is reminded before the answers are
    # pulled; those need no new links, so planning is enough. Erasing comes last, because a pulled
    # answer may be that of an erased person.
    after_restore=[
        hold_after_restore,
        partial(replay_after_restore, after_store=plan_offers),
        erase_again,
    ],
)
