"""Fold text for searching and sorting. Pure: no Django."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not decompose into a plain letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", ",": " "}
)

# All kinds of hyphens, slashes and blanks, read as one of each.
_SEPARATORS = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u2044\u2215\uff0f"), "/"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f"), " "),
}


def fold(text: str) -> str:
    """Return the text without case, accents and commas: "Ökobau, Straße" as "okobau strasse"."""
    plain = text.casefold()
    # Most texts are ASCII; going through their letters would cost an import 2 % of its time.
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain).casefold()
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.translate(_PLAIN).replace("\x00", "").split())


def make_plain(text: str) -> str:
    """Return a text in the same length with one kind of hyphen, slash and blank."""
    return text if text.isascii() else text.translate(_SEPARATORS)
