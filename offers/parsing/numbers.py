"""Find the offer number in a subject or text, near a word for "offer". Pure."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from crm.core.folding import make_plain
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
_LONGEST_TEXT = 50_000
_LONGEST_WAY = 120
_MOST_HINTS, _MOST_LINES = 50, 200
# Part of each word for an offer; a text is searched for it first, because that is fast.
_HINT = re.compile(
    "angebot|anbot|offert|voranschl|kva|ang\\.|quot|offer|offre|devis|preventiv|proposal|estimate",
    re.IGNORECASE,
)

# Segments of letters and digits joined by - / . _ with at least one digit:
# `4711`, `AN-2026-0815`, `26/118-R2`, `KV.2026.12a`, `ANGEBOT-0009-2026`.
_CLOSED_NUMBER = (
    r"(?!(?i:nr|no|n)\.)(?:[A-ZÄÖÜ]{6,12}-)?(?:[A-Za-zÄÖÜäöü]{1,5}[-/._]){0,3}[A-Za-zÄÖÜ]{0,5}"
    r"\d[A-Za-z0-9]*"
    r"(?:[-/._](?:\d[A-Za-z0-9]*|[A-Za-z]{1,4}\d+|[A-Z]{3,4}(?=[-/._]\d)|[A-Za-z]{1,2}(?![^\W_])))*"
    r"(?![^\W_])"
)
_PREFIX = "(?:ANG|AN|AG|AA|OFF|OF|OA|KV|QTE|QTN|QT|QU)"
# Offers are about years like these; `2044` is a counter.
_YEAR = r"(?:19[5-9]|20[0-3])\d"
_SPACED_SEPARATOR = "(?: [-/._] ?|[-/._] )"
# Numbers with blanks: a usual prefix and digits, as in `AN 12345`, but not the year in `AN 2026`;
# a year and a counter, as in `AN 2026 0815`, `2026 / 1042`, `Nr. 2026 0815`; `1042 / 2026`.
_SPACED_NUMBER = (
    any_of(rf"""
        {_PREFIX} (?!{_YEAR}(?: |$))(?:\d{{3,}}|\d\d[-/.]\d\d+|2\d \d{{3,6}})
        {_PREFIX}(?: |{_SPACED_SEPARATOR}){_YEAR}(?: |[-/._]|{_SPACED_SEPARATOR})\d\d+
        {_PREFIX}[-/._]?{_YEAR}(?: |{_SPACED_SEPARATOR})\d\d+
        {_YEAR}(?:{_SPACED_SEPARATOR}\d{{3,5}}|(?: / ?|/ )\d{{6}})
        2\d(?: / ?|/ | [-._] )\d{{3,6}}
        (?:{_YEAR}|2\d) \d{{3,6}}
        \d{{1,6}}(?: / ?|/ )(?:{_YEAR}|2\d(?= ?(?:$|[-,:;|])))
    """)
    + r"(?:[-/._](?:\d+|[A-Za-z]{1,2}\d*))*(?![^\W_])"
)
# A prefix of the firm with a blank: believed behind `Nr.`, or with a year and a counter.
_GLUED_NUMBER = re.compile(rf"(?<=[A-Za-z])(?=\d){_CLOSED_NUMBER}")  # `Angebot4711`
_PREFIXED_NUMBER = re.compile(
    r"(?<![^\W_])(?!(?:EUR|CHF|SFR|USD|GBP|DIN|EN|ISO|SN|RAL|NCS|SIA|VDI|VDE|DN|PN|BKP|NPK|LV|BV|KW"
    rf"|KG|EZ|GZ|AZ|BVH|PRJ|RMA|TEL|FAX|UID|CH|DE|AT) )[A-ZÄÖÜ]{{1,4}} {_CLOSED_NUMBER}"
)
NUMBER = re.compile(rf"(?<![^\W_])(?:{_SPACED_NUMBER}|{_CLOSED_NUMBER})")
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
    r"(?:zu|zum|zur|mit|unter|der|lautet|unsere?|with|per|our|avec|notre|con|nostro|neu|revised"
    r"|updated|complémentaire|estimative|modifiée?|révisée?|corrigée?|rectifiée?|aggiornat[ao]"
    r"|rivist[ao])(?=\s)",
    re.IGNORECASE,
)
_HIDDEN_PIECE = re.compile(rf"(?:vom|v\.|du|del|dated|of|über)?\s*{HIDDEN}+", re.IGNORECASE)
# The counter of a supplement: `Nachtragsangebot 2 zu Angebot 10455`.
_COUNTER = re.compile(r"\s*(?:nr\.?\s*)?\d{1,2}(?=\s+zu[mr]?\s)", re.IGNORECASE)
_COUNT_OF_THINGS = re.compile(r"\d{1,3} [^\W\d_]{2}")  # `Angebot 12 Fenster`
_CUT_OFF = re.compile(r"\d{1,2} \d")  # `Nr. 26 10 42`
_REVISION = re.compile(r"(?:[-_.](?:v|rev|ver|version)\.?\d+)+$", re.IGNORECASE)

# Numbers that do not follow the keyword directly.
_LATER_MARKER = re.compile(
    r"(?<![\w-])(?:(?:nummer|nr|no|n°|nº|n\.)(?![^\W\d_])[.°º:]*|\#)\s*", re.IGNORECASE
)
_COLON_NUMBER = re.compile(r":\s*(\d{6,12}|\d{5}(?=\s*$)|[A-Z]{1,3}-?\d{4,}(?=\s*$))(?!\S)")
_UNKNOWN_PREFIX = re.compile(r"(?<![^\W_])[A-ZÄÖÜ]{1,4} $")

# `AN-1042`, `Off-1042`, `118/2026`: certain even away from the keyword.
_USUAL_NUMBER = re.compile(
    r"(?:ANG|AN|OFF|QTN|QUO)-?\d{4,}(?:-\d+)?|\d{3,5}[/-]20[23]\d", re.IGNORECASE
)

# Never an offer number without a word such as `Nr.`: a year, a month, an amount of thousands, a day
# without separators.
_MONTH = r"(?:0?[1-9]|1[0-2])"
_TWO_DIGIT_DAY, _TWO_DIGIT_MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_DAY = re.compile(rf"20\d\d{_TWO_DIGIT_MONTH}{_TWO_DIGIT_DAY}")
_YEAR_ALONE = re.compile(_YEAR)
_NEVER = re.compile(
    any_of(rf"""
        {_YEAR}(?:er)?
        {_MONTH}[./](?:{_YEAR}|\d\d)
        \d{{1,3}}\.\d{{3}}
        {_YEAR}[./]{_MONTH}
        {_TWO_DIGIT_DAY}{_TWO_DIGIT_MONTH}20\d\d
        C\d\d/\d\d
    """)
)
# Products have round numbers (`PX-4000`), offers rarely; a person decides about these.
_PRODUCT = re.compile(r"(?!(?:AN|ANG|AG|OFF|OF|Q|QT)-)[A-Z]{1,4}-\d{0,2}00", re.IGNORECASE)
# `ANGEBOT-0009-2026`, but not `CARPORT-3000`.
_LONG_PREFIX = re.compile(r"[A-ZÄÖÜ]{6}")
_LONG_PREFIX_AND_COUNTER = re.compile(rf"[A-ZÄÖÜ]+-(?:\d{{2,}}[-/.]{_YEAR}|{_YEAR}[-/.]\d\d)")
_TICKET = re.compile(r"(?:INC|RITM|REQ|CHG|TKT|CASE|SR)[-_]?\d", re.IGNORECASE)
# Prefixes of confirmations, invoices, delivery notes, orders, requests.
_OTHER_PREFIX = re.compile(r"(?:AB|RE|RG|LS|GS|BE|PO|PROV|RFQ|RFP)[-/._]?\d", re.IGNORECASE)
# A year, perhaps a month, and a counter: `2026-0815`, `AN26/118`, `26-09-118`.
_YEAR_AND_COUNTER = re.compile(
    r"(?:^|[-/._]|(?<=[A-Za-z]))(?:(?:19|20)\d\d|[12]\d)[-/._](?:\d{2}[-/._])?(\d{2,})(?!\d)"
)
_YEAR_AND_NEXT = re.compile(r"20(\d\d)[/-](\d\d)")


def find_number(subject: str, pattern: str = "") -> str | None:
    """Return the first offer number in a decoded subject, as it is written, or None.

    `pattern` replaces the built-in recognition; PatternError is raised where it cannot be used.
    """
    if pattern:
        found = search_pattern(pattern, subject) or ""
        return found.strip()[:_LONGEST_NUMBER] or None
    plain = make_plain(subject[:LONGEST_SUBJECT])
    number = _find_built_in(plain)
    if number is None:
        return None
    start = plain.index(number)
    return subject[start : start + len(number)]


def _find_built_in(subject: str) -> str | None:
    subject = hide_requests(subject)
    keywords = list(KEYWORD.finditer(subject))
    if not keywords or is_draft(subject):
        return None
    number = _find_certain(subject, keywords[0]) or _find_among_others(subject, keywords)
    if number and not _has_year_and_counter(number) and is_advert(subject):
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


class _Candidate(NamedTuple):
    """A number after a keyword, and whether `Nr.` or something hidden stands between."""

    found: re.Match[str]
    is_marked: bool
    is_after_hidden: bool


def _find_after(text: str, keyword: re.Match[str]) -> str | None:
    """Return the number after a keyword; only `Nr.`, `#`, `:` and the like may be in between."""
    candidate = _skip_to_number(text, keyword)
    if candidate is None:
        return None
    found, position = candidate.found, candidate.found.start()
    number = _REVISION.sub("", found[0])
    if _CUT_OFF.match(text, position) and " " not in number:
        return None
    if not candidate.is_marked:
        if candidate.is_after_hidden and not _is_last(number, text[position:]):
            return None
        if text[position - 2 : position - 1] == HIDDEN and text[position - 1] in "-/":
            return None  # `30.11.2026-1042`
        if _COUNT_OF_THINGS.match(text, position) or _is_joined_by_chance(found):
            return None
    return number if is_believable(number, is_marked=candidate.is_marked) else None


def _skip_to_number(text: str, keyword: re.Match[str]) -> _Candidate | None:
    position, is_after_hidden = _end_of_keyword(text, keyword), False
    is_marked = keyword[0].lower().endswith(("nr", "nummer", "number"))
    if found := _GLUED_NUMBER.match(text, position):
        return _Candidate(found, is_marked, is_after_hidden)
    while True:
        if found := NUMBER.match(text, position):
            return _Candidate(found, is_marked, is_after_hidden)
        found = _PREFIXED_NUMBER.match(text, position)
        if found and (is_marked or _has_year_and_counter(found[0])):
            return _Candidate(found, is_marked, is_after_hidden)
        if found := _MARKER.match(text, position):
            is_marked = True
        elif found := _HIDDEN_PIECE.match(text, position):
            is_after_hidden = True
        else:
            found = _GAP.match(text, position) or _LINK_WORD.match(text, position)
        if not found:
            return None
        position = found.end()


def _end_of_keyword(text: str, keyword: re.Match[str]) -> int:
    """Return where the number may begin: at a `KVA` that is its prefix, else after a counter."""
    position = keyword.end()
    if keyword[0].upper() == "KVA" and re.match(r"[-/.]?\d", text[position:]):
        return keyword.start()  # `KVA-8812/B` is the number as a whole
    if keyword[0].isupper() and re.match(r"-\d+[-/.]\d", text[position:]):
        return keyword.start()  # `ANGEBOT-0009-2026`
    counter = _COUNTER.match(text, position)
    return counter.end() if counter else position


def _is_last(number: str, text: str) -> bool:
    """Return whether a number is the end of the subject: `Angebot vom 3.3.2026 (88120)`."""
    return _count_digits(number) >= 4 and not text[len(number) :].strip(' )]"“”.')


def _is_joined_by_chance(found: re.Match[str]) -> bool:
    """Return whether a number with blanks may be two things: `2026 - 118 Fenster`, `2026 0815`."""
    number = found[0]
    if number[0].isalpha() or " " not in number:
        return False
    if re.fullmatch(r"\d+ \d+", number):
        return True
    goes_on = re.match(r" [^\W\d_]", found.string[found.end() :])
    return " - " in number and len(number) < len("2026 - 1042") and goes_on is not None


def is_believable(number: str, *, is_marked: bool) -> bool:
    """Return whether a number may be that of an offer; `is_marked` behind a word such as `Nr.`."""
    is_placeholder = number.upper().startswith("PROV")
    if len(number) > _LONGEST_NUMBER or is_placeholder or _YEAR_ALONE.fullmatch(number):
        return False
    if is_marked:
        return True
    number = _join_blanks(number)
    if _names_other_thing(number):
        return False
    # `V2`, `S235`, `IP67`, `24/7` are things; `815`, `RP-118`, `26-08`, `A1234` could be numbers.
    has_separated_letters = number[0].isalpha() and not number.isalnum()
    if number.isdigit() or has_separated_letters:
        return _count_digits(number) >= 3
    return _count_digits(number) >= 4


def _names_other_thing(number: str) -> bool:
    """Return whether a number by its form is a date, an amount, a product or a ticket."""
    if _NEVER.fullmatch(number) or _PRODUCT.fullmatch(number) or _TICKET.match(number):
        return True
    has_long_prefix = _LONG_PREFIX.match(number) and not _LONG_PREFIX_AND_COUNTER.match(number)
    return _is_season(number) or bool(has_long_prefix)


def _join_blanks(number: str) -> str:
    """Return a number without the blanks in it: `2026 / 1042` is `2026/1042`."""
    if " " not in number:
        return number
    return re.sub(r" ?([-/._]) ?", r"\1", number).replace(" ", "-")


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
    return _find_by_form(text, end, len(text)) or _find_by_form(text, 0, start)


def _find_marked(text: str, start: int) -> str | None:
    """Return a number after a `Nr.`, if it is long or a punctuation mark precedes the `Nr.`."""
    for marker in _LATER_MARKER.finditer(text, start):
        before = text[: marker.start()].rstrip()[-1:]
        found = NUMBER.match(text, marker.end())
        if not found:
            continue
        is_long = _count_digits(found[0]) >= 4
        if is_long or before in ',;:–—-|()"“”„»«/' or before == HIDDEN:
            number = _REVISION.sub("", found[0])
            is_apart = is_long and before in ",;:("
            if is_believable(number, is_marked=is_apart):
                return number
    return None


def _find_by_form(text: str, start: int, end: int) -> str | None:
    """Return a number between two positions that its form makes certain, or None."""
    for found in NUMBER.finditer(text, start, end):
        number = _REVISION.sub("", found[0])
        goes_on = re.match(r"[-/._]\w", text[found.end() :])
        if goes_on or _UNKNOWN_PREFIX.search(text[: found.start()]):
            continue
        if _is_joined_by_chance(found):
            continue
        if _has_year_and_counter(number) or _USUAL_NUMBER.fullmatch(number):
            return number
    return None


def _has_year_and_counter(number: str) -> bool:
    """Return whether a number has a year and a counter, as no product or house number has."""
    number = _join_blanks(number)
    found = _YEAR_AND_COUNTER.search(number)
    if found is None or len(number) > _LONGEST_NUMBER:
        return False
    if _NEVER.fullmatch(number) or _OTHER_PREFIX.match(number) or _is_season(number):
        return False
    return len(found[1]) >= 3 or number[0].isalpha()


def is_day(number: str) -> bool:
    """Return whether a number could be a day, as in the names of scanned files: `20261125`."""
    return _DAY.fullmatch(number) is not None


def find_number_in_text(new_text: str, pattern: str = "") -> str | None:
    """Return the first offer number in a text that directly follows a word for an offer, or None.

    `pattern` replaces the built-in recognition; PatternError is raised where it cannot be used.
    """
    text = new_text[:_LONGEST_TEXT]
    if pattern:
        return _search_pieces(text, pattern)
    plain = make_plain(text)
    for hint in islice(_HINT.finditer(plain), _MOST_HINTS):
        start = hint.start()
        while start > max(0, hint.start() - 40) and plain[start - 1].isalpha():
            start -= 1
        window = hide_other_numbers(hide_requests(plain[start : start + _LONGEST_WAY]))
        keyword = KEYWORD.match(window)
        if keyword and (number := _find_after(window, keyword)) and _is_certain_in_text(number):
            found_at = plain.index(number, start)
            return text[found_at : found_at + len(number)]
    return None


def _search_pieces(text: str, pattern: str) -> str | None:
    for line in text.splitlines()[:_MOST_LINES]:
        if line.strip() and (number := find_number(line, pattern)):
            return number
    return None


def _is_certain_in_text(number: str) -> bool:
    """Return whether a number is so long that it is no count: texts have more of them."""
    return _count_digits(number) >= 4 or _has_year_and_counter(number)
