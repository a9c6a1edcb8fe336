"""The lists of the VPS: health checks and pruners. systemd timers run its commands, not a queue."""

from __future__ import annotations

from crm.core.counters import prune_counters
from crm.operations.health import public as health
from crm.operations.operations import Operations
from feedback.public.services import prune as prune_answers

OPERATIONS = Operations(checks=health.CHECKS, pruners=[prune_counters, prune_answers])
