"""When an absent person is back, out of the note that an automatic reply brings. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from crm.core.months import MONTH_NUMBERS, MONTH_PATTERN
from offers.parsing.texts import any_of

_MONTH = MONTH_PATTERN + r"(?![^\W\d_])\.?"
_ORDINAL = r"(?:\.|st|nd|rd|th|er)?"
_DATE = re.compile(
    r"(?<![\d.])"
    + any_of(rf"""
        (?P<iso_year>20\d\d)-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)
        (?P<day>\d{{1,2}})\.[ ]?(?P<month>\d{{1,2}})(?:\.[ ]?(?P<year>20\d\d|\d\d(?![\d:.]))?|(?=[\s,;)]))
        (?P<slash_day>\d{{1,2}})/(?P<slash_month>\d{{1,2}})/(?P<slash_year>20\d\d|\d\d)
        (?P<named_day>\d{{1,2}}){_ORDINAL}[ ]?(?:of[ ])?(?P<named_month>{_MONTH})(?:,?[ ](?P<named_year>20\d\d))?
        (?P<us_month>{_MONTH})[ ](?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?[ ](?P<us_year>20\d\d))?
    """)
    + r"(?!\d)",
    re.IGNORECASE,
)
_WEEKDAYS = (
    ("montag", "monday", "lundi", "lunedì"),
    ("dienstag", "tuesday", "mardi", "martedì"),
    ("mittwoch", "wednesday", "mercredi", "mercoledì"),
    ("donnerstag", "thursday", "jeudi", "giovedì"),
    ("freitag", "friday", "vendredi", "venerdì"),
    ("samstag", "saturday", "samedi", "sabato"),
    ("sonntag", "sunday", "dimanche", "domenica"),
)
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_WEEKDAY_NAME = re.compile("|".join(_WEEKDAY), re.IGNORECASE)
_FILLER = (
    any_of(r"""
        [\s,(.]|und mit|und|einschl(?:\.|ießlich|iesslich)?|inkl(?:\.|usive)?|and including|including|incl\.
        zum|dem|den|the|le|il|voraussichtlich|ca\.|kommenden|nächsten|next
        mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri
    """)[:-1]
    + "|"
    + "|".join(_WEEKDAY)
    + ")*"
)
_UNTIL = re.compile(
    rf"(?:\b(?:bis|nach|after|until|till|through|to|jusqu['’]au|au|fino al|al)\b{_FILLER}|\d[^\d\w]{{0,3}}[-–]\s*)$",
    re.IGNORECASE,
)
_ON = re.compile(
    rf"(?:\b(?:am|ab|vom|on|from|as of|starting|dès le|le|dal|il)|\b(?:back|return\w*|zurück|rückkehr):?)\b{_FILLER}$",
    re.IGNORECASE,
)
_BACK = re.compile(
    any_of(r"""
        zurück|zurueck|wieder|erreichbar|rückkehr
        back\b|return|(?<!un)available|resume|retour|de nouveau|rientr|disponib|torn
    """),
    re.IGNORECASE,
)
_AWAY = re.compile(
    any_of(r"""
        urlaub|abwesen|nicht (?:erreichbar|im|am|da)|ferien|außer haus|ausser haus
        out of|away|vacation|holiday|leave|absent|absence|not (?:in|available)|unavailable|congé|vacances|ferie|assente
    """),
    re.IGNORECASE,
)
# `Angebot gültig bis 30.11.` often stands in the subject that an absence note repeats.
_OTHER_TERM = re.compile(
    r"gültig|\bvalid|valable|frist|lieferbar|rückmeld|antworten|offert|angebot[^.]{0,20}$",
    re.IGNORECASE,
)
_NOT_BEFORE = re.compile(
    r"(?:not (?:be )?(?:available|back|reachable)|nicht (?:mehr )?\w+)\s*$", re.IGNORECASE
)
_RANGE_OF_WEEKDAYS = re.compile(
    rf"(?:{'|'.join(_WEEKDAY)}|\bmo)s?\.?\s?(?:bis|to|through|-|–)\s?$", re.IGNORECASE
)
_NOT_BACK = re.compile(
    r"nicht (?:erreichbar|wieder)|not (?:be )?(?:available|back)|unavailable", re.IGNORECASE
)
_SENTENCE_END = re.compile(
    r"[!?]|(?<!\d)(?<!einschl)(?<!inkl)(?<!sept)(?<!ca)\.(?=\s)|\n\s*\n", re.IGNORECASE
)
_LONGEST_TEXT = 5_000
_LONGEST_ABSENCE = timedelta(days=400)


def find_return_date(text: str, *, received_on: date) -> date | None:
    """Return the last day that an absence note names: the day of return, or the last day of the
    absence.

    The next reminder belongs on the working day after it. `text` is what is new in the mail
    (`new_text`), its subject may stand in front. A day without a year is the next one to come; a
    day before `received_on`, one more than 400 days off, or a day that does not exist is none.
    German, English, French and Italian.
    """
    found: list[date] = []
    text = re.sub(r"[ \t\xa0]+", " ", text[:_LONGEST_TEXT])
    for sentence in _split_sentences(text):
        for match in _DATE.finditer(sentence):
            if _is_end_of_absence(sentence, match):
                day = _to_date(match, received_on)
                if day and received_on <= day <= received_on + _LONGEST_ABSENCE:
                    found.append(day)
    return max(found) if found else _find_weekday(text, received_on)


def _split_sentences(text: str) -> list[str]:
    sentences, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        sentences.append(text[start : end.end()])
        start = end.end()
    return [re.sub(r"\s+", " ", sentence) for sentence in (*sentences, text[start:])]


def _is_end_of_absence(sentence: str, match: re.Match[str]) -> bool:
    before = sentence[max(0, match.start() - 60) : match.start()]
    if _OTHER_TERM.search(before[-45:]):
        return False
    if _UNTIL.search(before):
        return True
    if not _BACK.search(sentence):
        return False
    if (on := _ON.search(before)) and not _NOT_BEFORE.search(before[: on.start()]):
        # `Ab 01.09. bin ich nicht erreichbar` is the beginning, `ab 15.09. wieder erreichbar` the
        # end.
        near = sentence[match.end() : match.end() + 60]
        return not _NOT_BACK.search(near) and not re.match(r"\s*(?:bis|until|to|-|–)\s", near)
    return not _AWAY.search(sentence)


def _to_date(match: re.Match[str], received_on: date) -> date | None:
    groups = match.groupdict()
    kind = next(kind for kind in ("iso_", "", "slash_", "named_", "us_") if groups[f"{kind}day"])
    day, year = int(groups[f"{kind}day"]), groups[f"{kind}year"]
    month_text = groups[f"{kind}month"].lower().rstrip(".")
    month = int(month_text) if month_text.isdigit() else MONTH_NUMBERS[month_text]
    if kind == "slash_" and month > 12 >= day:
        day, month = month, day
    try:
        if year:
            return date(int(year) % 100 + 2000, month, day)
        this_year = date(received_on.year, month, day)
        # A note from last week is stale; a January named in December is the next one.
        is_past = received_on - this_year > timedelta(days=180)
        return date(received_on.year + 1, month, day) if is_past else this_year
    except ValueError:
        return None


def _find_weekday(text: str, received_on: date) -> date | None:
    """Return the next day of a weekday that is named alone, as in `back on Monday`."""
    for sentence in _split_sentences(text):
        for match in _WEEKDAY_NAME.finditer(sentence):
            before = sentence[max(0, match.start() - 40) : match.start()]
            if _RANGE_OF_WEEKDAYS.search(before):
                continue
            if _UNTIL.search(before) or (_ON.search(before) and _BACK.search(sentence)):
                days = (_WEEKDAY[match[0].lower()] - received_on.weekday() - 1) % 7 + 1
                return received_on + timedelta(days=days)
    return None
