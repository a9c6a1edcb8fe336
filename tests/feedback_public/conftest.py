"""What the tests of the public service share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from crm.operations.catalogues import compile_catalogue, find_catalogues
from tests.feedback_public import make
from tests.feedback_public.live import ROOT, Service, serve

KEY = "key-for-tests"


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    """The pages speak four languages, from catalogues that are compiled, not committed."""
    for path in find_catalogues(ROOT):
        compile_catalogue(path)


@pytest.fixture
def form(db: None) -> None:
    """The form as an office would send it."""
    make.make_form()


@pytest.fixture
def office(client):
    """A client that knows the key."""
    client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {KEY}"
    return client


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service without rate limits, for all tests that do not count rows."""
    with serve(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A real Chromium that talks to nobody but the pages it is sent to."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()
