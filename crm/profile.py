"""Find the profile of this machine, in the environment or in one env file; there is no default."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


def load() -> None:
    """Read the env file (``ENV_FILE``, else ``.env`` beside manage.py).

    Variables that are set already have precedence. Exits with one sentence when no profile is
    named, because a default could open the office to the internet.
    """
    env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
    if env_file.is_file():
        environ.Env.read_env(str(env_file))
    elif "ENV_FILE" in os.environ:
        sys.exit(
            f"The env file {env_file} does not exist. Set ENV_FILE to the file that holds the settings."
        )
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        sys.exit(
            "No profile is set. Put DJANGO_SETTINGS_MODULE=crm.settings.office (or crm.settings.public) into "
            f"{env_file}, or name another file in ENV_FILE."
        )
