"""The admin's home: what waits for a person, how the jobs are doing and what holds sending."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from crm.accounts.models import User
from crm.backoffice.today import build_today
from crm.operations.job_states import find_job_states
from reminders.explain import explain_sending


def add_to_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the page Today on the admin's home. Unfold's DASHBOARD_CALLBACK."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin asks staff to sign in before
    now = timezone.now()
    return context | {
        "today": build_today(request.user, now=now, everyone="everyone" in request.GET),
        "jobs": find_job_states(now),
        "sending_notices": explain_sending(),
    }
