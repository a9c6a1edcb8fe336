"""The office under test: the office profile with throw-away secrets."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FEEDBACK_BASE_URL", "https://feedback.test")
os.environ.setdefault("FEEDBACK_API_KEY", "key-for-tests")
os.environ.setdefault("OFFERS_OWN_DOMAINS", "muster-metallbau.example")
os.environ.setdefault("OFFICE_BASE_URL", "https://nachfass.test")
os.environ.setdefault("DEFAULT_FROM_EMAIL", "angebote@muster-metallbau.example")
# The private key of a pair that was made for the tests alone.
os.environ.setdefault(
    "FEEDBACK_SEALING_PRIVATE_KEY", "dGVzdHMgb25seSAtIG5vdCBhIHNlY3JldCBrZXkgISE="
)
os.environ.setdefault("HEALTH_FILE", "/nonexistent/health.json")
os.environ.setdefault("REMINDERS_ENABLED", "true")
# Most tests of sending have no public service to ask; tests/chain has one and uses the default.
os.environ.setdefault("REMINDERS_MAX_SYNC_AGE", "900")

from crm.settings.office import *  # noqa: F403
from crm.settings.office import DATABASES, STORAGES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because shared in-memory SQLite says "table is locked" as soon as a test uses threads.
    # Each run has its own, so that two runs in one checkout do not share it.
    file_name = f"nachfass-test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / file_name)}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Looks files up on demand: the tests run without collectstatic.
WHITENOISE_AUTOREFRESH = True
SECURE_SSL_REDIRECT = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
