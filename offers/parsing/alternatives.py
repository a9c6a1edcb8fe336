"""Build a regular expression of alternatives that are written one per line. Pure."""

from __future__ import annotations


def any_of(alternatives: str) -> str:
    """Return a regular expression that matches any of the lines, without blanks at their ends."""
    lines = map(str.strip, alternatives.strip().splitlines())
    return "(?:" + "|".join(lines) + ")"
