"""System checks of the connection to the public service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from feedback import sealing


@register()
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check the API key and the private key that decrypts what customers wrote."""
    found: list[CheckMessage] = []
    hint = "`python manage.py make_keys` prints fresh ones for both machines."
    if not settings.FEEDBACK_API_KEY:
        message = "FEEDBACK_API_KEY is not set: no answers arrive."
        found.append(checks.Warning(message, hint=hint, id="feedback.W001"))
    if not settings.FEEDBACK_SEALING_PRIVATE_KEY:
        message = "FEEDBACK_SEALING_PRIVATE_KEY is not set: customers cannot write anything."
        return [*found, checks.Warning(message, hint=hint, id="feedback.W002")]
    try:
        sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    except sealing.SealError as error:
        found.append(Error(str(error), hint=hint, id="feedback.E001"))
    return found
