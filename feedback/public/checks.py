"""System checks of the public half: a mistake in its settings is told before a customer or the
office meets it.
"""

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
    """The API takes keys whose hash stands here; a key in the place of its hash would lie readable
    on the VPS.
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
    """A network that cannot be read would let nobody in, or fail at the first request."""
    hint = "Write an address or a network, such as 203.0.113.7 or 203.0.113.0/24."
    return [
        Error(f"FEEDBACK_API_ALLOWED_NETWORKS has {entry!r}.", hint=hint, id="feedback_public.E002")
        for entry in settings.FEEDBACK_API_ALLOWED_NETWORKS
        if not is_network(entry)
    ]


@register()
def check_rates(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A rate that django-ratelimit cannot read fails at the first request."""
    hint = (
        "Write a number and a time, such as 60/m, 500/h or 20/10s; nothing switches the limit off."
    )
    return [
        Error(f"{name} is {getattr(settings, name)!r}.", hint=hint, id="feedback_public.E003")
        for name in RATES
        if getattr(settings, name) and not _RATE.fullmatch(getattr(settings, name))
    ]
