"""System checks of the settings of the public service."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from crm.core.client_address import is_network
from feedback.public.limits import RATES

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_RATE = re.compile(r"[0-9]+/(?:[1-9][0-9]*)?[smhd]")


@register(Tags.security)
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that FEEDBACK_API_KEY_HASHES holds hashes, not the keys themselves."""
    hashes = settings.FEEDBACK_API_KEY_HASHES
    hint = "`python manage.py make_keys` prints a key and its SHA-256, 64 hex digits."
    if not hashes:
        message = "FEEDBACK_API_KEY_HASHES is not set: the office cannot register links."
        return [checks.Warning(message, hint=hint, id="feedback_public.W001")]
    if not all(_HASH.fullmatch(entry.strip()) for entry in hashes):
        # The entry is not shown: it may be the key itself.
        message = "FEEDBACK_API_KEY_HASHES has an entry that is no SHA-256."
        return [Error(message, hint=hint, id="feedback_public.E001")]
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
    hint = "Write a number and a time, such as 60/m or 20/10s; nothing switches the limit off."
    found: list[CheckMessage] = []
    for name in sorted(set(RATES.values())):
        rate = getattr(settings, name)
        if rate and not _RATE.fullmatch(rate):
            found.append(Error(f"{name} is {rate!r}.", hint=hint, id="feedback_public.E003"))
    return found
