"""Run the health checks of this machine, for `/readyz`, the alarms and `doctor`.

The lists of checks are in `office.py` and `public.py` beside this file; what an app checks is in its
`health.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from crm.core.health import Check, Finding
from crm.core.models import JobRun
from crm.operations.operations import get_operations

logger = logging.getLogger(__name__)

DATABASE = "database"
# The time that SQLite waits by its settings.
LOCK_SECONDS = 20


def examine(now: datetime, *, outside: bool = False, advice: bool = False) -> Iterator[Finding]:
    """Yield the findings of all checks; most are left out if the database fails."""
    operations = get_operations()
    database = check_database()
    yield database
    checks: list[Check] = []
    if database.is_ok:
        checks += operations.checks
    if outside:
        checks += operations.outside_checks
    if advice:
        checks += operations.advice
    for check in checks:
        yield from _run(check, now)


def _run(check: Check, now: datetime) -> list[Finding]:
    name = f"{check.__module__}.{check.__name__}"
    try:
        return list(check(now))
    except Exception as error:  # the other checks must run all the same
        logger.exception("The health check %s failed.", name)
        return [Finding(name, f"The check failed: {type(error).__name__}: {error}", is_ok=False)]


def check_database() -> Finding:
    """Return the finding whether the database accepts a write."""
    # A locked database still answers reads.
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                # Django has no way to say this, and without it the check would wait for ever.
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {int(LOCK_SECONDS * 1000)}")
            JobRun.objects.filter(pk=0).update(name="")
    except DatabaseError as error:
        connection.close()
        detail = (
            f"It accepts no write ({type(error).__name__}). Is it running, and does another program "
            "hold it locked?"
        )
        return Finding(DATABASE, detail, is_ok=False)
    return Finding(DATABASE, "It answers and accepts writes.")
