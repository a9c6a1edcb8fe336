"""System checks of the settings of the public half."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from crm.core.client_address import is_network

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_RATE = re.compile(r"[0-9]+/(?:[1-9][0-9]*)?[smhd]")
RATES = ("FEEDBACK_RATE_FORM", "FEEDBACK_RATE_ANSWER", "FEEDBACK_RATE_OPT_OUT", "FEEDBACK_RATE_API")


@register(Tags.security)
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that FEEDBACK_API_KEY_HASHES holds hashes: a key in their place could be read on the
    VPS.
    """
    wrong = [
        entry for entry in settings.FEEDBACK_API_KEY_HASHES if not _HASH.fullmatch(entry.strip())
    ]
    if wrong:
        hint = (
            "Write the SHA-256 of the key, 64 hex digits: `python manage.py make_keys` prints both."
        )
        message = f"{len(wrong)} of the FEEDBACK_API_KEY_HASHES are no SHA-256."
        return [Error(message, hint=hint, id="feedback_public.E001")]
    if not settings.FEEDBACK_API_KEY_HASHES:
        hint = "Until it is set the office cannot register links: `python manage.py make_keys` prints key and hash."
        return [
            checks.Warning(
                "FEEDBACK_API_KEY_HASHES is not set.", hint=hint, id="feedback_public.W001"
            )
        ]
    return []


@register(Tags.security)
def check_networks(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that FEEDBACK_API_ALLOWED_NETWORKS holds addresses and networks."""
    hint = "Write an address or a network, such as 203.0.113.7 or 203.0.113.0/24."
    return [
        Error(f"FEEDBACK_API_ALLOWED_NETWORKS has {entry!r}.", hint=hint, id="feedback_public.E002")
        for entry in settings.FEEDBACK_API_ALLOWED_NETWORKS
        if not is_network(entry)
    ]


@register()
def check_rates(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that django-ratelimit can read the rates; it would fail at the first request."""
    hint = (
        "Write a number and a time, such as 60/m, 500/h or 20/10s; nothing switches the limit off."
    )
    return [
        Error(f"{name} is {getattr(settings, name)!r}.", hint=hint, id="feedback_public.E003")
        for name in RATES
        if getattr(settings, name) and not _RATE.fullmatch(getattr(settings, name))
    ]
