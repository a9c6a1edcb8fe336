from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.make import make_user
from tests.reminders.rows import make_defaults
from tests.reminders.smtp_server import Receiver, running_smtp

# A Tuesday, 09:30 in Zurich: in the window of the default plan.
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def smtp_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with running_smtp(tmp_path_factory.mktemp("smtp")) as receiver:
        yield receiver


@pytest.fixture
def receiver(smtp_process: Receiver, settings: Any) -> Receiver:
    """A real SMTP server that the settings point to, empty at the start of the test."""
    for path in Path(smtp_process.folder).iterdir():
        path.unlink()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_process.port
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "", False, False
    settings.REMINDERS_PER_MINUTE = 0
    return smtp_process


@pytest.fixture
def staff(client: Client) -> Client:
    """Somebody who may do everything, at work in English."""
    make_defaults()
    client.force_login(make_user(is_superuser=True, language="en"))
    return client
