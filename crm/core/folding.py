"""Fold text for searching and sorting. Pure: no Django."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not decompose into a plain letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", ",": " "}
)


def fold(text: str) -> str:
    """Return the text without case, accents and commas: "Ökobau, Straße" as "okobau strasse"."""
    plain = text.casefold()
    # Most texts are ASCII; going through their letters would cost an import 2 % of its time.
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain).casefold()
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.translate(_PLAIN).replace("\x00", "").split())
