"""What all tests share: which ones run on which database, and what the machine lacks."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.lacks import note

SKIPPED = "Skipped: needs "


def lacks(program: str, package: str) -> None:
    """Skip the calling test because the machine lacks a program. Said once at the end; an error in
    CI.
    """
    if os.environ.get("CI") == "true":
        pytest.fail(
            f"This machine lacks {program}, which CI must have: apt-get install {package}",
            pytrace=False,
        )
    pytest.skip(f"needs {program} (apt-get install {package})")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        lacks("Chromium", "chromium")
    return str(path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what touches the database; the rest has run on SQLite. Browsers look at
    pages once.
    """
    torture, postgres = config.getoption("-m"), _on_postgres()
    chosen, others = [], []
    for item in items:
        wanted = torture or not item.get_closest_marker("torture")
        if postgres:
            wanted = wanted and _touches_database(item) and not item.get_closest_marker("browser")
        (chosen if wanted else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A selection by marker or database may leave nothing of a folder: that is no failure."""
    selected = bool(session.config.getoption("-m")) or _on_postgres()
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and selected:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = {
        report.longrepr[2].removeprefix(SKIPPED)
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and report.longrepr[2].startswith(SKIPPED)
    }
    for what in missing:
        note(what)
    if missing:
        terminalreporter.write_line(f"This machine lacks: {', '.join(sorted(missing))}.")


def _on_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def _touches_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or not {
        "db",
        "transactional_db",
        "live_server",
    }.isdisjoint(getattr(item, "fixturenames", ()))
