"""Health checks of the machine itself, for both profiles, and of the office's web server."""

from __future__ import annotations

import http.client
import shutil
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.core.health import Finding
from crm.core.models import Incident, JobRun
from crm.operations.alarm_state import load_problems

MIN_FREE_BYTES = 500_000_000


def check_migrations(now: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        words = _("%s migrations are missing. Run `python manage.py migrate`.")
        yield Finding("migrations", words % missing, is_ok=False)
    else:
        yield Finding("migrations", _("All migrations are applied."))


def check_disk(now: datetime) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.VAR_DIR).free
    gigabytes = number_format(free / 1e9, 1)
    if free < MIN_FREE_BYTES:
        words = _("Only %s GB are free. Make room before the database cannot grow any more.")
        yield Finding("disk", words % gigabytes, is_ok=False)
    else:
        yield Finding("disk", _("%s GB are free.") % gigabytes)


def check_backup(now: datetime) -> Iterator[Finding]:
    """Check the nightly backup of the VPS. The office checks its own as one of its jobs."""
    run = JobRun.objects.filter(name="backup").first()
    if run is None:
        return
    is_old = run.succeeded_at is None or now - run.succeeded_at > timedelta(days=2)
    detail = f"{describe_last_success(run.succeeded_at, now)} {run.error}".strip()
    yield Finding("backup", detail, is_ok=not (run.is_failing or is_old))


def check_clock(now: datetime) -> Iterator[Finding]:
    """Check that no job ran in the future, which means that the clock was set back."""
    # Otherwise reminders would be late and links valid too long.
    newest = JobRun.objects.aggregate(newest=Max("started_at"))["newest"]
    if newest is not None and newest - now > timedelta(minutes=2):
        words = _("The clock was set back: a job ran at %s UTC. Set it by a time server.")
        yield Finding("clock", words % f"{newest:%Y-%m-%d %H:%M}", is_ok=False)
    else:
        yield Finding("clock", _("The clock has not been set back."))


def check_watch(now: datetime) -> Iterator[Finding]:
    """Check that the timer of the health check runs, which is set up by hand."""
    looked_at, _problems = load_problems()
    if looked_at is None:
        detail = _("The health check timer is not running. Set it up as docs/operations.md says.")
        yield Finding("watch", detail, is_ok=False)
    elif now - looked_at > 6 * settings.WATCH_EVERY:
        words = _("The health was last checked at %s UTC. Is the timer of the health check on?")
        yield Finding("watch", words % f"{looked_at:%Y-%m-%d %H:%M}", is_ok=False)
    else:
        yield Finding("watch", _("The health is checked regularly."))


def check_incidents(now: datetime) -> Iterator[Finding]:
    """Yield the incidents that have not ended."""
    for incident in Incident.objects.filter(ended_at=None):
        yield Finding(incident.title, incident.detail, is_ok=False)


def check_web(now: datetime) -> Iterator[Finding]:
    """Check that the office's pages answer at the address that people use."""
    address = urlsplit(settings.OFFICE_BASE_URL)
    if address.hostname is None:
        return
    try:
        status = _get_status(address.scheme, address.hostname, address.port)
    except (OSError, http.client.HTTPException) as error:
        words = _("%(url)s does not answer (%(error)s). Is the web server running?")
        detail = words % {"url": address.geturl(), "error": type(error).__name__}
        yield Finding("web server", detail, is_ok=False)
        return
    detail = _("The web server answers with status %s.") % status
    yield Finding("web server", detail, is_ok=status < 500)


def _get_status(scheme: str, host: str, port: int | None) -> int:
    server = http.client.HTTPConnection(host, port, timeout=10)
    if scheme == "https":
        # Only whether it answers: this program need not know the certificate authority of a
        # company's own network.
        context = ssl._create_unverified_context()  # noqa: S323
        server = http.client.HTTPSConnection(host, port, timeout=10, context=context)
    try:
        server.request("GET", "/healthz")
        return server.getresponse().status
    finally:
        server.close()


def describe_last_success(moment: datetime | None, now: datetime) -> str:
    """Return a sentence that says how long ago a job succeeded."""
    if moment is None:
        ago = _("never")
    else:
        minutes = int((now - moment).total_seconds() // 60)
        if minutes < 120:
            ago = _("%s minutes ago") % minutes
        else:
            ago = _("%s hours ago") % (minutes // 60)
    return _("Last done %s.") % ago
