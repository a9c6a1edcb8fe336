"""System checks of the reminders' settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_sending(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that would make reminders wrong or hide their sender."""
    found: list[CheckMessage] = []
    if settings.REMINDERS_GO_LIVE_ON:
        try:
            date.fromisoformat(settings.REMINDERS_GO_LIVE_ON)
        except ValueError:
            message = f"REMINDERS_GO_LIVE_ON is {settings.REMINDERS_GO_LIVE_ON!r}, which is no day."
            found.append(Error(message, hint="Write it as 2026-09-01.", id="reminders.E001"))
    if settings.REMINDERS_ENABLED and not settings.DEFAULT_FROM_EMAIL:
        message = "Reminders are sent, but have no sender."
        hint = "Set DEFAULT_FROM_EMAIL to the address that reminders come from."
        found.append(Error(message, hint=hint, id="reminders.E002"))
    return found
