"""Bring a text into a form in which patterns see where a sentence ends. Pure."""

from __future__ import annotations

import re

_LONGEST_TEXT = 4_000
_END_OF_PARAGRAPH = re.compile(r"\n\s*\n")
_DOT_IN_SENTENCE = re.compile(r"(?<=\d)\.(?! +[A-ZÄÖÜ])|(?<=\b[Nn][ro])\.")


def flatten(text: str) -> str:
    """Return the beginning of a text in one line, with single blanks.

    The dots of dates and of `Nr.` are left out; each paragraph ends with a dot.
    """
    paragraphs = _END_OF_PARAGRAPH.sub(" . ", text[:_LONGEST_TEXT].strip())
    return _DOT_IN_SENTENCE.sub("", " ".join(paragraphs.split()))
