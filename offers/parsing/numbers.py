"""The offer number in a subject line. Pure.

A number is only believed where a word for "offer" stands near it. What looks like a number but is
something else (a date, a price, the number of an invoice, of a ticket, of a house) is covered up
first, so that it cannot win.
"""

from __future__ import annotations

import re

from offers.parsing.covers import HIDDEN, cover, hide
from offers.parsing.patterns import search_pattern
from offers.parsing.subjects import split_prefixes

_LONGEST_SUBJECT = 1000
_LONGEST_NUMBER = 60

_KEYWORD = re.compile(
    r"(?<![^\W\d_])(?:"
    r"(?:[^\W\d_]{0,40}angebot(?!s-?(?:anfrage|anforderung|aufforderung|einholung|abgabe|frist))[^\W\d_]{0,40})"
    r"|ang(?:eb)?(?=\.|[ -]*nr)|offert[ae]\s(?:di\sprezzo|economic[ah]e?)"
    r"|[^\W\d_]{0,40}offert(?!(?:en)?-?anfrag|stellung)[^\W\d_]{0,40}"
    r"|[^\W\d_]{0,40}kostenvoranschl[aä]g[^\W\d_]{0,40}|kva|preisauskunft"
    r"|quotations?|quotes?|offers?(?: letter)?|proposals?|estimates?"
    r"|offres?(?:\s+de\s+(?:prix|services?)|\s+commerciale)?|devis(?:\s+estimatif)?|preventiv[oi]"
    r")(?![^\W\d_])",
    re.IGNORECASE,
)
# Segments of letters and digits that hang together by - / . _ and have a digit from some point on.
_NUMBER = re.compile(
    r"(?<![^\W_])(?!(?i:nr|no)\.)(?:[A-Za-zÄÖÜäöü]{1,5}[-–/._]){0,3}[A-Za-zÄÖÜ]{0,5}\d[A-Za-z0-9]*"
    r"(?:[-–/._](?:\d[A-Za-z0-9]*|[A-Za-z]{1,4}\d+|[A-Za-z]{1,2}(?![^\W_])))*(?![^\W_])"
)
_COMPOUND_REQUEST = re.compile(
    r"(?:angebots?-?|offert(?:en)?-?)(?:anfrage|anforderung)", re.IGNORECASE
)
_COUNT_OF_THINGS = re.compile(r"\d{1,3} [^\W\d_]{2}")
_UNKNOWN_PREFIX = re.compile(r"(?<![^\W_])[A-ZÄÖÜ]{1,4}[ \u00a0]$")
_SPACED_NUMBER = re.compile(
    r"(?:ANG|AN|AG|AA|OFF|OF|OA|KV|QTE|QTN|QT|QU)[ \u00a0](?!(?:19|20)\d\d(?:[ \u00a0]|$))"
    r"(?:\d{3,}|\d{2}[-–/.]\d{2,})(?:[-–/.]\d+)*(?![^\W_])"
)
_GAP = re.compile(r"[\s\-–—_:,;|()\[\]<>„“”‟\"'‚‘’»«/*=~.]+")
_MARKER = re.compile(
    r"#|№|(?:nummer|number|numero|numéro|num|nr|no|n°|nº|n(?=\s?[.°º])|referenz|réf|ref|id)(?![^\W\d_])[.°º]*|(?:nr|n°|nº|no\.)(?=\d)",
    re.IGNORECASE,
)
_LINK_WORD = re.compile(
    r"(?:zu|zum|zur|mit|unter|der|unsere?|with|per|our|avec|notre|con|nostro)(?=\s)",
    re.IGNORECASE,
)
_COUNTER = re.compile(r"\s*(?:nr\.?\s*)?\d{1,2}(?=\s+zu[mr]?\s)", re.IGNORECASE)
_COVERED = re.compile(rf"(?:vom|v\.|du|del|dated|of|über)?\s*{HIDDEN}+", re.IGNORECASE)
_LATER_MARKER = re.compile(r"(?<![\w-])(?:nummer|nr|no|n°|nº)(?![^\W\d_])[.°º:]*\s*", re.IGNORECASE)
_REVISION = re.compile(r"(?:[-_.](?:v|rev|ver|version)\.?\d+)+$", re.IGNORECASE)
# What asks for an offer, and whose number is not that of an offer. `Bitte um Freigabe Angebot 4711`
# asks for something else: between the request and our word only small words may stand.
_SMALL_WORDS = r"(?-i:(?:[a-zäöüß]+ |Ihr\w* ){0,3})"
_REQUEST = re.compile(
    rf"(?:bitten?|ersuchen|anfrage(?! zu)):?(?: sie)?(?: (?:um|für|wegen|nach|auf|bezüglich|bzgl\.))? {_SMALL_WORDS}"
    r"(?<!unser )(?<!unsere )(?:angebot|offert|kostenvoranschl|quot)\w*(?!\W*(?:nr|no)?\W*\d)"
    rf"|(?:abgabe|einholung|einholen|erbitten|anforderung) (?:von )?{_SMALL_WORDS}(?:angebot|offert)\w*"
    r"|request for (?:a )?(?:quot\w+|proposal|offer)|(?:quot\w+|offer) request"
    r"|invitation to (?:quote|tender)|please (?:quote|send (?:us )?(?:your |an? )?(?:quot|offer)\w*)"
    r"|(?:angebot|offerte?) erbeten"
    r"|demande (?:de (?:devis|prix)|d['’]offre)|richiesta (?:di |d['’])?(?:offerta|preventivo)",
    re.IGNORECASE,
)
# An abbreviation of many things; with a number behind it a person has to look.
_MAYBE_KEYWORD = re.compile(r"(?<!\w)KV(?=[-. ]{0,2}(?:(?i:nr|no)|\d))")
# Who answers a request often keeps its words: then the mail may well be the offer.
_ANSWER = re.compile(r"(?<!\w)(?:Ihrer?|deine|eure|your|votre|vostra|vs)(?!\w)", re.IGNORECASE)
# Offers of other things: work, and tenders to which others may bid.
_NO_OFFER = re.compile(
    r"(?<!\w)(?:stellen|job|arbeits(?:platz|stellen)?|ausbildungsplatz|praktikums)-?angebot\w*|job offers?"
    r"|offres? d['’]emploi|offres? de (?:stage|poste)|offert[ae] di (?:lavoro|impiego)|appels? d['’]offres?",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"(?:sonder|tages|wochen|monats|aktions|fr(?:ü|ue)hjahrs|sommer|herbst|winter|weihnachts|oster|saison|friday"
    r"|restposten|jubiläums|kennenlern|einstiegs|frühbucher|exklusiv)-?angebot"
    r"|(?:special|speciale?s?|spéciale?s?) (?:offer|offre|offerta)|(?:offre|offerta)s? (?:spécial|special)",
    re.IGNORECASE,
)
_OTHER_DOCUMENT = re.compile(
    r"(?<!\w)(?:[^\W\d_]{0,30}(?:rechnung|gutschrift|mahnung)|auftrags(?:bestätigung|erteilung)|zahlungserinnerung"
    r"|storno|stornierung|(?:nach)?bestellung|bestellbestätigung|lieferschein|lieferavis"
    r"|(?:proforma )?invoice|(?:your|our) order|order confirmation|purchase order|delivery note|credit note"
    r"|facture|commande|bon de livraison|avoir|fattura|conferma d['’]ordine|ordine|bolla)(?![^\W\d_])",
    re.IGNORECASE,
)
_APPOINTMENT = re.compile(
    r"\W*(?:(?:einladung|zusage|zugesagt|absage|abgesagt|abgelehnt|mit vorbehalt|akzeptiert|angenommen|besprechung\w*"
    r"|aktualisierte einladung|(?:updated )?invitation|accepted|declined|tentative|cancell?ed|invito"
    r"|accettato)\b.{0,40}?:"
    r"|termin\w*)",
    re.IGNORECASE,
)
_CONFIRMATION = re.compile(
    r"(?<!\w)(?:auftragsbestätigung|lieferschein|schlussrechnung|order confirmation|delivery note"
    r"|confirmation de commande|conferma d['’]ordine)(?!\w)",
    re.IGNORECASE,
)
_COLON_NUMBER = re.compile(r":\s*(\d{6,12}|\d{5}(?=\s*$)|[A-Z]{1,3}-?\d{4,}(?=\s*$))(?!\S)")
_DRAFT = re.compile(
    r"^\W*(?:entwurf|draft|bozza|brouillon)\b|[(\[]\s*(?:entwurf|draft|bozza|brouillon)\s*[)\]]|angebotsentwurf",
    re.IGNORECASE,
)

_YEAR = r"(?:19|20)\d\d"
_YEAR_ALONE = re.compile(_YEAR)
_DAY, _OF_MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_NEVER = re.compile(
    rf"{_YEAR}|(?:0?[1-9]|1[0-2])[./](?:{_YEAR}|\d\d)|\d{{1,3}}\.\d{{3}}|{_YEAR}[./](?:0?[1-9]|1[0-2])|{_DAY}{_OF_MONTH}20\d\d|20\d\d{_OF_MONTH}{_DAY}"
)
# Products have round numbers (`PX-4000`), offers rarely; of these a person decides.
_PRODUCT = re.compile(r"(?!(?:AN|ANG|AG|OF|OFF|Q|QT)-)[A-Z]{1,4}-\d{0,2}00", re.IGNORECASE)
_CASE = re.compile(r"(?:INC|RITM|REQ|CHG|TKT|CASE|SR)[-_]?\d", re.IGNORECASE)
_OTHER_PREFIX = re.compile(r"(?:AB|RE|RG|LS|GS|BE|PO|PROV|RFQ|RFP)[-–/._]?\d", re.IGNORECASE)
_WITH_YEAR = re.compile(
    r"(?:^|[-–/._]|(?<=[A-Za-z]))(?:(?:19|20)\d\d|[12]\d)[-–/._](?:\d{2}[-–/._])?(\d{2,})(?!\d)"
)


def find_number(subject: str, pattern: str = "") -> str | None:
    """Return the offer number as it is written in a decoded subject, or None; the first one where
    there are several.

    `pattern` replaces the built-in recognition. Raises PatternError for a pattern that cannot be
    used, or takes too long.
    """
    if pattern:
        found = search_pattern(pattern, subject) or ""
        return found.strip()[:_LONGEST_NUMBER] or None
    subject = _hide_requests(subject[:_LONGEST_SUBJECT])
    keyword = _KEYWORD.search(subject)
    if not keyword or _DRAFT.search(subject):
        return None
    number = _find_plain(subject, keyword) or _find_covered(
        cover(subject), list(_KEYWORD.finditer(subject))
    )
    return (
        None if number and not _has_year_and_counter(number) and _ADVERT.search(subject) else number
    )


def has_keyword(subject: str) -> bool:
    """Return whether a subject may be that of an offer, with or without a number.

    A request for an offer is none, unless it is answered (a reply prefix, `Ihre Angebotsanfrage`).
    """
    subject = subject[:_LONGEST_SUBJECT]
    if _KEYWORD.search(_hide_requests(subject)) or _MAYBE_KEYWORD.search(subject):
        return True
    is_request = _REQUEST.search(subject) or _COMPOUND_REQUEST.search(subject)
    return bool(is_request and (split_prefixes(subject).is_reply or _ANSWER.search(subject)))


def names_other_document(subject: str) -> bool:
    """Return whether a subject with an offer number is that of an invoice, an order or the like
    about the offer.
    """
    keyword = _KEYWORD.search(subject)
    before = subject[: keyword.start()] if keyword else subject
    return bool(_OTHER_DOCUMENT.search(before) or _CONFIRMATION.search(subject))


def names_appointment(subject: str) -> bool:
    """Return whether a subject is that of an invitation to a meeting, or of the answer to one."""
    return _APPOINTMENT.match(subject) is not None


def _hide_requests(subject: str) -> str:
    return _NO_OFFER.sub(hide, _REQUEST.sub(hide, subject))


def _find_plain(subject: str, keyword: re.Match[str]) -> str | None:
    """Return a number behind the keyword that nothing could cover: most offers, in a third of the
    time.
    """
    number = _find_behind(subject, keyword)
    if number and (
        (number[0].isalpha() and _has_year_and_counter(number))
        or (number.isdigit() and subject.endswith(number))
    ):
        return number
    return None


def _find_covered(covered: str, keywords: list[re.Match[str]]) -> str | None:
    """Return the number behind the first keyword that has one, else one that says by its form that
    it is one.
    """
    found = (number for keyword in keywords if (number := _find_behind(covered, keyword)))
    return next(found, None) or _find_further(covered, keywords[0])


def _find_behind(text: str, keyword: re.Match[str]) -> str | None:
    """Return the number that follows a keyword, with nothing between them but `Nr.`, `#`, `:` and
    the like.
    """
    position, is_behind_cover = keyword.end(), False
    if keyword[0].upper() == "KVA" and re.match(r"[-–/._]?\d", text[position:]):
        position = keyword.start()  # `KVA-8812/B` is the number as a whole
    if counter := _COUNTER.match(text, position):
        position = counter.end()  # `Nachtragsangebot 2 zu Angebot 10455`
    is_marked = keyword[0].lower().endswith(("nr", "nummer", "number"))
    while True:
        if found := _NUMBER.match(text, position) or _SPACED_NUMBER.match(text, position):
            break
        if found := _MARKER.match(text, position):
            is_marked = True
        elif found := _COVERED.match(text, position):
            is_behind_cover = True
        else:
            found = _GAP.match(text, position) or _LINK_WORD.match(text, position)
        if not found:
            return None
        position = found.end()
    number = _REVISION.sub("", found[0])
    if not is_marked and (
        (is_behind_cover and not _is_last(number, text[position:]))
        or _COUNT_OF_THINGS.match(text, position)
    ):
        return None
    return number if _is_believable(number, is_marked=is_marked) else None


def _is_last(number: str, text: str) -> bool:
    """Return whether a number of some length, behind a date or a price, is the end: `Angebot vom
    3.3.2026 (88120)`.
    """
    return sum(map(str.isdigit, number)) >= 4 and not text[len(number) :].strip(' )]"“”.')


def _is_believable(number: str, *, is_marked: bool) -> bool:
    digits = sum(character.isdigit() for character in number)
    if len(number) > _LONGEST_NUMBER or number.upper().startswith("PROV"):
        return False
    if is_marked:
        return True
    if (
        _NEVER.fullmatch(number)
        or _PRODUCT.fullmatch(number)
        or _CASE.match(number)
        or _is_season(number)
    ):
        return False
    # `V2`, `S235`, `IP67`, `24/7` are things; `815`, `RP-118`, `26-08` and `A1234` could be
    # numbers.
    return digits >= (
        3 if number.isdigit() or (number[0].isalpha() and not number.isalnum()) else 4
    )


def _is_season(number: str) -> bool:
    """Return whether it is a year and the year after it, as in `2026/27`."""
    found = re.fullmatch(r"20(\d\d)[/-](\d\d)", number)
    return found is not None and int(found[2]) == (int(found[1]) + 1) % 100


def _find_further(text: str, keyword: re.Match[str]) -> str | None:
    """Return a number that stands apart from the keyword, but says by its form or by a `Nr.` that
    it is one.
    """
    for found in _LATER_MARKER.finditer(text, keyword.end()):
        before = text[: found.start()].rstrip()[-1:]
        number = _NUMBER.match(text, found.end())
        is_long = number is not None and sum(map(str.isdigit, number[0])) >= 4
        if number and (is_long or before in ',;:–—-|()"“”„»«/' or before == HIDDEN):
            candidate = _REVISION.sub("", number[0])
            is_apart = is_long and before in ",;:(" and not _YEAR_ALONE.fullmatch(candidate)
            if _is_believable(candidate, is_marked=is_apart):
                return candidate
    if found_behind_colon := _COLON_NUMBER.search(text, keyword.end()):
        return found_behind_colon[1]
    for start, end in ((keyword.end(), len(text)), (0, keyword.start())):
        for found in _NUMBER.finditer(text, start, end):
            candidate = _REVISION.sub("", found[0])
            is_piece = re.match(r"[-–/._]\w", text[found.end() :]) or _UNKNOWN_PREFIX.search(
                text[: found.start()]
            )
            if not is_piece and _has_year_and_counter(candidate):
                return candidate
    return None


def _has_year_and_counter(number: str) -> bool:
    """Return whether a number has the form year and counter, which neither products nor house
    numbers have.
    """
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
