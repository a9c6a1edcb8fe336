"""A public service for the tests of the sync, started once and drained after each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from feedback.backoffice.api_client import ApiClient
from tests.public_service import API_KEY, PublicService, public_service


@pytest.fixture(scope="session")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicService]:
    # Its form can be opened without collected static files.
    settings = {"DJANGO_SETTINGS_MODULE": "crm.settings.test_public"}
    with public_service(tmp_path_factory.mktemp("public"), **settings) as service:
        yield service


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again does not wait."""
    monkeypatch.setattr("feedback.backoffice.api_client.BACKOFF_SECONDS", 0.001)


@pytest.fixture
def vps(running_service: PublicService, settings: Any) -> Iterator[PublicService]:
    """The public service, with the office's settings pointing to it; nothing waits there."""
    settings.FEEDBACK_API_URL = running_service.url
    yield running_service
    with ApiClient(running_service.url, API_KEY) as client:
        while page := client.get_feedbacks().feedbacks:
            client.acknowledge([item["uid"] for item in page])
