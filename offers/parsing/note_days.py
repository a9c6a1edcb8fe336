"""Find the days that a sentence of an out-of-office note names, in many languages. Pure.

All texts are folded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from offers.parsing.day_names import MONTH, WEEKDAY, find_month, find_weekday
from offers.parsing.folding import compile_words

_ORDINAL = r"(?:\.|st|nd|rd|th|er|eme|o|a|e)?"
# 2026-12-07, and in Hungarian 2026. 12. 07.
_ISO_DATE = (
    r"(?<!\d-)(?P<iso_year>20\d\d)(?:-|[./] ?)(?P<iso_month>\d\d?)(?:-|[./] ?)(?P<iso_day>\d\d?)\.?"
)
# 7.12.2026, 7. 12. 26, 7.12., and 7.12 before a blank, a comma or a bracket
_NUMERIC_DATE = (
    r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})"
    r"(?:\. ?(?P<year>20\d\d|\d\d(?![\d:.]))?|(?=[\s,;)-]|$))"
)
# 07/12/2026, 7/12
_SLASH_DATE = r"(?P<slash_day>\d{1,2})/(?P<slash_month>\d{1,2})(?:/(?P<slash_year>20\d\d|\d\d))?"
# 07-12-2026
_DASH_DATE = r"(?<!\d-)(?P<dash_day>\d{1,2})-(?P<dash_month>\d{1,2})-(?P<dash_year>20\d\d)"
# 7. Dezember 2026, 7th of December, 7 de diciembre de 2026
_NAMED_DATE = (
    rf"(?P<named_day>\d{{1,2}}){_ORDINAL}[ -]?(?:of |de |di |d')?(?P<named_month>{MONTH})"
    r"(?:,?[ -](?:de |del |do )?(?P<named_year>20\d\d))?"
)
# December 7, 2026; December 3 - 7
_US_DATE = (
    rf"(?P<us_month>{MONTH}) (?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:/])"
    r"(?: ?(?:-|to|through|until|till) ?(?P<us_last>\d{1,2})(?:st|nd|rd|th)?(?![\d:/.]| [a-z]{3}))?"
    r"(?:,? (?P<us_year>20\d\d))?"
)
_DATE = re.compile(
    rf"(?<!\w)(?<!\d[./])(?:{_ISO_DATE}|{_NUMERIC_DATE}|{_NAMED_DATE}|{_SLASH_DATE}|{_DASH_DATE}|{_US_DATE})(?!\d)"
)
_PREFIXES = ("iso_", "", "slash_", "dash_", "named_", "us_")
_MONTH_ALONE = re.compile(
    rf"(?<![\w.])(?P<part>anfang|mitte|ende|early|mid-?|(?:the )?(?:end|beginning|middle) of|debut|fin"
    r"|mi-|inizio|meta|fine|begin|medio|eind|koniec|konca|poczatk\w*|konce|polovin\w*)?"
    rf"(?: ?(?:de |di |of )?)(?P<month>{MONTH})(?: (?:de )?(?P<year>20\d\d))?(?! ?\d)"
)
_DAY_BEFORE_MONTH = re.compile(r"\d(?:\.|st|nd|rd|th|er)?[ -]?(?:of |de |di )?$")
_BEGINNING = ("anfang", "early", "beginning", "debut", "inizio", "begin", "poczatk")
_MIDDLE = ("mitte", "mid", "the middle", "middle", "mi-", "meta", "medio", "polovin")
_WEEK_NUMBER = re.compile(
    r"(?<!\w)(?:kw|kalenderwoche|week|semaine|settimana|uke|uge|vecka|tyden|tydzien)\.? ?(\d{1,2})(?!\d)"
)
_WEEKDAY_NAME = re.compile(rf"(?<!\w){WEEKDAY}")
_WEEKDAY_RANGE_BEFORE = re.compile(
    rf"(?:{WEEKDAY}|\bmo|\bmon)s?\.?\s?(?:bis|to|through|au|al|tot|t/m|do|a|-)\s?$"
)
_WEEKDAY_RANGE_AFTER = re.compile(rf"\.?\s?(?:bis|to|through|au|al|tot|t/m|do|a|-)\s?{WEEKDAY}")
_RELATIVE_DAYS = (
    (
        2,
        compile_words(
            r"übermorgen\b|(?:the )?day after tomorrow|après-demain|dopodomani|overmorgen"
        ),
    ),
    (
        1,
        compile_words(
            r"""
            (?<!guten )(?<!am )(?<!heute )(?<!jeden )(?<!goede )morgen\b|tomorrow|demain|domani
            jutro\b|jutra\b|zítra|zajtra|holnap\w*|mañana|amanhã|imorgon|i morgen|i morgon|huomenna
            huomiseen|mâine|jutri|sutra
            """
        ),
    ),
)
_NEXT_WEEK = compile_words(
    r"""
    (?:nächster?|kommende[rn]?) woche|next week|(?:la )?semaine prochaine
    (?:la )?(?:prossima settimana|settimana prossima)
    volgende week|przyszłym tygodniu|příští týden|budúci týždeň|jövő hét\w*|próxima semana
    nästa vecka|næste uge|neste uke|ensi viikolla|ensi viikkoon|săptămâna viitoare
    """
)
# `am 30. wieder`
_DAY_ALONE = re.compile(
    rf"(?<![\w.:/-])(\d{{1,2}})(?:\.|st|nd|rd|th)(?!\w| ?\d| (?:of |de |di )?{MONTH})"
)
_MONTH_BEFORE = re.compile(rf"(?<!\w){MONTH} $")
_WEEK_END = compile_words(
    r"ende (?:der|dieser) woche|wochenende|(?:the )?end of (?:the|this) week|fin de (?:la )?semaine|fine settimana"
)
_MOST_DAYS_OF_MONTH = 31
_STALE = timedelta(days=180)


class Day(NamedTuple):
    """One mention of a day. Of an ambiguous `12/08` there are two readings.

    `first` is the begin of a range that is part of the mention itself.
    """

    start: int
    end: int
    readings: tuple[date, ...]
    first: date | None = None


def find_dates(sentence: str, received_on: date, language: str) -> list[Day]:
    """Return the dates of a sentence in their order; impossible ones are left out."""
    days = [_read_date(found, received_on, language) for found in _DATE.finditer(sentence)]
    return [day for day in days if day.readings]


def find_months_and_weeks(sentence: str, received_on: date, language: str) -> list[Day]:
    """Return the days meant by `Mitte Januar`, `March 2027` or `KW 50`."""
    days: list[Day] = []
    for found in _MONTH_ALONE.finditer(sentence):
        month = find_month(found["month"].rstrip("."), language)
        is_clear = found["year"] or found["part"] or len(found["month"]) > 4
        if month and is_clear and not _DAY_BEFORE_MONTH.search(sentence[: found.start()][-10:]):
            year = int(found["year"]) if found["year"] else _next_year(month, 28, received_on)
            day = _day_of_month(year, month, found["part"] or "anfang")
            days.append(Day(found.start(), found.end(), (day,)))
    for found in _WEEK_NUMBER.finditer(sentence):
        if 1 <= int(found[1]) <= 52:
            days.append(Day(found.start(), found.end(), (_monday_of(int(found[1]), received_on),)))
    return days


def find_weekdays(sentence: str, received_on: date, language: str) -> list[Day]:
    """Return the days meant by `Monday`, `tomorrow` or `next week`; not by opening hours."""
    days: list[Day] = []
    for found in _WEEKDAY_NAME.finditer(sentence):
        number = find_weekday(found[0])
        is_range = _WEEKDAY_RANGE_AFTER.match(sentence, found.end())
        is_range = is_range or _WEEKDAY_RANGE_BEFORE.search(sentence[: found.start()][-40:])
        if number is not None and not is_range:
            days.append(Day(found.start(), found.end(), (_next(number, received_on),)))
    for count, pattern in _RELATIVE_DAYS:
        for found in pattern.finditer(sentence):
            day = received_on + timedelta(days=count)
            days.append(Day(found.start(), found.end(), (day,)))
    for found in _NEXT_WEEK.finditer(sentence):
        days.append(Day(found.start(), found.end(), (_next(0, received_on),)))
    for found in _DAY_ALONE.finditer(sentence):
        if _MONTH_BEFORE.search(sentence[: found.start()][-14:]):
            continue
        if day_of_month := _next_day_of_month(int(found[1]), received_on):
            days.append(Day(found.start(), found.end(), (day_of_month,)))
    for found in _WEEK_END.finditer(sentence):
        days.append(Day(found.start(), found.end(), (_next(4, received_on),)))
    return days


def _read_date(found: re.Match[str], received_on: date, language: str) -> Day:
    groups = found.groupdict()
    prefix = next(prefix for prefix in _PREFIXES if groups[f"{prefix}day"])
    day = int(groups[f"{prefix}day"])
    year, word = groups[f"{prefix}year"], groups[f"{prefix}month"]
    month = int(word) if word.isdigit() else find_month(word, language) or 0
    readings = list(_build_days(year, month, day, received_on))
    # In American English the month comes first.
    if prefix in ("slash_", "dash_") and language in ("", "en") and day != month:
        readings += _build_days(year, day, month, received_on)
    first = None
    if prefix == "us_" and groups["us_last"]:
        first = readings[0] if readings else None
        readings = list(_build_days(year, month, int(groups["us_last"]), received_on))
    return Day(found.start(), found.end(), tuple(readings), first)


def _build_days(year: str | None, month: int, day: int, received_on: date) -> Iterator[date]:
    try:
        if year:
            yield date(int(year) % 100 + 2000, month, day)
        else:
            yield date(_next_year(month, day, received_on), month, day)
    except ValueError:
        return


def _next_year(month: int, day: int, received_on: date) -> int:
    # A note from last week is stale; a January named in December is the next one.
    if received_on - date(received_on.year, month, min(day, 28)) > _STALE:
        return received_on.year + 1
    return received_on.year


def _day_of_month(year: int, month: int, part: str) -> date:
    if part.startswith(_BEGINNING):
        return date(year, month, 1)
    if part.startswith(_MIDDLE):
        return date(year, month, 15)
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _monday_of(week: int, received_on: date) -> date:
    year = received_on.year
    monday = date.fromisocalendar(year, week, 1)
    if received_on - monday > _STALE:
        return date.fromisocalendar(year + 1, week, 1)
    return monday


def _next(weekday: int, received_on: date) -> date:
    return received_on + timedelta(days=(weekday - received_on.weekday() - 1) % 7 + 1)


def _next_day_of_month(number: int, received_on: date) -> date | None:
    for days in range(_MOST_DAYS_OF_MONTH):
        day = received_on + timedelta(days=days)
        if day.day == number:
            return day
    return None
