"""The admin pages that join several apps or change offers."""

from __future__ import annotations

# Each module registers its pages when Django's autodiscovery imports this one.
from crm.backoffice.admin import (  # noqa: F401
    answers,
    customers,
    follow_ups,
    offers,
    reminders,
    source_files,
)
