"""Both profiles in one, for the type checker alone: it needs to know every model."""

from __future__ import annotations

from crm.settings.test import *  # noqa: F403
from crm.settings.test import INSTALLED_APPS
from crm.settings.test_public import (  # noqa: F401  (what only the public profile has)
    FEEDBACK_API_ALLOWED_NETWORKS,
    FEEDBACK_API_KEY_HASHES,
    FEEDBACK_KEEP_DAYS,
    FEEDBACK_RATE_ANSWER,
    FEEDBACK_RATE_API,
    FEEDBACK_RATE_FORM,
    FEEDBACK_RATE_OPT_OUT,
)

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework", "feedback.public"]
