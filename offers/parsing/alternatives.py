"""Regular expressions of many alternatives, written one below the other. Pure."""

from __future__ import annotations


def any_of(alternatives: str) -> str:
    """Return a regular expression for any of the alternatives, which stand on the lines of a text.

    Alternatives that belong together may share a line, separated by `|`. Blanks at the ends of a
    line do not count; write `[ ]` where one does.
    """
    lines = [line.strip() for line in alternatives.strip().splitlines()]
    return "(?:" + "|".join(lines) + ")"
