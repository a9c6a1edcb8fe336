"""Split a subject into its prefixes (replies, forwards, tags of gateways) and the rest. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_REPLY = r"(?:re|aw|antw|antwort|sv|vs|ré|rif|r)"
_FORWARD = r"(?:wg|fw|fwd|wtr|tr|doorst|vb|vl|enc|i)"
# The counter of some programs: `Re-2:`, `Re[2]:`, `Re(2):`, `Re^2:`, `Re*2:`.
_COUNT = r"(?:\s?[-\u2013]\s?\d{1,3}|\s?\[\d{1,3}\]|\s?\(\d{1,3}\)|\^\d{1,3}|\*\d{1,3})"
_COLON = r"\s?[:\uff1a]"
COUNTED_REPLY = rf"{_REPLY}{_COUNT}{_COLON}"
_PREFIX = re.compile(
    rf"\s*(?:(?P<reply>{_REPLY})|(?P<forward>{_FORWARD})){_COUNT}?{_COLON}", re.IGNORECASE
)
# `[EXTERN]`, `(external)`, `{Spam?}`, `***SPAM***`, with or without a colon after it.
_TAG = re.compile(
    r"\s*(?:\[[^\[\]]{1,80}\]|\((?:ext|extern|external)\)|\{[^{}]{1,40}\}"
    r"|\*{2,5}[^*]{1,40}\*{2,5})\s*:?"
)
_GATEWAY_WORD = re.compile(r"\s*(?:extern|external|ext)\s?:", re.IGNORECASE)


class Prefixes(NamedTuple):
    """Which prefixes a subject has, and the rest of it."""

    is_reply: bool
    is_forward: bool
    rest: str


def split_prefixes(subject: str) -> Prefixes:
    """Return whether a subject begins with reply or forward prefixes, and what follows them.

    Tags such as `[EXTERN]` may precede them. Without any prefix they belong to the rest.
    """
    is_reply = is_forward = False
    position = rest_at = 0
    while True:
        if found := _PREFIX.match(subject, position):
            is_reply |= found["reply"] is not None
            is_forward |= found["forward"] is not None
            position = rest_at = found.end()
        elif found := _TAG.match(subject, position) or _GATEWAY_WORD.match(subject, position):
            position = found.end()
            if is_reply or is_forward:
                rest_at = position
        else:
            return Prefixes(is_reply, is_forward, subject[rest_at:].strip())
