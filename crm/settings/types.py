"""Both halves in one, for the type checker alone: it needs to know every model."""

from __future__ import annotations

from crm.settings.test import *  # noqa: F403
from crm.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework", "feedback.public"]
