"""Settings that both profiles need. A profile adds to them and takes nothing away."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()


def database(default_name: str) -> dict[str, Any]:
    """Return the database of `DATABASE_URL`, else SQLite under `var/`."""
    VAR_DIR.mkdir(exist_ok=True)
    default = f"sqlite:///{VAR_DIR / default_name}"
    config: dict[str, Any] = env.db_url("DATABASE_URL", default=default)
    config["CONN_MAX_AGE"] = 60
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # Measured with 300 queue tasks beside a web writer: with Django's defaults 22 tasks were
        # left undone and 42 writes refused; with these none was.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        # A restarted server has closed the connections that CONN_MAX_AGE keeps.
        config["CONN_HEALTH_CHECKS"] = True
    return config


def caches() -> dict[str, Any]:
    """Return Redis from `CACHE_URL` for all, else local memory and counters in the database."""
    if url := env("CACHE_URL", default=""):
        redis = {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "KEY_PREFIX": "nachfass",
        }
        return {"default": redis, "counters": redis}
    return {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "counters": {"BACKEND": "crm.core.counters.CounterCache"},
    }


def required(name: str, meaning: str) -> str:
    """Return the environment variable. Raises ImproperlyConfigured if it is empty."""
    value: str = env(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"Set {name}: {meaning} `python manage.py make_keys` prints fresh secrets."
        )
    return value


def log_file(folder: Path) -> Path:
    """Return the log file of this process."""
    # One for each command: a file that several processes write to cannot be rotated.
    folder.mkdir(parents=True, exist_ok=True)
    if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1:
        return folder / f"{sys.argv[1]}.log"
    return folder / "web.log"


SECRET_KEY = env("SECRET_KEY", default="")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
ADMINS = [("Admin", address) for address in env.list("ADMINS", default=[])]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = env("TIME_ZONE", default="Europe/Zurich")
USE_TZ = True
LANGUAGE_CODE = env("LANGUAGE_CODE", default="de")
LANGUAGES = [("de", "Deutsch"), ("en", "English"), ("fr", "Français"), ("it", "Italiano")]
# `makemessages` writes into the first one and would remove the texts of packages from it.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "third_party"]
USE_I18N = True

CACHES = caches()
RATELIMIT_USE_CACHE = "counters"
# django-ratelimit does not know our counter cache, which counts atomically.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001"]

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
_YEAR_SECONDS = 31_536_000
SECURE_HSTS_SECONDS = env.int(
    "SECURE_HSTS_SECONDS", default=_YEAR_SECONDS if SECURE_SSL_REDIRECT else 0
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL_REDIRECT
# nginx sets the header itself and overwrites what the client sent (deploy/).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])

BACKUP_DIR = env("BACKUP_DIR", default=str(VAR_DIR / "backups"))
BACKUP_KEEP = env.int("BACKUP_KEEP", default=14)

FEEDBACK_BASE_URL = env("FEEDBACK_BASE_URL", default="")

vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
EMAIL_BACKEND = "crm.core.mail_backend.EmailBackend"
EMAIL_OAUTH_TOKEN_URL = env("EMAIL_OAUTH_TOKEN_URL", default="")
EMAIL_OAUTH_CLIENT_ID = env("EMAIL_OAUTH_CLIENT_ID", default="")
EMAIL_OAUTH_CLIENT_SECRET = env("EMAIL_OAUTH_CLIENT_SECRET", default="")
EMAIL_OAUTH_SCOPE = env("EMAIL_OAUTH_SCOPE", default="https://outlook.office365.com/.default")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="")
SERVER_EMAIL = env("SERVER_EMAIL", default=DEFAULT_FROM_EMAIL)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=30)
# Where `doctor` looks for the DKIM key: the usual names, unless the mail server uses another.
EMAIL_DKIM_SELECTORS = env.list(
    "EMAIL_DKIM_SELECTORS", default=["selector1", "selector2", "default", "google", "mail"]
)
# A second channel for alarms, used if the mail server fails.
ALARM_EMAIL = env.email_url("ALARM_EMAIL_URL") if env("ALARM_EMAIL_URL", default="") else None
HEALTH_FILE = env("HEALTH_FILE", default=str(VAR_DIR / "health.json"))
# How often the timer of the health check runs.
WATCH_EVERY = timedelta(minutes=5)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "crm.core.logs.StructuredFormatter",
            "style": env("LOG_FORMAT", default="text"),
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}

# For systems that do not collect the output of programs, such as the Windows Task Scheduler.
if log_dir := env("LOG_DIR", default=""):
    LOGGING["handlers"]["file"] = {
        "class": "logging.handlers.RotatingFileHandler",
        "filename": log_file(Path(log_dir)),
        "maxBytes": 5_000_000,
        "backupCount": 5,
        "encoding": "utf-8",
        "delay": True,
        "formatter": "line",
    }
    LOGGING["root"]["handlers"].append("file")
