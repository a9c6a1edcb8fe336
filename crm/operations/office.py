"""The lists of the office: health checks, pruners and the steps after a restore."""

from __future__ import annotations

from functools import partial

from crm.core.counters import prune_counters
from crm.core.mail_dns import check_sender_domain
from crm.operations import retention
from crm.operations.health import machine, queue
from crm.operations.operations import Operations
from crm.operations.privacy import erase_again
from feedback.backoffice import health as feedback_health
from feedback.backoffice.sync import replay_after_restore
from offers.health import check_folders
from offers.retention import prune_log
from reminders import health as reminders_health
from reminders.holds import hold_after_restore
from reminders.planning import plan_offers

OPERATIONS = Operations(
    checks=[
        machine.check_migrations,
        machine.check_disk,
        queue.check_jobs,
        queue.check_tasks,
        queue.check_failed_tasks,
        machine.check_clock,
        machine.check_watch,
        machine.check_incidents,
        check_folders,
        feedback_health.check_answers,
        feedback_health.check_clocks,
        feedback_health.check_sealing_key,
        reminders_health.check_sending,
        reminders_health.check_overdue,
    ],
    outside_checks=[
        machine.check_web,
        feedback_health.check_public_service,
        feedback_health.check_certificate,
        reminders_health.check_mail_server,
    ],
    advice=[check_sender_domain],
    pruners=[
        prune_counters,
        retention.prune_tasks,
        retention.prune_sessions,
        prune_log,
        retention.prune_people,
    ],
    # Sending is held first, so that nobody who has answered is reminded before the answers are
    # pulled. Erasing comes last, because a pulled answer may be that of an erased person.
    after_restore=[
        hold_after_restore,
        partial(replay_after_restore, after_store=plan_offers),
        erase_again,
    ],
)
