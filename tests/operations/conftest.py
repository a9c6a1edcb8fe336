"""One office with everything around it: mail server, public service, web server, TLS, a watched
folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from crm.accounts.models import OwnCompany
from crm.core.models import JobRun
from crm.operations.alarm_state import save_problems
from crm.operations.schedules import JOBS
from feedback.backoffice.models import SyncState
from offers.models import MailFolder
from tests.operations.machine import Machine, TlsServer, Web, office_web, tls_server
from tests.public_service import PublicService, public_service
from tests.servers import postgres
from tests.smtp_server import SmtpServer, smtp_server


@pytest.fixture(scope="session")
def moved_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PublicService, Path]]:
    """A public service whose clock follows a file."""
    folder = tmp_path_factory.mktemp("moved")
    clock_file = folder / "clock"
    clock_file.write_text(str(time.time()))
    settings = {
        "DJANGO_SETTINGS_MODULE": "crm.settings.test_public",
        "DEMO_CLOCK_FILE": str(clock_file),
    }
    with public_service(folder, application="crm.demo.public_clock", **settings) as service:
        yield service, clock_file


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    with tls_server(tmp_path_factory.mktemp("tls")) as server:
        yield server


@pytest.fixture(scope="session")
def running_web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with office_web(tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.fixture
def web(running_web: Web, settings: Any) -> Web:
    """The office's pages, which run."""
    settings.OFFICE_BASE_URL = running_web.url
    return running_web


@pytest.fixture
def mail_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "david"
    folder.mkdir()
    return folder


@pytest.fixture
def inbox(settings: Any) -> Iterator[SmtpServer]:
    with smtp_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def machine(  # noqa: PLR0917 - fixtures
    db: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    mail_folder: Path,
    inbox: SmtpServer,
    moved_service: tuple[PublicService, Path],
    tls: TlsServer,
    start: datetime,
) -> Iterator[Machine]:
    """A sound office at the time that the test's fixture `start` names."""
    service, clock_file = moved_service
    settings.FEEDBACK_API_URL, settings.FEEDBACK_BASE_URL = (
        service.url,
        f"https://localhost:{tls.port}",
    )
    settings.HEALTH_FILE, settings.BACKUP_DIR = (
        str(tmp_path / "health.json"),
        str(tmp_path / "backups"),
    )
    settings.ADMINS, settings.SERVER_EMAIL = (
        [("Admin", "it@muster-metallbau.example")],
        "nachfass@firma.example",
    )
    settings.REMINDERS_MAX_SYNC_AGE = 0
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority.certificate))
    monkeypatch.setattr("feedback.backoffice.api_client.BACKOFF_SECONDS", 0.001)
    with time_machine.travel(start, tick=False) as clock:
        machine = Machine(clock, clock_file, inbox, start)
        machine.move_to(start)
        OwnCompany.objects.create(
            pk=1, name="Muster Metallbau", email="info@muster-metallbau.example"
        )
        MailFolder.objects.create(name="David", path=str(mail_folder))
        call_command("setup_schedules")
        for job in JOBS:
            JobRun.objects.create(
                name=job.name, started_at=start, succeeded_at=start, summary="Done."
            )
        SyncState.objects.create(pk=1)
        save_problems(start, [])
        yield machine
    tls.present("valid")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        yield os.environ["DATABASE_URL"]
        return
    with postgres() as url:
        yield url
