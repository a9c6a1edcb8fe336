"""Regular expressions of many alternatives, written one below the other. Pure."""

from __future__ import annotations


def any_of(alternatives: str) -> str:
    """Return a regular expression for any of the lines; blanks at their ends do not count."""
    lines = map(str.strip, alternatives.strip().splitlines())
    return "(?:" + "|".join(lines) + ")"
