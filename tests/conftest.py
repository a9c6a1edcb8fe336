"""What all tests share: which ones run on which database, and what the machine lacks."""

from __future__ import annotations

import os

import pytest

from tests.default_data import keep_default_data
from tests.lacks import PROGRAMS, find_missing, find_program, is_ci, note

SKIPPED = "Skipped: needs "
# What these tests show does not depend on the database, or they bring their own.
NOT_ON_POSTGRES = ("browser", "machine", "postgres", "redis")
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave `torture` to those who ask for it, and on PostgreSQL what does not touch the database:
    that has run on SQLite.
    """
    with_torture = "torture" in config.getoption("-m")
    chosen, others = [], []
    for item in items:
        is_chosen = with_torture or not item.get_closest_marker("torture")
        if _on_postgres():
            is_chosen = is_chosen and _is_for_postgres(item)
        (chosen if is_chosen else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this machine lacks; in CI that is an error."""
    needs = [need for need in PROGRAMS if item.get_closest_marker(need)]
    missing = [what for need in needs for what in find_missing(need)]
    if missing and is_ci():
        pytest.fail(f"This machine lacks {', '.join(missing)}.", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A selection by marker or database may leave nothing of a folder: that is no failure."""
    is_selection = bool(session.config.getoption("-m")) or _on_postgres()
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and is_selection:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = set()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple) and report.longrepr[2].startswith(SKIPPED):
            missing.update(report.longrepr[2].removeprefix(SKIPPED).split(", "))
    for what in missing:
        note(what)
    if missing:
        terminalreporter.write_line(f"This machine lacks {', '.join(sorted(missing))}.")


@pytest.fixture(scope="session", autouse=True)
def _default_data() -> None:
    keep_default_data()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    return str(find_program("chromium"))


def _on_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def _is_for_postgres(item: pytest.Item) -> bool:
    if any(item.get_closest_marker(marker) for marker in NOT_ON_POSTGRES):
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES)
