from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format


def format_day(moment: datetime) -> str:
    """Return the local day of a moment as people write it, such as 30.11.2026."""
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")
