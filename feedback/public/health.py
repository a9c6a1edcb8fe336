"""Health checks of the VPS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from crm.core.health import Finding
from feedback.public.models import FormContent
from feedback.public.services import get_status

SILENT_AFTER = timedelta(hours=24)


def check_office(now: datetime) -> Iterator[Finding]:
    if not settings.FEEDBACK_API_KEY_HASHES:
        detail = "Set FEEDBACK_API_KEY_HASHES to the hash of the office's key."
        yield Finding("API key", detail, is_ok=False)
    status = get_status()
    waiting = f"{status.waiting} are waiting."
    if status.last_pull_at is None:
        detail = "The office has never fetched answers. Does FEEDBACK_API_KEY_HASHES have its key?"
        yield Finding("office", detail, is_ok=False)
    elif now - status.last_pull_at > SILENT_AFTER:
        hours = (now - status.last_pull_at) // timedelta(hours=1)
        detail = f"The office has not fetched answers for {hours} hours; {waiting}"
        yield Finding("office", detail, is_ok=False)
    else:
        yield Finding("office", f"The office fetches answers; {waiting}")


def check_form(now: datetime) -> Iterator[Finding]:
    if FormContent.objects.exists():
        yield Finding("form", "The office has sent the texts of the form.")
    else:
        detail = "The office has not sent the texts of the form. Run `sync_feedback` there."
        yield Finding("form", detail, is_ok=False)
