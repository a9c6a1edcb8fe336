"""What all tests share: which ones run on which database, and what the machine lacks."""

from __future__ import annotations

import os
import shutil

import pytest


def lacks(program: str, package: str) -> None:
    """Skip the calling test because the machine lacks a program. Said once at the end; an error in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"This machine lacks {program}, which CI must have: apt-get install {package}", pytrace=False)
    pytest.skip(f"needs {program} (apt-get install {package})")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        lacks("Chromium", "chromium")
    return str(path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what touches the database; the rest has run on SQLite. Browsers look at pages once."""
    torture = config.getoption("-m")
    chosen = [item for item in items if torture or not item.get_closest_marker("torture")]
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        chosen = [item for item in chosen if _touches_database(item) and not item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _touches_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or not {"db", "transactional_db"}.isdisjoint(
        getattr(item, "fixturenames", ())
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = {
        line.removeprefix("Skipped: needs ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
        for line in [report.longrepr[2]]
        if line.startswith("Skipped: needs ")
    }
    if missing:
        terminalreporter.write_line(f"This machine lacks: {', '.join(sorted(missing))}.")
