"""Health: what each app can tell about its own part, gathered for `/healthz`, `/readyz` and `doctor`.

An app lists functions in its own `health.py`: `CHECKS` look at the database and this machine and are cheap enough for
a page that is asked every minute; `OUTSIDE` talk to other machines, for `doctor` alone.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.module_loading import module_has_submodule
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

MIN_FREE_BYTES = 500_000_000


@dataclass(frozen=True)
class Finding:
    """What one check found. `detail` is a sentence; of a failed one it says what to do. No personal data."""

    name: str
    detail: str
    is_ok: bool = True


Check = Callable[[datetime], Iterable[Finding]]


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 when the database answers, else 503. Says nothing else, because anyone may ask."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 when all is well, else 503 with one sentence per problem. For the office's own network."""
    problems = [f"{finding.name}: {finding.detail}" for finding in examine(timezone.now()) if not finding.is_ok]
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


def examine(now: datetime, *, outside: bool = False) -> Iterator[Finding]:
    """Yield what the checks of all installed apps find. A check that breaks is a finding, never an exception."""
    for label, check in _find_checks("CHECKS"):
        yield from _run(label, check, now)
    if outside:
        for label, check in _find_checks("OUTSIDE"):
            yield from _run(label, check, now)


def _find_checks(kind: str) -> Iterator[tuple[str, Check]]:
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "health"):
            for check in getattr(import_module(f"{config.name}.health"), kind, []):
                yield config.label, check


def _run(label: str, check: Check, now: datetime) -> list[Finding]:
    try:
        return list(check(now))
    except Exception as error:  # a broken check must not hide what the others found
        logger.exception("A health check of %s broke.", label)
        return [Finding(label, f"{check.__name__} broke: {type(error).__name__}: {error}", is_ok=False)]


def check_migrations(now: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding("migrations", f"{missing} are missing. Run `python manage.py migrate`.", is_ok=False)
    else:
        yield Finding("migrations", "All are applied.")


def check_disk(now: datetime) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.VAR_DIR).free
    text = f"{free / 1e9:.1f} GB are free."
    if free < MIN_FREE_BYTES:
        yield Finding("disk", f"Only {text} Make room before the database cannot grow any more.", is_ok=False)
    else:
        yield Finding("disk", text)


def check_jobs(now: datetime) -> Iterator[Finding]:
    """The scheduled jobs; the public side has no queue and its timers are systemd's business."""
    if not apps.is_installed("django_q"):
        return
    from crm.core.job_states import find_job_states  # noqa: PLC0415  (the public profile lacks croniter)

    for state in find_job_states(now):
        if not state.is_still:
            last = "It is yet to run for the first time." if state.succeeded_at is None else ""
            yield Finding(state.name, last or f"Last done {_ago(state.succeeded_at, now)}.")
        elif state.succeeded_at is None:
            hint = "Is the worker running (`python manage.py qcluster`), and was `setup_schedules` run?"
            yield Finding(state.name, f"It has never succeeded. {state.summary} {hint}".replace("  ", " "), is_ok=False)
        else:
            yield Finding(state.name, f"Last done {_ago(state.succeeded_at, now)}. {state.summary}", is_ok=False)


def check_tasks(now: datetime) -> Iterator[Finding]:
    """Tasks that have waited long mean a worker that hangs, which the process list does not show."""
    if not apps.is_installed("django_q"):
        return
    from django_q.models import OrmQ  # noqa: PLC0415  (the public profile has no queue)

    waiting = OrmQ.objects.filter(lock__lt=now - timedelta(minutes=30)).count()
    if waiting:
        hint = "Restart the worker."
        yield Finding("queue", f"{waiting} tasks have waited for more than 30 minutes. {hint}", is_ok=False)
    else:
        yield Finding("queue", "No task waits for long.")


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    minutes = int((now - moment).total_seconds() // 60)
    return f"{minutes} minutes ago" if minutes < 120 else f"{minutes // 60} hours ago"


CHECKS: list[Check] = [check_migrations, check_disk, check_jobs, check_tasks]
