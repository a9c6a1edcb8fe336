"""Patterns that people write for their own offer numbers, run with limits. Pure.

They run in the package `regex`, whose searches can be given a time limit; those of `re` cannot.
"""

from __future__ import annotations

import math
import re
import string
from functools import lru_cache

import regex

LONGEST_PATTERN = 500
_LONGEST_TEXT = 1000
# Processor time. A usable pattern needs a thousandth of it.
_TIMEOUT_SECONDS = 0.1
# `regex` unrolls counted repetitions: `(?:a{1000}){1000}` takes 270 MB, one more level ends the
# process. 100,000 are 30 MB.
_MOST_UNROLLED = 100_000
_COUNT = re.compile(r"\{\s*(\d+)")
# Texts that trigger catastrophic backtracking: long repetitions, followed by every character that
# the pattern may contain.
_TRIAL_TEXTS = tuple(
    piece * (200 // len(piece)) + "!" + string.printable
    for piece in ("0", "a", "A", "я", " ", "-", "2026-0815 ", "Angebot Nr. AN-2026-0815 ")
)


class PatternError(ValueError):
    """A pattern of offer numbers that cannot be used.

    `code` is one of `too_long`, `too_large`, `syntax`, `groups`, `timeout`; `detail` is what
    `regex` says about the syntax.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


@lru_cache(maxsize=128)
def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """Return a pattern whose only group, or the one named `number`, holds the offer number.

    Raises PatternError if it cannot be used.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError("too_long")
    if math.prod(max(1, int(count)) for count in _COUNT.findall(pattern)) > _MOST_UNROLLED:
        raise PatternError("too_large")
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise PatternError("syntax", str(error)) from error
    if compiled.groups != 1 and "number" not in compiled.groupindex:
        raise PatternError("groups")
    return compiled


def check_pattern(pattern: str) -> None:
    """Try a pattern on texts that are hard to search. Raises PatternError if it cannot be used."""
    for text in _TRIAL_TEXTS:
        search_pattern(pattern, text)


def search_pattern(pattern: str, text: str) -> str | None:
    """Return the text of the pattern's group at its first match, or None.

    Raises PatternError if the pattern cannot be used or the search takes too long (`timeout`).
    """
    compiled = compile_pattern(pattern)
    try:
        found = compiled.search(text[:_LONGEST_TEXT], timeout=_TIMEOUT_SECONDS)
    except (TimeoutError, MemoryError, RecursionError) as error:
        raise PatternError("timeout") from error
    if found is None:
        return None
    number: str | None = found["number" if "number" in compiled.groupindex else 1]
    return number
