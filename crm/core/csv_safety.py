"""What a spreadsheet would compute, made text."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula, also in the wide forms that some versions
# fold, and behind white space that some importers trim.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"^\s*[=+\-@|＝＋－＠﹦﹢﹣﹫−]|^[\t\r\n]")


def guard(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would compute it; else
    unchanged.
    """
    return f"'{text}" if _FORMULA.match(text) else text
