"""Every benchmark runs at a tiny size, so that none rots between two looks at its figures."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from django.conf import settings

# The smallest arguments of each, and the packages that only `make bench` installs.
TINY = {
    "import_offers": ["--mails", "20", "--large", "2", "--rounds", "1"],
    "import_scan": ["--files", "100", "--rounds", "1"],
    "parsing": ["--mails", "50", "--rounds", "1"],
    "public_form": ["--requests", "40"],
    "reminders_plan": ["200"],
    "reminders_send": ["20"],
    "stats": ["--rounds", "1", "60"],
    "sync": ["20"],
}
YARDSTICKS = {
    "import_offers": "django_mailbox",
    "public_form": "flask",
    "reminders_send": "post_office",
}

pytestmark = pytest.mark.slow


def test_every_benchmark_is_here():
    runnable = {
        path.stem
        for path in (settings.BASE_DIR / "bench").glob("*.py")
        if "__main__" in path.read_text(encoding="utf-8")
    }
    assert runnable == {name.split()[0] for name in TINY}


def chosen() -> list[str]:
    """Return what can run here."""
    return [name for name in TINY if name not in YARDSTICKS or find_spec(YARDSTICKS[name])]


@pytest.mark.parametrize("name", chosen())
def test_it_runs(name: str):
    result = subprocess.run(
        [sys.executable, "-m", *f"bench.{name}".split(), *TINY[name]],
        cwd=settings.BASE_DIR,
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout
