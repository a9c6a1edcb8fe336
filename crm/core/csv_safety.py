"""Keep spreadsheets from evaluating texts of an export as formulas."""

from __future__ import annotations

import re

# The beginnings of a formula, also in the full-width forms that some spreadsheets accept, and
# after white space that some of them remove.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"^\s*[=+\-@|＝＋－＠﹦﹢﹣﹫−]|^[\t\r\n]")


def guard(text: str) -> str:
    """Return the text, with an apostrophe before it when a spreadsheet would compute it."""
    if _FORMULA.match(text):
        return f"'{text}"
    return text
