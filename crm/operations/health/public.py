"""What the health check of the VPS looks at."""

from __future__ import annotations

from crm.operations.health import machine
from feedback.public import health as public_health

CHECKS = [
    machine.check_migrations,
    machine.check_disk,
    machine.check_backup,
    machine.check_clock,
    machine.check_watch,
    public_health.check_office,
    public_health.check_form,
]
