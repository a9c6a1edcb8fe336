"""System checks of the import's settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.utils import translation

from offers.parsing.patterns import PatternError, check_pattern
from offers.patterns import explain_pattern_error


@register()
def check_own_domains(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check OFFERS_OWN_DOMAINS, without which a mail between colleagues could become an offer."""
    if not settings.OFFERS_OWN_DOMAINS:
        hint = "Set it to the domains of the company's own addresses, separated by commas: example.com,example.ch"
        return [checks.Warning("OFFERS_OWN_DOMAINS is empty.", hint=hint, id="offers.W001")]
    hint = "Write only the part after the @: example.com"
    for domain in settings.OFFERS_OWN_DOMAINS:
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain.strip()):
            text = f"OFFERS_OWN_DOMAINS names no domain in {domain!r}."
            return [Error(text, hint=hint, id="offers.E001")]
    return []


@register()
def check_own_addresses(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Check OFFERS_OWN_ADDRESSES: a domain among them would make none of its addresses ours."""
    hint = "Write whole addresses, separated by commas: firma@provider.example"
    for address in settings.OFFERS_OWN_ADDRESSES:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address.strip()):
            text = f"OFFERS_OWN_ADDRESSES names no address in {address!r}."
            return [Error(text, hint=hint, id="offers.E003")]
    return []


@register()
def check_number_pattern(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Check the number pattern: one that finds nothing would leave every offer to a person."""
    try:
        if settings.OFFERS_NUMBER_PATTERN:
            check_pattern(settings.OFFERS_NUMBER_PATTERN)
    except PatternError as error:
        hint = (
            r"Write a regular expression with one group around the number, such as AN-(\d{4}-\d{4})"
        )
        with translation.override(None):  # checks are written in English
            why = explain_pattern_error(error)
        return [Error(f"OFFERS_NUMBER_PATTERN cannot be used: {why}", hint=hint, id="offers.E002")]
    return []
