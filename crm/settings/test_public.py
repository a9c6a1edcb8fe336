"""The public service under test: the public profile with throw-away secrets."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FEEDBACK_BASE_URL", "https://feedback.test")
os.environ.setdefault("FEEDBACK_API_KEY_HASHES", hashlib.sha256(b"key-for-tests").hexdigest())
os.environ.setdefault("HEALTH_FILE", "/nonexistent/health.json")

from crm.settings.public import *  # noqa: F403
from crm.settings.public import DATABASES, STORAGES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    file_name = f"nachfass-test-public-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / file_name)}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Looks files up on demand: the tests run without collectstatic.
WHITENOISE_AUTOREFRESH = True
SECURE_SSL_REDIRECT = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
