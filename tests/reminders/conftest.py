from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.make import make_user
from tests.smtp_server import SmtpServer, smtp_server

# A Tuesday, 09:30 in Zurich: in the window of the default plan.
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)


@pytest.fixture
def receiver(settings: Any) -> Iterator[SmtpServer]:
    """A mail server that the settings point to."""
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "", False, False
    settings.REMINDERS_PER_MINUTE = 0
    with smtp_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def staff(client: Client) -> Client:
    """Somebody who may do everything, at work in English."""
    client.force_login(make_user(is_superuser=True, language="en"))
    return client
