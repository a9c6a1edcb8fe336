"""Find the offer number in a subject, near a word for "offer". Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of
from offers.parsing.other_numbers import HIDDEN, hide_other_numbers
from offers.parsing.patterns import search_pattern
from offers.parsing.subject_words import (
    KEYWORD,
    LONGEST_SUBJECT,
    hide_requests,
    is_advert,
    is_draft,
)  # fmt: skip

_LONGEST_NUMBER = 60

# Segments of letters and digits joined by - / . _ with at least one digit:
# `4711`, `AN-2026-0815`, `26/118-R2`, `KV.2026.12a`.
_NUMBER = re.compile(
    r"(?<![^\W_])(?!(?i:nr|no)\.)(?:[A-Za-zÄÖÜäöü]{1,5}[-–/._]){0,3}[A-Za-zÄÖÜ]{0,5}\d[A-Za-z0-9]*"
    r"(?:[-–/._](?:\d[A-Za-z0-9]*|[A-Za-z]{1,4}\d+|[A-Za-z]{1,2}(?![^\W_])))*(?![^\W_])"
)
# A usual prefix and digits with a blank between them: `AN 12345`, but not the year in `AN 2026`.
_SPACED_NUMBER = re.compile(
    r"(?:ANG|AN|AG|AA|OFF|OF|OA|KV|QTE|QTN|QT|QU)[ \u00a0](?!(?:19|20)\d\d(?:[ \u00a0]|$))"
    r"(?:\d{3,}|\d{2}[-–/.]\d{2,})(?:[-–/.]\d+)*(?![^\W_])"
)
# What may stand between the keyword and its number: blanks and marks, a word that says that a
# number follows, a small word, or something hidden.
_GAP = re.compile(r"[\s\-–—_:,;|()\[\]<>„“”‟\"'‚‘’»«/*=~.]+")
_MARKER = re.compile(
    any_of(r"""
        \#|№
        (?:nummer|number|numero|numéro|num|nr|no|n°|nº|n(?=\s?[.°º]))(?![^\W\d_])[.°º]*
        (?:referenz|réf|ref|id)(?![^\W\d_])[.°º]*
        (?:nr|n°|nº|no\.)(?=\d)
    """),
    re.IGNORECASE,
)
_LINK_WORD = re.compile(
    r"(?:zu|zum|zur|mit|unter|der|unsere?|with|per|our|avec|notre|con|nostro)(?=\s)",
    re.IGNORECASE,
)
_HIDDEN_PIECE = re.compile(rf"(?:vom|v\.|du|del|dated|of|über)?\s*{HIDDEN}+", re.IGNORECASE)
# The counter of a supplement: `Nachtragsangebot 2 zu Angebot 10455`.
_COUNTER = re.compile(r"\s*(?:nr\.?\s*)?\d{1,2}(?=\s+zu[mr]?\s)", re.IGNORECASE)
_COUNT_OF_THINGS = re.compile(r"\d{1,3} [^\W\d_]{2}")  # `Angebot 12 Fenster`
_REVISION = re.compile(r"(?:[-_.](?:v|rev|ver|version)\.?\d+)+$", re.IGNORECASE)

# Numbers that do not follow the keyword directly.
_LATER_MARKER = re.compile(r"(?<![\w-])(?:nummer|nr|no|n°|nº)(?![^\W\d_])[.°º:]*\s*", re.IGNORECASE)
_COLON_NUMBER = re.compile(r":\s*(\d{6,12}|\d{5}(?=\s*$)|[A-Z]{1,3}-?\d{4,}(?=\s*$))(?!\S)")
_UNKNOWN_PREFIX = re.compile(r"(?<![^\W_])[A-ZÄÖÜ]{1,4}[ \u00a0]$")

# Never an offer number without a word such as `Nr.`: a year, a month, an amount of thousands, a day
# without separators.
_YEAR = r"(?:19|20)\d\d"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_TWO_DIGIT_DAY, _TWO_DIGIT_MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_YEAR_ALONE = re.compile(_YEAR)
_NEVER = re.compile(
    any_of(rf"""
        {_YEAR}
        {_MONTH}[./](?:{_YEAR}|\d\d)
        \d{{1,3}}\.\d{{3}}
        {_YEAR}[./]{_MONTH}
        {_TWO_DIGIT_DAY}{_TWO_DIGIT_MONTH}20\d\d
        20\d\d{_TWO_DIGIT_MONTH}{_TWO_DIGIT_DAY}
    """)
)
# Products have round numbers (`PX-4000`), offers rarely; a person decides about these.
_PRODUCT = re.compile(r"(?!(?:AN|ANG|AG|OFF|OF|Q|QT)-)[A-Z]{1,4}-\d{0,2}00", re.IGNORECASE)
_TICKET = re.compile(r"(?:INC|RITM|REQ|CHG|TKT|CASE|SR)[-_]?\d", re.IGNORECASE)
# Prefixes of confirmations, invoices, delivery notes, orders, requests.
_OTHER_PREFIX = re.compile(r"(?:AB|RE|RG|LS|GS|BE|PO|PROV|RFQ|RFP)[-–/._]?\d", re.IGNORECASE)
# A year, perhaps a month, and a counter: `2026-0815`, `AN26/118`, `26-09-118`.
_YEAR_AND_COUNTER = re.compile(
    r"(?:^|[-–/._]|(?<=[A-Za-z]))(?:(?:19|20)\d\d|[12]\d)[-–/._](?:\d{2}[-–/._])?(\d{2,})(?!\d)"
)
_YEAR_AND_NEXT = re.compile(r"20(\d\d)[/-](\d\d)")


def find_number(subject: str, pattern: str = "") -> str | None:
    """Return the first offer number in a decoded subject, as it is written, or None.

    `pattern` replaces the built-in recognition; PatternError is raised where it cannot be used.
    """
    if pattern:
        found = search_pattern(pattern, subject) or ""
        return found.strip()[:_LONGEST_NUMBER] or None
    subject = hide_requests(subject[:LONGEST_SUBJECT])
    keywords = list(KEYWORD.finditer(subject))
    if not keywords or is_draft(subject):
        return None
    number = _find_certain(subject, keywords[0]) or _find_among_others(subject, keywords)
    if number and is_advert(subject) and not _has_year_and_counter(number):
        return None
    return number


def _find_certain(subject: str, keyword: re.Match[str]) -> str | None:
    """Return the number after the keyword if it can only be an offer number, else None."""
    # Searched before anything is hidden: `V2026-118` would be taken for a version.
    number = _find_after(subject, keyword)
    if number is None:
        return None
    is_typical = number[0].isalpha() and _has_year_and_counter(number)
    is_at_end = number.isdigit() and subject.endswith(number)
    return number if is_typical or is_at_end else None


def _find_among_others(subject: str, keywords: list[re.Match[str]]) -> str | None:
    """Return the number after the first keyword that has one, else one recognised by its form."""
    hidden = hide_other_numbers(subject)
    for keyword in keywords:
        if number := _find_after(hidden, keyword):
            return number
    return _find_apart(hidden, keywords[0])


def _find_after(text: str, keyword: re.Match[str]) -> str | None:
    """Return the number after a keyword; only `Nr.`, `#`, `:` and the like may be in between."""
    position, is_after_hidden = _end_of_keyword(text, keyword), False
    is_marked = keyword[0].lower().endswith(("nr", "nummer", "number"))
    while True:
        if found := _NUMBER.match(text, position) or _SPACED_NUMBER.match(text, position):
            break
        if found := _MARKER.match(text, position):
            is_marked = True
        elif found := _HIDDEN_PIECE.match(text, position):
            is_after_hidden = True
        else:
            found = _GAP.match(text, position) or _LINK_WORD.match(text, position)
        if not found:
            return None
        position = found.end()
    number = _REVISION.sub("", found[0])
    if not is_marked:
        if is_after_hidden and not _is_last(number, text[position:]):
            return None
        if _COUNT_OF_THINGS.match(text, position):
            return None
    return number if _is_believable(number, is_marked=is_marked) else None


def _end_of_keyword(text: str, keyword: re.Match[str]) -> int:
    """Return where the number may begin: at a `KVA` that is its prefix, else after a counter."""
    position = keyword.end()
    if keyword[0].upper() == "KVA" and re.match(r"[-–/._]?\d", text[position:]):
        return keyword.start()  # `KVA-8812/B` is the number as a whole
    counter = _COUNTER.match(text, position)
    return counter.end() if counter else position


def _is_last(number: str, text: str) -> bool:
    """Return whether a number is the end of the subject: `Angebot vom 3.3.2026 (88120)`."""
    return _count_digits(number) >= 4 and not text[len(number) :].strip(' )]"“”.')


def _is_believable(number: str, *, is_marked: bool) -> bool:
    """Return whether a number may be that of an offer; `is_marked` if a word such as `Nr.` precedes."""
    if len(number) > _LONGEST_NUMBER or number.upper().startswith("PROV"):
        return False
    if is_marked:
        return True
    if _NEVER.fullmatch(number) or _PRODUCT.fullmatch(number) or _TICKET.match(number):
        return False
    if _is_season(number):
        return False
    # `V2`, `S235`, `IP67`, `24/7` are things; `815`, `RP-118`, `26-08` and `A1234` could be numbers.
    has_separated_letters = number[0].isalpha() and not number.isalnum()
    if number.isdigit() or has_separated_letters:
        return _count_digits(number) >= 3
    return _count_digits(number) >= 4


def _count_digits(number: str) -> int:
    return sum(map(str.isdigit, number))


def _is_season(number: str) -> bool:
    """Return whether it is a year and the year after it, as in `2026/27`."""
    found = _YEAR_AND_NEXT.fullmatch(number)
    return found is not None and int(found[2]) == (int(found[1]) + 1) % 100


def _find_apart(text: str, keyword: re.Match[str]) -> str | None:
    """Return a number further away, recognised by a `Nr.`, a colon or its form."""
    start, end = keyword.span()
    if number := _find_marked(text, end):
        return number
    if found := _COLON_NUMBER.search(text, end):
        return found[1]
    return _find_with_year(text, end, len(text)) or _find_with_year(text, 0, start)


def _find_marked(text: str, start: int) -> str | None:
    """Return a number after a `Nr.`, if it is long or a punctuation mark precedes the `Nr.`."""
    for marker in _LATER_MARKER.finditer(text, start):
        before = text[: marker.start()].rstrip()[-1:]
        found = _NUMBER.match(text, marker.end())
        if not found:
            continue
        is_long = _count_digits(found[0]) >= 4
        if is_long or before in ',;:–—-|()"“”„»«/' or before == HIDDEN:
            number = _REVISION.sub("", found[0])
            is_apart = is_long and before in ",;:(" and not _YEAR_ALONE.fullmatch(number)
            if _is_believable(number, is_marked=is_apart):
                return number
    return None


def _find_with_year(text: str, start: int, end: int) -> str | None:
    """Return a whole number of year and counter between two positions, or None."""
    for found in _NUMBER.finditer(text, start, end):
        number = _REVISION.sub("", found[0])
        goes_on = re.match(r"[-–/._]\w", text[found.end() :])
        if goes_on or _UNKNOWN_PREFIX.search(text[: found.start()]):
            continue
        if _has_year_and_counter(number):
            return number
    return None


def _has_year_and_counter(number: str) -> bool:
    """Return whether a number has a year and a counter, as no product or house number has."""
    found = _YEAR_AND_COUNTER.search(number)
    if found is None or len(number) > _LONGEST_NUMBER:
        return False
    if _NEVER.fullmatch(number) or _OTHER_PREFIX.match(number) or _is_season(number):
        return False
    return len(found[1]) >= 3 or number[0].isalpha()
