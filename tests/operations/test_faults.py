"""Ten faults, ten alarms within half an hour; ninety days without a fault, no alarm."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from crm.operations.schedules import JOBS
from tests.operations.machine import LOOK, Machine, TlsServer, Web, drop_offer
from tests.public_service import PublicService
from tests.smtp_server import smtp_server

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.openssl,
    pytest.mark.restarts,
]

HALF_AN_HOUR = timedelta(minutes=30)
CHRISTMAS = datetime(2026, 12, 23, 6, 0, tzinfo=UTC)
BEFORE_WINTER = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def start(request: pytest.FixtureRequest) -> datetime:
    """Now, or for a longer life the Wednesday before Christmas."""
    if "days" in request.node.name:
        return CHRISTMAS if "christmas" in request.node.name else BEFORE_WINTER
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def quiet_office(machine: Machine, web: Web) -> Machine:
    """An office in which all has been well for ten minutes."""
    machine.run_until(machine.now + 2 * LOOK)
    assert machine.subjects == []
    return machine


def told(machine: Machine) -> str:
    """Let half an hour go by; return what the admins were told. Nobody is told twice."""
    machine.run_until(machine.now + HALF_AN_HOUR)
    begun = [subject for subject in machine.subjects if subject.startswith("Nachfass alarm: ")]
    assert len(begun) >= 1, "Nobody was told."
    names = ", ".join(subject.removeprefix("Nachfass alarm: ") for subject in begun)
    assert len(set(names.split(", "))) == len(names.split(", ")), f"Told twice: {names}"
    return names


def test_the_worker_was_killed(quiet_office: Machine):
    quiet_office.stopped |= {job.name for job in JOBS}
    assert "heartbeat" in told(quiet_office)


def test_the_importer_was_killed(quiet_office: Machine):
    quiet_office.stopped.add("import_offers")
    assert told(quiet_office) == "import_offers"


def test_the_web_server_was_killed(quiet_office: Machine, web: Web):
    web.kill()
    try:
        assert told(quiet_office) == "web server"
    finally:
        web.start()


def test_the_disk_is_full(quiet_office: Machine, settings: Any):
    # A file system of the kernel, which has really no byte free.
    settings.VAR_DIR = Path("/proc")
    assert told(quiet_office) == "disk"


def test_the_certificate_has_expired(quiet_office: Machine, tls: TlsServer):
    tls.present("expired")
    assert told(quiet_office) == "certificate"


def test_the_mail_server_refuses_the_password(quiet_office: Machine, settings: Any):
    settings.ALARM_EMAIL = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": settings.EMAIL_PORT}
    settings.ALARM_EMAIL |= {"EMAIL_HOST_USER": None, "EMAIL_HOST_PASSWORD": None}
    with smtp_server({"AUTH": 535}) as refusing:
        settings.EMAIL_PORT = refusing.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "nachfass", "wrong"
        assert told(quiet_office) == "mail server"


def test_the_share_is_gone(quiet_office: Machine, mail_folder: Path):
    shutil.rmtree(mail_folder)
    assert "mail folder David" in told(quiet_office)


def test_the_public_service_cannot_be_reached(
    quiet_office: Machine, moved_service: tuple[PublicService, Path]
):
    service, _clock = moved_service
    service.stop()
    try:
        assert "public service" in told(quiet_office)
    finally:
        service.start()


@contextmanager
def locked() -> Iterator[None]:
    """Another program holds the database and does not let go."""
    if connection.vendor == "sqlite":
        with closing(
            sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        parameters = {
            key: value
            for key, value in connection.get_connection_params().items()
            if key in _PARAMETERS
        }
        with psycopg.connect(**parameters) as other:
            other.execute("LOCK TABLE core_jobrun")
            yield


_PARAMETERS = ("host", "port", "user", "password", "dbname")


def test_the_database_is_locked(quiet_office: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("crm.operations.health.LOCK_SECONDS", 0.1)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
        connection.close()
    # Whoever waits for the lock waits for it in vain: the jobs do nothing.
    quiet_office.stopped |= {job.name for job in JOBS}
    with locked():
        assert told(quiet_office) == "database"


def test_the_clock_was_set_back(quiet_office: Machine):
    quiet_office.stopped |= {"heartbeat"}
    quiet_office.move_to(quiet_office.now - timedelta(hours=2))
    assert "clock" in told(quiet_office)


def test_in_the_days_of_christmas_nobody_is_alarmed(
    machine: Machine, mail_folder: Path, web: Web, settings: Any
):
    """A short stretch of the ninety days: a working day, the holidays and the weekend behind
    them.
    """
    settings.WATCH_EVERY = timedelta(hours=6)
    live_for(machine, mail_folder, days=5, step=settings.WATCH_EVERY)


@pytest.fixture
def few_logs() -> Iterator[None]:
    """Nobody reads what is logged of each item here, and pytest would keep ninety days of it in
    memory.
    """
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.torture
@pytest.mark.usefixtures("few_logs")
def test_in_ninety_days_nobody_is_alarmed(
    machine: Machine, mail_folder: Path, web: Web, settings: Any
):
    """The jobs of a fixed hour run at their minute, all others and the look at the health each half
    hour.

    Each minute would show nothing else: between two steps nothing happens but that the clock moves
    on, and all limits are longer than a step, or the step itself would be an alarm.
    """
    settings.WATCH_EVERY = timedelta(minutes=30)
    live_for(machine, mail_folder, days=90, step=settings.WATCH_EVERY)


def live_for(machine: Machine, mail_folder: Path, *, days: int, step: timedelta) -> None:
    """Let days go by in which David exports offers on working days and nothing breaks."""
    for day in range(days):
        if machine.now.weekday() < 5 and (machine.now.month, machine.now.day) not in (
            (12, 24),
            (12, 25),
        ):
            drop_offer(mail_folder, machine.now, day + 1)
        machine.run_until(machine.now + timedelta(days=1), step=step)
        assert machine.subjects == []
