"""The offer number in a subject line. Pure.

A number is only believed where a word for "offer" stands near it. What looks like a number but is something else (a
date, a price, the number of an invoice, of a ticket, of a house) is covered up first, so that it cannot win.
"""

from __future__ import annotations

import re

from offers.parsing.patterns import PatternError, compile_pattern

__all__ = ["PatternError", "compile_pattern", "find_number", "has_keyword"]

_LONGEST_SUBJECT = 1000
_LONGEST_FOR_PATTERN = 200  # three repetitions that compete take the fourth power of it
_LONGEST_NUMBER = 60
_HIDDEN = "\x00"

_KEYWORD = re.compile(
    r"(?<![^\W\d_])(?:"
    r"(?:[^\W\d_]{0,40}angebot(?!s-?(?:anfrage|anforderung|aufforderung|einholung|abgabe|frist))[^\W\d_]{0,40})"
    r"|[^\W\d_]{0,40}offert(?!anfrag)[^\W\d_]{0,40}"
    r"|[^\W\d_]{0,40}kostenvoranschl[aä]g[^\W\d_]{0,40}|kva|preisauskunft"
    r"|quotations?|quotes?|offers?|proposals?"
    r"|offres?(?:\s+de\s+prix|\s+commerciale)?|devis(?:\s+estimatif)?|preventiv[oi]"
    r")(?![^\W\d_])",
    re.IGNORECASE,
)
# Segments of letters and digits that hang together by - / . _ and have a digit from some point on.
_NUMBER = re.compile(
    r"(?<![^\W_])(?!(?i:nr|no)\.)(?:[A-Za-zÄÖÜäöü]{1,5}[-–/._]){0,3}[A-Za-zÄÖÜ]{0,5}\d[A-Za-z0-9]*"
    r"(?:[-–/._](?:\d[A-Za-z0-9]*|[A-Za-z]{1,4}\d+|[A-Za-z]{1,2}(?![^\W_])))*(?![^\W_])"
)
_SPACED_NUMBER = re.compile(
    r"(?:ANG|AN|AG|AA|OFF|OF|OA|KV|QT|QU)[ \u00a0](?!(?:19|20)\d\d(?:[ \u00a0]|$))"
    r"(?:\d{3,}|\d{2}[-–/.]\d{2,})(?:[-–/.]\d+)*(?![^\W_])"
)
_GAP = re.compile(r"[\s\-–—_:,;|()\[\]<>„“”‟\"'‚‘’»«/*=~.]+")
_MARKER = re.compile(
    r"#|№|(?:nummer|number|numero|numéro|num|nr|no|n°|nº|n(?=\s?[.°º])|referenz|réf|ref|id)(?![^\W\d_])[.°º]*|(?:nr|n°|nº|no\.)(?=\d)",
    re.IGNORECASE,
)
_LINK_WORD = re.compile(r"(?:zu|zum|zur|mit|unter|der|with|per|avec|con)(?=\s)", re.IGNORECASE)
_LATER_MARKER = re.compile(r"(?<![\w-])(?:nummer|nr|no|n°|nº)(?![^\W\d_])[.°º:]*\s*", re.IGNORECASE)
_REVISION = re.compile(r"(?:[-_.](?:v|rev|ver|version)\.?\d+)+$", re.IGNORECASE)
# The number of a request is not that of the offer, even behind one of our words.
_REQUEST = re.compile(
    r"request for (?:a )?(?:quot\w+|proposal|offer)|quote request|demande (?:de (?:devis|prix)|d['’]offre)"
    r"|richiesta (?:di |d['’])?(?:offerta|preventivo)",
    re.IGNORECASE,
)
_COLON_NUMBER = re.compile(r":\s*(\d{6,12}|\d{5}(?=\s*$))(?!\S)")
_DRAFT = re.compile(
    r"^\W*(?:entwurf|draft|bozza|brouillon)\b|[(\[]\s*(?:entwurf|draft|bozza|brouillon)\s*[)\]]|angebotsentwurf",
    re.IGNORECASE,
)

_YEAR = r"(?:19|20)\d\d"
_MONTH = (
    r"(?:jan(?:uar|uary|vier)?|jänner|feb(?:ruar|ruary)?|février|mär(?:z)?|mar(?:ch|s|zo)?|apr(?:il|ile)?|avril|mai|may|maggio"
    r"|juni?|june|juin|giugno|juli?|july|juillet|luglio|aug(?:ust)?|août|agosto|sep(?:t|tember|tembre)?|settembre"
    r"|o[kc]t(?:ober|obre)?|ottobre|nov(?:ember|embre)?|de[zc](?:ember)?|décembre|dicembre|gennaio|febbraio)"
)
_CURRENCY = r"(?:EUR|Euro|CHF|SFr\.?|Fr\.|USD|GBP|€|\$|£)"
_TOKEN = r"[A-Za-z]{0,5}[-–/._]?\d[\w./–-]*"  # noqa: S105 - a pattern, no secret
_OTHER_NUMBERS = (
    r"(?:rechnung|gutschrift|mahnung|auftrag|bestell|lieferschein|lieferung|anfrage|ausschreibung|projekt|project|ticket|vorgang"
    r"|kunden|kunde|plz|artikel|art\.|kommission|invoice|order|purchase|inquiry|enquiry|rfq|case|fall|vertrag|contract|facture|commande"
    r"|projet|fattura|ordine|progetto|nachtrag|los|position|pos\.|halle|haus|etage|raum|zimmer|aufzug|maschine|anlage|serie|gerät|objekt|parzelle|konto|liegenschaft|kw|seite|teil|phase)"
)
_COVERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # tags of ticket systems and gateways; the counter of a reply
        r"\[[^\]]{0,60}(?:\#|ticket|case|extern)[^\]]{0,60}\]",
        r"(?:(?<=^)|(?<=[\s:]))(?:re|aw|antw)\s?(?:-\s?\d{1,3}|\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})\s?:",
        # days and months
        r"(?<![\w./])(?<!\w-)[0-3]?\d\.\s?[01]?\d\.(?:\s?(?:19|20)?\d\d)?(?!\d)",
        rf"(?<![\w./-])[0-3]?\d/[01]?\d/{_YEAR}(?![\d/-])",
        rf"(?<![\w./-]){_YEAR}-[01]\d-[0-3]\d(?![\w-])",
        rf"(?<![\w./-])[0-3]?\d\.?\s*{_MONTH}\b\.?(?:\s*{_YEAR})?(?!\d)",
        rf"\b{_MONTH}\.?\s+{_YEAR}(?!\w)",
        rf"(?<![\w./-]){_YEAR}[-–/]{_YEAR}(?![\w/-])",
        r"(?<![\w./-])[QH][1-4][/ -]?(?:20)?\d\d(?![\w/-])",
        # money and amounts
        rf"{_CURRENCY}\s*\d[\d.,'’]*(?:[.,]?[-–]+)?",
        rf"(?<![\w./-])\d[\d.,'’]*(?:[.,]?[-–]+)?\s?{_CURRENCY}(?![^\W_])(?!\s*\d)",
        r"(?<![\w./-])\d{1,3}(?:[.'’]\d{3})*,\d\d(?![\w/-])",
        r"(?<![\w./-])\d+(?:[.,]\d+)?\s?(?:%|x(?=\s?\d)|stück|stk|pcs|pieces|units|pièces|pezzi|m²|m2|qm|mm|cm|km|kg|kw|kwp|kwh"
        r"|liter|positionen|tage|wochen|monate|jahre|lizenzen|personen|fenster[n]?|türen)(?!\w)\.?",
        r"(?<![\w./-])\d{1,4}\s?x\s?\d{1,4}(?:\s?x\s?\d{1,4})?(?!\w)",
        r"(?<![\w./-])(?:tel|telefon|fax|mobil|phone)\b[.:]*\s*\+?\d[\d /-]*",
        # numbers of something else, and versions
        rf"(?<![^\W_])(?![^\W\d_]{{0,30}}(?:angebot|offert)){_OTHER_NUMBERS}[^\W\d_]{{0,20}}[-.:]?\s?(?:(?:nr|no|nummer|number|n°|id)(?![^\W\d_])[.:]*|\#|:)?\s*{_TOKEN}",
        r"(?<![^\W_])(?:rev(?:ision)?|version|vers|variante|var|index|v)[. ]{0,2}(?:\d[\d.]*|[a-z])(?![^\W_])",
    )
)
_NEVER = re.compile(rf"{_YEAR}|(?:0?[1-9]|1[0-2])[./]{_YEAR}|{_YEAR}[./](?:0?[1-9]|1[0-2])")
_OTHER_PREFIX = re.compile(r"(?:AB|RE|RG|LS|GS|BE|PO|PROV|RFQ|RFP)[-–/._]?\d", re.IGNORECASE)
_WITH_YEAR = re.compile(r"(?:^|[-–/._]|(?<=[A-Za-z]))(?:(?:19|20)\d\d|[12]\d)[-–/._](?:\d{2}[-–/._])?(\d{2,})(?!\d)")


def find_number(subject: str, pattern: str = "") -> str | None:
    """Return the offer number as it is written in a decoded subject, or None; the first one where there are several.

    `pattern` replaces the built-in recognition and is applied to the first 200 characters. Raises PatternError for a
    pattern that `compile_pattern` refuses.
    """
    if pattern:
        compiled = compile_pattern(pattern)
        found = compiled.search(subject[:_LONGEST_FOR_PATTERN])
        number = found["number" if compiled.groupindex.get("number") else 1] if found else None
        return (number or "").strip()[:_LONGEST_NUMBER] or None
    subject = _REQUEST.sub(_hide, subject[:_LONGEST_SUBJECT])
    keywords = list(_KEYWORD.finditer(subject))
    if not keywords or _DRAFT.search(subject):
        return None
    if number := _find_plain(subject, keywords[0]):
        return number
    covered = _cover(subject)
    for keyword in keywords:
        if number := _find_behind(covered, keyword):
            return number
    return _find_further(covered, keywords[0])


def has_keyword(subject: str) -> bool:
    """Return whether a subject names an offer, with or without a number."""
    return _KEYWORD.search(subject[:_LONGEST_SUBJECT]) is not None


def _find_plain(subject: str, keyword: re.Match[str]) -> str | None:
    """Return a number behind the keyword that nothing could cover: most offers, in a third of the time."""
    number = _find_behind(subject, keyword)
    if number and (
        (number[0].isalpha() and _has_year_and_counter(number)) or (number.isdigit() and subject.endswith(number))
    ):
        return number
    return None


def _cover(subject: str) -> str:
    """Return the subject, same length, with everything hidden that is a number of something else."""
    for pattern in _COVERS:
        subject = pattern.sub(_hide, subject)
    return subject


def _hide(found: re.Match[str]) -> str:
    return _HIDDEN * len(found[0])


def _find_behind(text: str, keyword: re.Match[str]) -> str | None:
    """Return the number that follows a keyword, with nothing between them but `Nr.`, `#`, `:` and the like."""
    position = keyword.end()
    is_marked = keyword[0].lower().endswith(("nr", "nummer", "number"))
    while True:
        if found := _NUMBER.match(text, position) or _SPACED_NUMBER.match(text, position):
            break
        if found := _MARKER.match(text, position):
            is_marked = True
        else:
            found = _GAP.match(text, position) or _LINK_WORD.match(text, position)
        if not found:
            return None
        position = found.end()
    number = _REVISION.sub("", found[0])
    return number if _is_believable(number, is_marked=is_marked) else None


def _is_believable(number: str, *, is_marked: bool) -> bool:
    digits = sum(character.isdigit() for character in number)
    if len(number) > _LONGEST_NUMBER or number.upper().startswith("PROV"):
        return False
    if is_marked:
        return True
    if _NEVER.fullmatch(number) or _is_season(number):
        return False
    # `V2`, `S235`, `IP67`, `24/7` are things; `815`, `RP-118`, `26-08` and `A1234` could be numbers.
    return digits >= (3 if number.isdigit() or (number[0].isalpha() and not number.isalnum()) else 4)


def _is_season(number: str) -> bool:
    """Return whether it is a year and the year after it, as in `2026/27`."""
    found = re.fullmatch(r"20(\d\d)[/-](\d\d)", number)
    return found is not None and int(found[2]) == (int(found[1]) + 1) % 100


def _find_further(text: str, keyword: re.Match[str]) -> str | None:
    """Return a number that stands apart from the keyword, but says by its form or by a `Nr.` that it is one."""
    for found in _LATER_MARKER.finditer(text, keyword.end()):
        before = text[: found.start()].rstrip()[-1:]
        number = _NUMBER.match(text, found.end())
        is_long = number is not None and sum(map(str.isdigit, number[0])) >= 4
        if number and (is_long or before in ',;:–—-|()"“”„»«/' or before == _HIDDEN):
            candidate = _REVISION.sub("", number[0])
            if _is_believable(candidate, is_marked=False):
                return candidate
    if found_behind_colon := _COLON_NUMBER.search(text, keyword.end()):
        return found_behind_colon[1]
    for start, end in ((keyword.end(), len(text)), (0, keyword.start())):
        for found in _NUMBER.finditer(text, start, end):
            candidate = _REVISION.sub("", found[0])
            if _has_year_and_counter(candidate):
                return candidate
    return None


def _has_year_and_counter(number: str) -> bool:
    """Return whether a number has the form year and counter, which neither products nor house numbers have."""
    found = _WITH_YEAR.search(number)
    if (
        found is None
        or _NEVER.fullmatch(number)
        or _OTHER_PREFIX.match(number)
        or _is_season(number)
        or len(number) > _LONGEST_NUMBER
    ):
        return False
    return len(found[1]) >= 3 or number[0].isalpha()
