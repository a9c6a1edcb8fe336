"""Recognise that an address is another one with its typing mistakes removed. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from offers.parsing.mail_providers import MAIL_PROVIDERS

_ALIKE = 0.8


def is_retyped(email: str, other: str) -> bool:
    """Return whether two addresses differ like one with and one without a typing mistake."""
    local_part, _, domain = email.rpartition("@")
    other_local_part, _, other_domain = other.rpartition("@")
    if domain == other_domain:
        return domain not in MAIL_PROVIDERS or _is_alike(local_part, other_local_part)
    return _is_alike(domain, other_domain) and _is_alike(local_part, other_local_part)


def _is_alike(text: str, other: str) -> bool:
    return SequenceMatcher(None, text, other).ratio() >= _ALIKE
