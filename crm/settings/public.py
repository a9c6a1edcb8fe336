"""The public profile: the feedback form and its API on the VPS, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from crm.settings.base import *  # noqa: F403
from crm.settings.base import LOGGING, SILENCED_SYSTEM_CHECKS, database, env, required

# The public service has its own catalogue and must not use the office's.
LOCALE_PATHS = []
# No redirects: they would turn a POST into a GET.
APPEND_SLASH = False
# A form with 2,000 characters of comment; the API reads its bodies by itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50

OPERATIONS = "public"  # crm/operations/public.py
ROOT_URLCONF = "crm.urls.public"
WSGI_APPLICATION = "crm.wsgi.application"
SECRET_KEY = required("SECRET_KEY", "it signs the stamp of the feedback form.")
DATABASES = {"default": database("public.sqlite3")}

INSTALLED_APPS = ["django.contrib.staticfiles", "crm.core", "crm.operations", "feedback.public"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "feedback.public.middleware.NoTraceMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# DRF's defaults would pull in auth and contenttypes, which this profile must not have.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "feedback.public.api.errors.handle_exception",
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "script-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# No cookies, no login: the signed stamp in the form does what CSRF tokens do elsewhere
# (feedback/public/stamps.py).
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W003"]
SECURE_REFERRER_POLICY = "no-referrer"

WATCH_EVERY = timedelta(hours=1)

FEEDBACK_API_KEY_HASHES: list[str] = env.list("FEEDBACK_API_KEY_HASHES", default=[])
FEEDBACK_API_ALLOWED_NETWORKS: list[str] = env.list("FEEDBACK_API_ALLOWED_NETWORKS", default=[])
FEEDBACK_KEEP_DAYS: int = env.int("FEEDBACK_KEEP_DAYS", default=14)
FEEDBACK_RATE_FORM = env("FEEDBACK_RATE_FORM", default="60/m")
FEEDBACK_RATE_ANSWER = env("FEEDBACK_RATE_ANSWER", default="20/m")
FEEDBACK_RATE_OPT_OUT = env("FEEDBACK_RATE_OPT_OUT", default="20/m")
FEEDBACK_RATE_API = env("FEEDBACK_RATE_API", default="600/m")

# Every URL here contains a token, and Django logs URLs in its warnings. So one handler writes all
# log lines and masks the tokens; Django's own handlers, such as the mail to the admins, are removed.
LOGGING["formatters"]["line"]["()"] = "feedback.public.logs.StructuredMaskingFormatter"
LOGGING["loggers"] = {
    name: {"handlers": [], "propagate": True} for name in ("django", "django.server")
}
