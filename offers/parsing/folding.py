"""Compare words of many languages without their accents. Pure."""

from __future__ import annotations

import re
import unicodedata

from offers.parsing.alternatives import any_of

# What the decomposition of Unicode leaves as it is.
_LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i",
    "’": "'", "‘": "'", "´": "'", "`": "'", "–": "-", "—": "-", "‑": "-", "−": "-", "‐": "-",
})  # fmt: skip
_MARKS = re.compile(r"[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]")
_UMLAUT = re.compile(r"([aou])e")

# Not in `neue` and `Quelle`.
_WRITTEN_OUT = re.compile(r"(?<![aeiouq])(?:ae|oe|ue)", re.IGNORECASE)
_UMLAUTS = {"ae": "ä", "oe": "ö", "ue": "ü"}


def fold(text: str) -> str:
    """Return a text in lower case and without accents; `ä` and `ae` both become `a`.

    Many people and programs write their notes without umlauts and accents.
    """
    text = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return _UMLAUT.sub(r"\1", _MARKS.sub("", text))


def spell_umlauts(text: str) -> str:
    """Return a text with the umlauts that it writes out: `bestaetigen` becomes `bestätigen`."""
    return _WRITTEN_OUT.sub(lambda found: _UMLAUTS[found[0].lower()], text)


def compile_words(alternatives: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the lines at the beginning of a word of a folded text.

    The lines are regular expressions in usual spelling. As they are folded too, they may not
    contain classes in upper case, such as `\\W`.
    """
    if re.search(r"\\[A-Z]", alternatives):
        raise ValueError("a class in upper case would change its meaning")
    return re.compile(rf"(?<!\w){any_of(fold(alternatives))}")
