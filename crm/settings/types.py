"""Both profiles in one, for the type checker alone: it needs to know every model and setting."""

from __future__ import annotations

from crm.settings.test import *  # noqa: F403
from crm.settings.test import INSTALLED_APPS as OFFICE_APPS
from crm.settings.test_public import *  # noqa: F403

INSTALLED_APPS = [*OFFICE_APPS, "rest_framework", "feedback.public"]
