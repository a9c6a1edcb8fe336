"""Health: what each app can tell about its own part, gathered for `/healthz`, `/readyz`, the alarms
and `doctor`.

An app lists functions in its own `health.py`: `CHECKS` look at the database and this machine and
are cheap enough for a page that is asked every minute; `OUTSIDE` talk to other machines, for the
alarms and `doctor`; `ADVICE` looks at what others have to set up, for `doctor` alone.
"""

from __future__ import annotations

import http.client
import logging
import shutil
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.core.alarm_state import recall
from crm.core.models import JobRun

logger = logging.getLogger(__name__)

MIN_FREE_BYTES = 500_000_000
DATABASE = "database"
# As long as SQLite waits by its settings.
LOCK_SECONDS = 20


@dataclass(frozen=True)
class Finding:
    """What one check found. `detail` is a sentence; of a failed one it says what to do. No personal
    data.

    `is_told`: the admins are told of it by another mail, so that the alarms leave it out.
    """

    name: str
    detail: str
    is_ok: bool = True
    is_told: bool = False


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
    """Return 200 when all is well, else 503 with one sentence per problem. For the office's own
    network.
    """
    findings = {finding.name: finding for finding in examine(timezone.now())}
    problems = [
        f"{finding.name}: {finding.detail}" for finding in findings.values() if not finding.is_ok
    ]
    # What only a look at other machines shows, such as the certificate, is known from the last one.
    problems += [f"{old.name}: {old.detail}" for old in recall()[1] if old.name not in findings]
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


def examine(now: datetime, *, outside: bool = False, advice: bool = False) -> Iterator[Finding]:
    """Yield what the checks of all installed apps find. A check that breaks is a finding, never an
    exception.

    Without its database nothing else can be known: then that is the only finding of this machine.
    """
    database = check_database()
    yield database
    kinds = ["CHECKS"] * database.is_ok + ["OUTSIDE"] * outside + ["ADVICE"] * advice
    for kind in kinds:
        for label, check in _find_checks(kind):
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
        return [
            Finding(label, f"{check.__name__} broke: {type(error).__name__}: {error}", is_ok=False)
        ]


def check_database() -> Finding:
    """Whether the database answers and takes a write: one that is locked for good answers every
    question.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"SET LOCAL lock_timeout = {int(LOCK_SECONDS * 1000)}")
            cursor.execute("UPDATE core_jobrun SET name = name WHERE 1 = 0")
    except DatabaseError as error:
        connection.close()
        detail = f"It takes no write ({type(error).__name__}). Is it running, and does a program hold it locked?"
        return Finding(DATABASE, detail, is_ok=False)
    return Finding(DATABASE, "It answers and takes writes.")


def check_migrations(now: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding(
            "migrations",
            _("%s are missing. Run `python manage.py migrate`.") % missing,
            is_ok=False,
        )
    else:
        yield Finding("migrations", _("All are applied."))


def check_disk(now: datetime) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.VAR_DIR).free
    gigabytes = number_format(free / 1e9, 1)
    if free < MIN_FREE_BYTES:
        yield Finding(
            "disk",
            _("Only %s GB are free. Make room before the database cannot grow any more.")
            % gigabytes,
            is_ok=False,
        )
    else:
        yield Finding("disk", _("%s GB are free.") % gigabytes)


def check_jobs(now: datetime) -> Iterator[Finding]:
    """The scheduled jobs; the public side has no queue and its timers are systemd's business."""
    if not apps.is_installed("django_q"):
        return
    from crm.core.job_states import find_job_states  # noqa: PLC0415  (the public profile lacks croniter)

    for state in find_job_states(now):
        if not state.is_still:
            last = _("It is yet to run for the first time.") if state.succeeded_at is None else ""
            yield Finding(state.name, last or _("Last done %s.") % _ago(state.succeeded_at, now))
        elif state.succeeded_at is None:
            hint = _(
                "Is the worker running (`python manage.py qcluster`), and was `setup_schedules` run?"
            )
            yield Finding(
                state.name,
                " ".join(filter(None, [_("It has never succeeded."), state.summary, hint])),
                is_ok=False,
            )
        else:
            yield Finding(
                state.name,
                f"{_('Last done %s.') % _ago(state.succeeded_at, now)} {state.summary}",
                is_ok=False,
            )


def check_tasks(now: datetime) -> Iterator[Finding]:
    """Tasks that have waited long mean a worker that hangs, which the process list does not
    show.
    """
    if not apps.is_installed("django_q"):
        return
    from django_q.models import OrmQ  # noqa: PLC0415  (the public profile has no queue)

    waiting = OrmQ.objects.filter(lock__lt=now - timedelta(minutes=30)).count()
    if waiting:
        words = _("%s tasks have waited for more than 30 minutes. Restart the worker.") % waiting
        yield Finding("queue", words, is_ok=False)
    else:
        yield Finding("queue", _("No task waits for long."))


def check_failed_tasks(now: datetime) -> Iterator[Finding]:
    """A task that was cut off leaves no sign in its job; the queue knows it. What has succeeded
    since is forgiven.
    """
    if not apps.is_installed("django_q"):
        return
    from django_q.models import Failure  # noqa: PLC0415  (the public profile has no queue)

    succeeded = dict(JobRun.objects.exclude(succeeded_at=None).values_list("name", "succeeded_at"))
    failures = Failure.objects.filter(stopped__gt=now - timedelta(days=1)).values_list(
        "group", "stopped"
    )
    failed = sorted(
        {job or "?" for job, at in failures if job not in succeeded or succeeded[job] < at}
    )
    if failed:
        yield Finding(
            "failed tasks",
            f"{', '.join(failed)}: see “Failed tasks” in the back office.",
            is_ok=False,
        )
    else:
        yield Finding("failed tasks", "None that has not succeeded since.")


def check_backup(now: datetime) -> Iterator[Finding]:
    """The nightly copy on the public side, whose timers leave only this sign; the office sees it
    among its jobs.
    """
    run = JobRun.objects.filter(name="backup").first()
    if run is None or apps.is_installed("django_q"):
        return
    is_old = run.succeeded_at is None or now - run.succeeded_at > timedelta(days=2)
    if run.is_failing or is_old:
        yield Finding(
            "backup",
            f"{_('Last done %s.') % _ago(run.succeeded_at, now)} {run.error}".strip(),
            is_ok=False,
        )
    else:
        yield Finding("backup", _("Last done %s.") % _ago(run.succeeded_at, now))


def check_clock(now: datetime) -> Iterator[Finding]:
    """A run in the future means that the clock was set back since: reminders would come late, links
    live longer.
    """
    newest = JobRun.objects.aggregate(newest=Max("started_at"))["newest"]
    if newest is not None and newest - now > timedelta(minutes=2):
        detail = (
            f"It was set back: a job ran at {newest:%Y-%m-%d %H:%M} UTC. Set it by a time server."
        )
        yield Finding("clock", detail, is_ok=False)
    else:
        yield Finding("clock", "It runs forward.")


def check_watch(now: datetime) -> Iterator[Finding]:
    """Whether anybody looks: the timer is set up by hand, and may be forgotten."""
    looked_at, _problems = recall()
    if looked_at is None:
        hint = "Have the system run the watch every few minutes: docs/operations.md."
        yield Finding("watch", f"Nobody looks whether all is well. {hint}", is_ok=False)
    elif now - looked_at > 6 * settings.WATCH_EVERY:
        yield Finding(
            "watch",
            f"The last look was at {looked_at:%Y-%m-%d %H:%M} UTC. Is its timer on?",
            is_ok=False,
        )
    else:
        yield Finding("watch", "Somebody looks again and again.")


def check_web(now: datetime) -> Iterator[Finding]:
    """The office's own pages, over the address that people use: any answer but a server error will
    do.
    """
    address = urlsplit(getattr(settings, "OFFICE_BASE_URL", ""))
    if address.hostname is None:
        return
    try:
        status = _ask(address.scheme, address.hostname, address.port)
    except (OSError, http.client.HTTPException) as error:
        detail = f"{address.geturl()} does not answer ({type(error).__name__}). Is the web server running?"
        yield Finding("web server", detail, is_ok=False)
        return
    yield Finding("web server", f"It answers with {status}.", is_ok=status < 500)


def _ask(scheme: str, host: str, port: int | None) -> int:
    # Only whether it lives: the certificate of a company's own authority need not be known to this
    # program.
    line: http.client.HTTPConnection = (
        http.client.HTTPSConnection(
            host,
            port,
            timeout=10,
            context=ssl._create_unverified_context(),  # noqa: S323
        )
        if scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=10)
    )
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status
    finally:
        line.close()


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return _("never")
    minutes = int((now - moment).total_seconds() // 60)
    return _("%s minutes ago") % minutes if minutes < 120 else _("%s hours ago") % (minutes // 60)


CHECKS: list[Check] = [
    check_migrations,
    check_disk,
    check_jobs,
    check_tasks,
    check_failed_tasks,
    check_backup,
    check_clock,
    check_watch,
]
OUTSIDE: list[Check] = [check_web]
