"""The lists of the VPS: health checks and pruners. systemd timers run its commands, not a queue."""

from __future__ import annotations

from crm.core.counters import prune_counters
from crm.operations import machine_checks
from crm.operations.operations import Operations
from feedback.public import health as public_health
from feedback.public.services import prune as prune_answers

OPERATIONS = Operations(
    checks=[
        machine_checks.check_migrations,
        machine_checks.check_disk,
        machine_checks.check_backup,
        machine_checks.check_clock,
        machine_checks.check_watch,
        public_health.check_office,
        public_health.check_form,
    ],
    pruners=[prune_counters, prune_answers],
)
