"""Find which offer a newer one replaces: by an index at its number, or by words. Pure."""

from __future__ import annotations

import re
from itertools import islice

from crm.core.folding import make_plain
from offers.parsing.alternatives import any_of
from offers.parsing.numbers import NUMBER, is_believable
from offers.parsing.other_numbers import HIDDEN, hide_other_numbers
from offers.parsing.subject_words import KEYWORD

_LONGEST_TEXT = 20_000
_MOST_NUMBERS, _LONGEST_NUMBER = 10, 100

# `-B`, `/2`, `-02`, `.1`, ` V2`, `R2`, `a` at the end of a number; never a year such as `/26`.
_INDEX = re.compile(
    any_of(r"""
        [ ]?[-/._][ ]?(?:0?[1-9]|1\d)
        [ ]?[-/._][ ]?[A-Za-z](?:\d{1,2})?
        [ /._-]{0,2}(?<![A-Za-z])(?:v|r|rev|ver|version|index|idx|var|alt|n)[ ._-]?\d{1,2}
        [ /._-]{1,2}(?:rev|index|idx|var)[ ._-]?[A-Za-z]
        (?<=\d)[A-Za-z]
    """)
    + r"$",
    re.IGNORECASE,
)
_YEAR_ALONE = re.compile(r"(?:\D*[^\d\W]\W?)?(?:19|20)\d\d")
_FEWEST_DIGITS = 3

_BEFORE = re.compile(
    r"(?<!\w)"
    + any_of(r"""
        ersetzt(?! durch)|ersetzen|ersatz für|anstelle(?: von)?|an stelle(?: von)?|anstatt|statt
        löst
        replac(?:es|ing)|supersed(?:es|ing)|in place of|instead of
        (?:annule et )?remplace|annule|(?:en )?remplacement de|au lieu de
        (?:annulla e )?sostituisce|annulla
        in sostituzione (?:di|del|della)|al posto (?:di|del|della)
    """)
    + r"(?!\w)",
    re.IGNORECASE,
)
# The number stands before: `Angebot 4711 wird durch dieses ersetzt`.
_AFTER = re.compile(
    r"(?<!\w)"
    + any_of(r"""
        (?:wird|ist|wurde|werden)(?: hiermit| damit)? (?:durch [^.!?;]{1,60}? )?ersetzt
        ersetzt durch
        (?:is|was|has been|are)(?: hereby)? (?:replaced|superseded)
        (?:est|a été) remplacée?|(?:è|viene) sostituit[ao]
    """)
    + r"(?!\w)",
    re.IGNORECASE,
)
_LONGEST_WAY = 80
_SMALL_WORDS = re.compile(
    any_of(rf"""
        [\s:,;\#&+"„“”()»«{HIDDEN}]+
        (?:das|die|den|der|dem|des|unser\w*)(?!\w)
        (?:vorversion|vorgänger\w*|version|bisherige\w*|vorherige\w*|alte[ns]?|frühere\w*)(?!\w)
        (?:und|u\.|sowie|vom|von|mit|our|the|previous|earlier|and|dated|of)(?!\w)
        (?:notre|nos|la|le|les|du|de|et|nostr[ao]|il|del|e|précédente?|precedente)(?!\w)
        (?:nummer|number|numero|numéro|num|nr|no|n)(?!\w)[.°º:]*|n°|nº|l['’]
    """),
    re.IGNORECASE,
)


def split_index(number: str) -> tuple[str, str]:
    """Return the number without its glued index, and the index as it is written.

    `AN2026-0815-B` is `AN2026-0815` and `-B`. The index is empty if there is none.
    """
    found = _INDEX.search(make_plain(number)) if len(number) <= _LONGEST_NUMBER else None
    if found is None:
        return number, ""
    base, index = number[: found.start()], number[found.start() :]
    if sum(map(str.isdigit, base)) < _FEWEST_DIGITS or _YEAR_ALONE.fullmatch(base):
        return number, ""
    return base, index


def find_replaced(text: str) -> tuple[str, ...]:
    """Return the numbers of offers that a subject or text says are replaced, as written."""
    text = " ".join(text[:_LONGEST_TEXT].split())
    numbers: dict[str, None] = {}
    for found in islice(_BEFORE.finditer(text), _MOST_NUMBERS):
        numbers.update(dict.fromkeys(_read_numbers(text[found.end() : found.end() + _LONGEST_WAY])))
    for found in islice(_AFTER.finditer(text), _MOST_NUMBERS):
        before = text[max(0, found.start() - _LONGEST_WAY) : found.start()]
        numbers.update(dict.fromkeys(_read_last(before)))
    return tuple(numbers)[:_MOST_NUMBERS]


def _read_numbers(text: str) -> list[str]:
    """Return the numbers at the beginning of a text, with only small words before and between."""
    plain = hide_other_numbers(make_plain(text))
    numbers, position = [], 0
    while True:
        if found := NUMBER.match(plain, position):
            if is_believable(found[0], is_marked=False):
                numbers.append(text[found.start() : found.end()])
        else:
            found = KEYWORD.match(plain, position) or _SMALL_WORDS.match(plain, position)
        if not found:
            return numbers
        position = found.end()


def _read_last(text: str) -> list[str]:
    """Return the number at the end of a text that has a word for an offer before it."""
    plain = hide_other_numbers(make_plain(text))
    keyword = KEYWORD.search(plain)
    if keyword is None:
        return []
    for found in NUMBER.finditer(plain, keyword.end()):
        is_last = _skip_small_words(plain, found.end()) == len(plain)
        if is_last and is_believable(found[0], is_marked=False):
            return [text[found.start() : found.end()]]
    return []


def _skip_small_words(text: str, position: int) -> int:
    while found := _SMALL_WORDS.match(text, position):
        position = found.end()
    return position
