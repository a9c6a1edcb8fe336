"""The lists of the VPS: health checks and pruners. systemd timers run its commands, not a queue."""

from __future__ import annotations

from crm.core.counters import prune_counters
from crm.operations.health import machine
from crm.operations.operations import Operations
from feedback.public.health import check_form, check_office
from feedback.public.services import prune as prune_answers

OPERATIONS = Operations(
    checks=[
        machine.check_migrations,
        machine.check_disk,
        machine.check_backup,
        machine.check_clock,
        machine.check_watch,
        check_office,
        check_form,
    ],
    pruners=[prune_counters, prune_answers],
)
