"""The office profile, inside the company's network: all but the public form."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static

from crm.settings.base import *  # noqa: F403
from crm.settings.base import BASE_DIR, SECURE_SSL_REDIRECT, TEMPLATES, database, env, required

OPERATIONS = "office"  # crm/operations/office.py
ROOT_URLCONF = "crm.urls.office"
WSGI_APPLICATION = "crm.wsgi.application"
SECRET_KEY = required("SECRET_KEY", "it signs the sessions of the back office.")
DATABASES = {"default": database("office.sqlite3")}

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crm.core.admin_site.OfficeAdminConfig",
    "django_filters",
    "import_export",
    "django_q",
    "crm.core",
    "crm.operations",
    "crm.accounts",
    "offers",
    "feedback.backoffice",
    "reminders",
    "stats",
    "crm.backoffice",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.accounts.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
# The strictest that unfold works with: Alpine evaluates the expressions in unfold's templates, and
# those contain style attributes.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
TEMPLATES[0]["OPTIONS"]["context_processors"] += [
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]

AUTH_USER_MODEL = "accounts.User"
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Measured (docs/decisions.md): with the defaults 6 of 8 long tasks ran twice.
QUEUE_URL = env("QUEUE_URL", default="")
Q_CLUSTER: dict[str, Any] = {
    "name": "nachfass",
    "workers": env.int("Q_WORKERS", default=2),
    "timeout": 600,
    # More than twice the timeout: its clock starts when a task is fetched, not when it starts.
    "retry": 1500,
    "queue_limit": 1,
    "bulk": 1,
    "catch_up": False,
    "max_attempts": 1,
    "ack_failures": True,
    "poll": 2,
    "guard_cycle": 1,
    "save_limit": 1000,
    "label": "Django-Q",
}
if QUEUE_URL:
    Q_CLUSTER["redis"] = QUEUE_URL
else:
    Q_CLUSTER["orm"] = "default"

KEEP_LOG_DAYS = env.int("KEEP_LOG_DAYS", default=365)
KEEP_PEOPLE_DAYS = env.int("KEEP_PEOPLE_DAYS", default=1095)

# The URL of the back office inside the company, for links in mails to staff.
OFFICE_BASE_URL = env("OFFICE_BASE_URL", default="")

OFFERS_OWN_DOMAINS = env.list("OFFERS_OWN_DOMAINS", default=[])
OFFERS_AUTHSERV_ID = env.list("OFFERS_AUTHSERV_ID", default=[])
OFFERS_OWN_ADDRESSES = env.list("OFFERS_OWN_ADDRESSES", default=[])
OFFERS_NUMBER_PATTERN = env("OFFERS_NUMBER_PATTERN", default="")
OFFERS_SETTLE_SECONDS = env.float("OFFERS_SETTLE_SECONDS", default=5)
OFFERS_ARCHIVE_DIR = env("OFFERS_ARCHIVE_DIR", default="")

FEEDBACK_API_KEY = env("FEEDBACK_API_KEY", default="")
FEEDBACK_API_URL = env("FEEDBACK_API_URL", default=env("FEEDBACK_BASE_URL", default=""))
FEEDBACK_SEALING_PRIVATE_KEY = env("FEEDBACK_SEALING_PRIVATE_KEY", default="")
FEEDBACK_TOKEN_DAYS = env.int("FEEDBACK_TOKEN_DAYS", default=60)

REMINDERS_ENABLED = env.bool("REMINDERS_ENABLED", default=False)
REMINDERS_MAX_SYNC_AGE = env.int("REMINDERS_MAX_SYNC_AGE", default=0)
REMINDERS_MAX_PER_RUN = env.int("REMINDERS_MAX_PER_RUN", default=200)
REMINDERS_PER_MINUTE = env.int("REMINDERS_PER_MINUTE", default=30)
# A claim this old belongs to a run that died. Longer than any run of the queue may take.
REMINDERS_STALE_SECONDS = env.int("REMINDERS_STALE_SECONDS", default=900)
REMINDERS_GO_LIVE_ON = env("REMINDERS_GO_LIVE_ON", default="")
REMINDERS_TEST_ADDRESS = env("REMINDERS_TEST_ADDRESS", default="")

STATS_AUTH = env("STATS_AUTH", default="session")
STATS_PER_SALESPERSON = env.bool("STATS_PER_SALESPERSON", default=False)

# Smaller files instead of unfold's own: its fonts and a second Chart.js take 800 KB
# (tests/stats/test_assets.py).
STATICFILES_DIRS = [BASE_DIR / "static"]
UNFOLD = {
    "SITE_TITLE": "Nachfass",
    "SITE_HEADER": "Nachfass",
    "SITE_URL": None,
    "SITE_SYMBOL": "mark_email_read",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("backoffice/favicon.svg"),
        }
    ],
    # Styles that unfold lacks, and labels that its widgets lack.
    "STYLES": [lambda request: static("backoffice/office.css")],
    "SCRIPTS": [lambda request: static("backoffice/office.js")],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "crm.accounts.forms.ThrottledLoginForm"},
    "DASHBOARD_CALLBACK": "crm.backoffice.today.add_to_context",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "crm.backoffice.menu.build_menu",
    },
    "COLORS": {
        "primary": {
            "50": "#eff6ff",
            "100": "#dbeafe",
            "200": "#bfdbfe",
            "300": "#93c5fd",
            "400": "#60a5fa",
            "500": "#3b82f6",
            "600": "#2563eb",
            "700": "#1d4ed8",
            "800": "#1e40af",
            "900": "#1e3a8a",
            "950": "#172554",
        }
    },
}
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
