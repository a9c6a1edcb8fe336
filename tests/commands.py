"""Commands of the product, run as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def clean_env() -> dict[str, str]:
    """The environment without what names a profile or a database."""
    ours = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "ENV_FILE", "FEEDBACK_BASE_URL", "CACHE_URL"}
    return {name: value for name, value in os.environ.items() if name not in ours}


def database_url(name: str = "") -> str:
    """Return the DATABASE_URL of the database of this test, or of another one on its server."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    server = f"postgres://{settings['USER']}@{settings['HOST']}:{settings['PORT']}"
    return f"{server}/{name or settings['NAME']}"


def run_manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the profile that `env` names to its end. Raises RuntimeError with its words
    if it fails.
    """
    done = try_manage(env, *arguments)
    if done.returncode:
        raise RuntimeError(f"{arguments} failed:\n{done.stdout}\n{done.stderr}")
    return done


def try_manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the profile that `env` names; whatever comes of it."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=env,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
