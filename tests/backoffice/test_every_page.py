"""Every page of the office in a real Chromium, under the policy as it is sent. A new page needs no
line here.

The pictures of all pages in light, dark and narrow lie under var/screenshots/pages/ after `pytest
-m torture`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from tests.backoffice.test_permissions import PATTERNS, address, who
from tests.make import make_rows, make_user
from tests.stats.test_browser import (
    LOOKS,
    browser,
    find_violations,
    make_office,
    open_page,
    take_picture,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["browser"]
# Not pages: data, files, redirects, and what only takes a POST. Dialogs are opened from their pages
# below.
NO_PAGES = {
    "admin:logout",
    "admin:jsi18n",
    "admin:autocomplete",
    "admin:view_on_site",
    "admin:search",
    "healthz",
}
NO_PAGES |= {
    "readyz",
    "stats:customers",
    "stats:export-csv",
    "stats:export-xlsx",
    "admin:auth_user_password_change",
}
PAGES = (
    "changelist",
    "change",
    "add",
    "delete",
    "history",
    "import",
    "export",
    "preview_page",
    "try_pattern",
)


def is_page(name: str) -> bool:
    is_of_model = name.count("_") >= 2 and name.startswith("admin:")
    if name in NO_PAGES or name.endswith("process_import") or who(name) == "-":
        return False
    return not is_of_model or name.endswith(PAGES) or name.startswith("admin:password")


def pages_of_the_office() -> Iterator[tuple[str, str]]:
    """Yield (name, path) of every page, each with a row to show."""
    rows = make_rows(now=timezone.now())
    for name in PATTERNS:
        if is_page(name):
            yield (
                name.replace(":", "-"),
                reverse(name) if name == "admin:index" else address(name, rows),
            )


def look_at(page: Page, live_server: Any, path: str) -> list[str]:
    """Return what is wrong with the page: an error, a word of the policy, or a page wider than the
    screen.
    """
    page.problems.clear()  # type: ignore[attr-defined]
    answer = page.goto(live_server.url + path)
    page.evaluate("document.fonts.ready")
    problems: list[str] = list(page.problems)  # type: ignore[attr-defined]
    if answer is None or answer.status != 200:
        problems.append(f"status {answer and answer.status}")
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        problems.append("wider than the screen")
    return [f"{path}: {problem}" for problem in problems]


def test_the_pages_of_import_and_export_keep_the_policy(browser, live_server) -> None:  # type: ignore[no-untyped-def]
    page = open_page(browser, live_server, make_user(is_superuser=True))
    pages = [path for name, path in pages_of_the_office() if name.endswith(("_import", "_export"))]
    assert len(pages) >= 4
    assert [problem for path in pages for problem in look_at(page, live_server, path)] == []


@pytest.mark.torture
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_every_page_in_light_dark_and_narrow(browser, live_server, theme: str, width: int) -> None:  # type: ignore[no-untyped-def]
    page = open_page(browser, live_server, make_office(), theme=theme, width=width)
    wrong = []
    for name, path in pages_of_the_office():
        wrong += look_at(page, live_server, path)
        page.problems.clear()  # type: ignore[attr-defined]
        take_picture(page, f"pages/{name}-{theme}-{width}")
        if name.endswith(("add", "change", "import", "export")) and theme == "light":
            wrong += [
                f"{path}: {violation}"
                for violation in find_violations(page, context="#main, main, form")
            ]
    assert not wrong, "\n".join(wrong)
