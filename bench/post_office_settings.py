"""The office with django-post-office beside it, for `bench.reminders_send` alone."""

from __future__ import annotations

from crm.settings.test import *  # noqa: F403
from crm.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "post_office"]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
