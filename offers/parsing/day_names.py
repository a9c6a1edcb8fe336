"""Names of months and weekdays in the languages of Europe, in folded spelling. Pure."""

from __future__ import annotations

import re

from offers.parsing.folding import fold

# January first; with the endings of the languages that inflect them.
_MONTHS = (
    r"jan\w{0,6}|genn?\w{0,5}|stycz\w*|led(?:en|na|nu)|enero|ene|tammikuu\w*|ianuarie|sijec\w*|ocak",
    r"feb\w{0,7}|fev\w{0,6}|lut(?:y|ego|ym)|unor\w?|helmikuu\w*|veljac\w*|subat",
    r"mar|mars|marts|march|marzo|märz|mär|mrz|mare[ck]|marc[au]?|marcius\w*|maart|mrt|martie|marta"
    r"|marzec|brez(?:en|na|nu)|maaliskuu\w*|ozuj\w*|mart",
    r"apr\w{0,6}|avr\w{0,3}|abr\w{0,3}|kwie[tc]\w*|dub(?:en|na|nu)|huhtikuu\w*|travanj|travnja|nisan",
    r"mai|may|maj\w{0,4}|magg?(?:io)?|mei|mayo|maio|kvet(?:en|na|nu)|toukokuu\w*|svib\w*|mayis",
    r"jun\w{0,5}|juin|giu\w{0,4}|iunie|czerw\w*|cerv(?:en|na|nu)|kesakuu\w*|lipanj|lipnja|haziran",
    r"jul\w{0,5}|juil\w{0,5}|lug\w{0,4}|iulie|lip(?:iec|ca|cu)|cerven(?:ec|ce|ci)|heinakuu\w*"
    r"|srpanj|srpnja|temmuz",
    r"aug\w{0,6}|août|aout|ago|agosto|sierp\w*|srp(?:en|na|nu)|elokuu\w*|kolovoz\w*|agust(?:os|us)?",
    r"sep\w{0,8}|set|sett\w{0,5}|setembro|szept\w*|wrzes\w*|zari|syyskuu\w*|rujan|rujna|eylul",
    r"oct\w{0,6}|okt\w{0,6}|ott\w{0,5}|outubro|pazdz\w*|rij(?:en|na|nu)|lokakuu\w*|ekim",
    r"nov\w{0,7}|listopad\w*|marraskuu\w*|noi\w{0,7}|studen\w*|kasim",
    r"dez\w{0,6}|dec\w{0,7}|desember|des|dic|dicembre|diciembre|grud\w*|prosin\w*"
    r"|joulukuu\w*|aralik",
)
_MONTH_PATTERNS = tuple(re.compile(fold(names)) for names in _MONTHS)
# A regular expression for any month in a folded text.
MONTH = rf"(?:{'|'.join(fold(names) for names in _MONTHS)})(?![^\W\d_])\.?"

# Monday first, as in `date.weekday`.
_WEEKDAYS = (
    r"montag|monday|lundi|lunedì|maandag|poniedział\w*|pondel\w*|hétfő\w*|lunes|segunda\b[\w-]*"
    r"|måndag|mandag|maanantai\w*|luni|ponedel\w*|ponedjel\w*",
    r"dienstag|tuesday|mardi|martedì|dinsdag|wtor\w*|úter\w*|utor\w*|kedd\w*|martes|terça\b[\w-]*"
    r"|tisdag|tirsdag|tiistai\w*|marți|torek|torka|tork[ou]",
    r"mittwoch|wednesday|mercredi|mercoledì|woensdag|środ\w*|střed\w*|stred\w*|szerd\w*|miércoles"
    r"|quarta\b[\w-]*|onsdag|keskiviik\w*|miercuri|sred\w|srijed\w",
    r"donnerstag|thursday|jeudi|giovedì|donderdag|czwart\w*|čtvrt\w*|štvrt\w*|csütörtök\w*|jueves"
    r"|quinta\b[\w-]*|torsdag|torstai\w*|joi|četrt\w*|četvrt\w*",
    r"freitag|friday|vendredi|venerdì|vrijdag|piąt\w*|pátek|pátku|piat\w*|péntek\w*|viernes"
    r"|sexta\b[\w-]*|fredag|perjantai\w*|vineri|pet(?:ek|ka|ak)",
    r"samstag|saturday|samedi|sabato|zaterdag|sobot\w*|szombat\w*|sábado|lördag|lørdag|lauantai\w*"
    r"|sâmbătă|subot\w",
    r"sonntag|sunday|dimanche|domenica|zondag|niedziel\w*|neděl\w*|nedel\w*|vasárnap\w*|domingo"
    r"|söndag|søndag|sunnuntai\w*|duminică|nedjelj\w",
)
_WEEKDAY_PATTERNS = tuple(re.compile(fold(names)) for names in _WEEKDAYS)
# A regular expression for any weekday in a folded text.
WEEKDAY = rf"(?:{'|'.join(fold(names) for names in _WEEKDAYS)})(?![^\W\d_])"

# The stop words that tell languages apart; only those count that a short note contains.
_STOP_WORDS = {
    "de": "ich bin ist und nicht der die das im bis zum wieder ihre ihr mit für sie von",
    "en": "i am is the and not will be my of your you until out office with for to please",
    "fr": "je suis est et ne pas le la les votre vous de du jusqu au en pour serai",
    "it": "sono è il la non di per e che fino suo vostra al sarò ufficio in",
    "nl": "ik ben is en niet het de van uw met op een tot voor wij",
    "es": "estoy es el la no de su hasta y por en para que mi del",
    "pt": "estou é o a não de até e seu para em do da no",
    "pl": "jestem jest w na do nie się od z i państwa będę proszę",
    "cs": "jsem je v na do se od a budu prosím vaše děkuji mimo",
    "hr": "sam je u na do od se i nisam vašu hvala poruku biti ću",
    "sl": "sem je v na do od se in nisem vaše hvala sporočilo bom",
    "sv": "jag är och inte på till av ditt den för mejl tillbaka",
    "da": "jeg er og ikke på til af din den for igen tilbage",
    "no": "jeg er og ikke på til av din den for tilbake igjen",
    "fi": "olen en ja ei on asti saakka viestisi takaisin lomalla kiitos",
    "hu": "vagyok nem és a az ig köszönöm levelét leszek szabadságon",
    "is": "ég er og ekki til að í með verð aftur við á hafið",
    "tr": "ve bir ben bu için tarihine kadar lütfen ile izindeyim durumda değilim",
    "ro": "sunt nu și la de până în mesajul dumneavoastră voi cu",
}
_WORD = re.compile(r"[^\W\d_]+")


def find_month(word: str, language: str = "") -> int | None:
    """Return the number of the month that a folded word names, 1 for January."""
    if language == "hr" and word.startswith("listopad"):
        return 10  # in Polish and Czech it is November
    for number, pattern in enumerate(_MONTH_PATTERNS, 1):
        if pattern.fullmatch(word.rstrip(".")):
            return number
    return None


def find_weekday(word: str) -> int | None:
    """Return the number of the weekday that a folded word names, 0 for Monday."""
    for number, pattern in enumerate(_WEEKDAY_PATTERNS):
        if pattern.fullmatch(word):
            return number
    return None


def _fold_stop_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(fold(words).split()) for language, words in _STOP_WORDS.items()}


_FOLDED_STOP_WORDS = _fold_stop_words()


def find_language(folded_text: str) -> str:
    """Return the language (ISO 639-1) with most stop words in a folded text; empty if it is unclear."""
    words = _WORD.findall(folded_text[:2_000])
    best, most, second = "", 0, 0
    for language, stop_words in _FOLDED_STOP_WORDS.items():
        count = sum(1 for word in words if word in stop_words)
        if count > most:
            best, most, second = language, count, most
        elif count > second:
            second = count
    if most < 2 or most == second:
        return ""
    return best
