"""Find in an out-of-office note (German, English, French, Italian) when a person is back. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from crm.core.months import MONTH_NUMBERS, MONTH_PATTERN
from offers.parsing.alternatives import any_of

_LONGEST_TEXT = 5_000
_LONGEST_ABSENCE = timedelta(days=400)
_LONGEST_PAUSE = timedelta(days=60)

_MONTH = MONTH_PATTERN + r"(?![^\W\d_])\.?"
_ORDINAL = r"(?:\.|st|nd|rd|th|er)?"
# The forms of a date, each with the prefix of its groups: 2026-09-07
_ISO_DATE = r"(?P<iso_year>20\d\d)-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)"
# 7.9.2026, 7.9.26, 7.9., and 7.9 before a blank, a comma or a bracket
_NUMERIC_DATE = (
    r"(?P<day>\d{1,2})\.[ ]?(?P<month>\d{1,2})"
    r"(?:\.[ ]?(?P<year>20\d\d|\d\d(?![\d:.]))?|(?=[\s,;)]))"
)
# 07/09/2026
_SLASH_DATE = r"(?P<slash_day>\d{1,2})/(?P<slash_month>\d{1,2})/(?P<slash_year>20\d\d|\d\d)"
# 7. September 2026, 7th of September
_NAMED_DATE = (
    rf"(?P<named_day>\d{{1,2}}){_ORDINAL}[ ]?(?:of[ ])?(?P<named_month>{_MONTH})"
    r"(?:,?[ ](?P<named_year>20\d\d))?"
)
# September 7, 2026
_US_DATE = (
    rf"(?P<us_month>{_MONTH})[ ](?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
    r"(?:,?[ ](?P<us_year>20\d\d))?"
)
_DATE_PREFIXES = ("iso_", "", "slash_", "named_", "us_")
_DATE = re.compile(
    rf"(?<![\d.])(?:{_ISO_DATE}|{_NUMERIC_DATE}|{_SLASH_DATE}|{_NAMED_DATE}|{_US_DATE})(?!\d)",
    re.IGNORECASE,
)
# Monday first, as in `date.weekday`.
_WEEKDAYS = (
    ("montag", "monday", "lundi", "lunedì"),
    ("dienstag", "tuesday", "mardi", "martedì"),
    ("mittwoch", "wednesday", "mercredi", "mercoledì"),
    ("donnerstag", "thursday", "jeudi", "giovedì"),
    ("freitag", "friday", "vendredi", "venerdì"),
    ("samstag", "saturday", "samedi", "sabato"),
    ("sonntag", "sunday", "dimanche", "domenica"),
)
_WEEKDAY = "(?:" + "|".join(map("|".join, _WEEKDAYS)) + ")"
_WEEKDAY_NAME = re.compile(_WEEKDAY, re.IGNORECASE)
_RANGE_OF_WEEKDAYS = re.compile(
    rf"(?:{_WEEKDAY}|\bmo)s?\.?\s?(?:bis|to|through|-|–)\s?$", re.IGNORECASE
)
# What may stand between `until` and the day: `bis einschl. Freitag, dem 7.9.`
_FILLER_WORD = any_of(r"""
    [\s,(.]|und mit|und|einschl(?:\.|ießlich|iesslich)?|inkl(?:\.|usive)?
    and including|including|incl\.
    zum|dem|den|the|le|il|voraussichtlich|ca\.|kommenden|nächsten|next
    mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri
""")
_FILLER = rf"(?:{_FILLER_WORD}|{_WEEKDAY})*"
# Before a day: the absence ends with it.
_UNTIL_WORD = "(?:bis|nach|after|until|till|through|to|jusqu['’]au|au|fino al|al)"
_UNTIL = re.compile(
    rf"(?:\b{_UNTIL_WORD}\b{_FILLER}|\d[^\d\w]{{0,3}}[-–]\s*)$",
    re.IGNORECASE,
)
# Before a day: something begins on it, the absence or what follows it.
_ON_WORD = "(?:am|ab|vom|on|from|as of|starting|dès le|le|dal|il)"
_BACK_WORD = r"(?:back|return\w*|zurück|rückkehr)"
_ON = re.compile(rf"(?:\b{_ON_WORD}|\b{_BACK_WORD}:?)\b{_FILLER}$", re.IGNORECASE)
# Anywhere in the sentence: it is about the return, or about the absence.
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
        out of|away|vacation|holiday|leave|absent|absence|not (?:in|available)|unavailable
        congé|vacances|ferie|assente
    """),
    re.IGNORECASE,
)
# `Nicht erreichbar ab 1.9.`: the words before and after the day on which the absence begins.
_NOT_BEFORE = re.compile(
    r"(?:not (?:be )?(?:available|back|reachable)|nicht (?:mehr )?\w+)\s*$", re.IGNORECASE
)
_NOT_AFTER = re.compile(
    r"nicht (?:erreichbar|wieder)|not (?:be )?(?:available|back)|unavailable", re.IGNORECASE
)
_GOES_ON = re.compile(r"\s*(?:bis|until|to|-|–)\s")
# `Angebot gültig bis 30.11.` often stands in the subject that the note repeats.
_OTHER_TERM = re.compile(
    r"gültig|\bvalid|valable|frist|lieferbar|rückmeld|antworten|offert|angebot[^.]{0,20}$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(
    r"[!?]|(?<!\d)(?<!einschl)(?<!inkl)(?<!sept)(?<!ca)\.(?=\s)|\n\s*\n", re.IGNORECASE
)


class Absence(NamedTuple):
    """How long somebody is away.

    `until` is the day of return or the last day of the absence, whichever the note names. It is None
    if the note names no day and if the day is more than 60 days off: then `is_too_long` is set, and
    `named_day` still has the day, for the question to a person.
    """

    until: date | None = None
    is_too_long: bool = False
    named_day: date | None = None


def find_absence(text: str, received_on: date, language: str = "") -> Absence:
    """Return how long the writer of an automatic reply is away; an empty Absence if it is not said.

    `text` is the subject and the mail without quotations. `language` (ISO 639-1) counts only where
    the text itself does not show its language.
    """
    day = find_return_date(text, received_on=received_on)
    if day is None:
        return Absence()
    if day > received_on + _LONGEST_PAUSE:
        return Absence(is_too_long=True, named_day=day)
    return Absence(until=day, named_day=day)


def find_return_date(text: str, *, received_on: date) -> date | None:
    """Return the day of return or the last day of the absence, whichever a note names, or None.

    `text` is the mail without quotations. Of several days the last counts. A day without a year is
    the next one to come; one before `received_on` or more than 400 days off does not count.
    """
    text = re.sub(r"[ \t\xa0]+", " ", text[:_LONGEST_TEXT])
    sentences = _split_sentences(text)
    found: list[date] = []
    for sentence in sentences:
        for match in _DATE.finditer(sentence):
            if _is_end_of_absence(sentence, match):
                day = _read_day(match, received_on)
                if day and received_on <= day <= received_on + _LONGEST_ABSENCE:
                    found.append(day)
    if found:
        return max(found)
    return _find_weekday(sentences, received_on)


def _split_sentences(text: str) -> list[str]:
    sentences: list[str] = []
    start = 0
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    for end in (*ends, len(text)):
        sentences.append(re.sub(r"\s+", " ", text[start:end]))
        start = end
    return sentences


def _is_end_of_absence(sentence: str, match: re.Match[str]) -> bool:
    before = sentence[max(0, match.start() - 60) : match.start()]
    if _OTHER_TERM.search(before[-45:]):
        return False
    if _UNTIL.search(before):
        return True
    if not _BACK.search(sentence):
        return False
    on = _ON.search(before)
    if on and not _NOT_BEFORE.search(before[: on.start()]):
        # `Ab 1.9. bin ich nicht erreichbar` is the beginning, `ab 15.9. wieder erreichbar` the end.
        after = sentence[match.end() : match.end() + 60]
        return not _NOT_AFTER.search(after) and not _GOES_ON.match(after)
    return not _AWAY.search(sentence)


def _read_day(match: re.Match[str], received_on: date) -> date | None:
    groups = match.groupdict()
    prefix = next(prefix for prefix in _DATE_PREFIXES if groups[f"{prefix}day"])
    day, year = int(groups[f"{prefix}day"]), groups[f"{prefix}year"]
    month_text = groups[f"{prefix}month"].lower().rstrip(".")
    month = int(month_text) if month_text.isdigit() else MONTH_NUMBERS[month_text]
    if prefix == "slash_" and month > 12 >= day:
        day, month = month, day
    try:
        if year:
            return date(int(year) % 100 + 2000, month, day)
        this_year = date(received_on.year, month, day)
        # A note from last week is stale; a January named in December is the next one.
        if received_on - this_year > timedelta(days=180):
            return date(received_on.year + 1, month, day)
        return this_year
    except ValueError:
        return None


def _find_weekday(sentences: list[str], received_on: date) -> date | None:
    """Return the next day of a weekday that is named alone, as in `back on Monday`."""
    for sentence in sentences:
        for match in _WEEKDAY_NAME.finditer(sentence):
            before = sentence[max(0, match.start() - 40) : match.start()]
            if _RANGE_OF_WEEKDAYS.search(before):
                continue
            if _UNTIL.search(before) or (_ON.search(before) and _BACK.search(sentence)):
                days = _weekday_number(match[0].lower()) - received_on.weekday()
                return received_on + timedelta(days=(days - 1) % 7 + 1)
    return None


def _weekday_number(name: str) -> int:
    return next(number for number, names in enumerate(_WEEKDAYS) if name in names)
