"""Find in an out-of-office note, in any language of Europe, when its writer is back. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from offers.parsing import absence_words as words
from offers.parsing.alternatives import any_of
from offers.parsing.automatic_subjects import PLAIN_SUBJECT
from offers.parsing.day_names import WEEKDAY, find_language, find_month
from offers.parsing.findings import Absence
from offers.parsing.folding import compile_words, fold
from offers.parsing.footers import split_footer
from offers.parsing.note_days import Day, find_dates, find_months_and_weeks, find_weekdays
from offers.parsing.prefixes import split_prefixes

_LONGEST_TEXT = 5_000
_MOST_SENTENCES = 120
_MOST_DAYS = 12  # in one sentence
_LONGEST_PAUSE = timedelta(days=60)
# An absence that begins later than that is announced, and not the reason of the note.
_ANNOUNCED = timedelta(days=7)
_AROUND = 90
_LONGEST_BETWEEN = 60
_LATEST_YEAR = 9_000

_SENTENCE_END = re.compile(
    r"[!?]|(?<!\d)(?<![Ee]inschl)(?<![Ii]nkl)(?<![Ss]ept)(?<!\bca)(?<!\bDr)(?<!\b\w)\.(?=\s)|\n\s*\n"
)
_LAST_WORD = re.compile(r"(?<!\w)[^\W\d_]{3,4}$")
# A number and a full stop end a sentence only before a capital letter, but `7. Dezember` goes on.
_NUMBER_END = re.compile(r"(?<=\d)\.\s+(?=([A-ZÄÖÜ][^\W\d_]*))")
# A short line ends before a line that begins with a capital letter.
_SHORT_LINE = re.compile(r"(?m)^(.{1,50})\n(?=\s*[A-ZÄÖÜ][^\W\d_]*[ :])")
_SUBJECT_OF_NOTE = re.compile(r"[^:]{0,60}?:\s*(?P<rest>.*)")
_BEGINS_WITH_DAY = re.compile(
    r"(?:bis|vom|ab|am|zuruck|wieder|until|from|back|on|du|jusqu|dal|fino|tot|do|od|til|till|\d)\b"
)

_FILLER_WORD = fold(
    any_of(r"""
        [\s,(.:]|d\.?(?= )|und mit|und|einschl(?:\.|ießlich)?|inkl(?:\.|usive)?|zum|dem|den|ca
        \d{1,2}(?:[:.]\d\d)? ?(?:uhr|[ap]\.?m\.?|h)(?= )|on|um|voraussichtlich|circa
        kommenden|nächsten|mindestens|mo|di|mi|do|fr|sa|so
        and including|including|incl|inclusive|the|next|and|around|about|at least|mon|tue|wed|thu|fri
        le|la|les|il|el|lo|o dia|dia|dnia|dne|dňa|dan|het|de|en met|met|(?:og|och) med|med|pe|ziua de
    """)
)
_UNTIL_WORD = fold(
    any_of(r"""
        bis|nach|after|until|untill|till|til|through|thru|to|jusqu'?\s?(?:aux?|à|a)?|aux?|après
        fino|all?'?|dopo(?: il)?|tot|t/m|tm|do|hasta|até|ate|ao?|t\.?o\.?m\.?|tom|indtil|frem til
        până|po|după|efter|etter|na
    """)
)
_ON_WORD = fold(
    any_of(r"""
        am|ab|vom|von|from|on|as of|starting|dès|des|du|dal|dall'|il|le|op|vanaf|od|dne|dnia|dňa
        den|dana|el|desde|a partir(?: del?| do)?|em|no|från|fra|på|pe|din|începând(?: cu)?|s|z
        w dniu|im|in
    """)
)
_BETWEEN_WORD = fold(
    any_of("""
        zwischen|between|entre|tra|fra|tussen|między|mezi|medzi|mellan|mellem|mellom|između|med
    """)
)
_FROM_WORD = fold(
    any_of("""
        ab|vom|von|from|starting|as of|du|dal|van|vanaf|od|desde|del?|de|från|fra|din|den
    """)
)


def _compile_before(pattern: str) -> re.Pattern[str]:
    """Return a pattern for the words before a day: they begin a word."""
    return re.compile(rf"(?<!\w)(?:{pattern})")


# What may stand between `until` and the day: `bis einschl. Freitag, dem 7.9.`
_FILLER = rf"(?:{_FILLER_WORD}|{WEEKDAY})*"
# Before a day: the absence ends with it.
_UNTIL = _compile_before(rf"{_UNTIL_WORD}(?!\w){_FILLER}$|\d[^\d\w]{{0,3}}-\s*$")
_UNTIL_AFTER = re.compile(
    r"\s?'?(?:tarihine |y?[ae] |gunu(?:ne)? )?(?:kadar|dek)\b"
    r"|\s?-?(?:asti|saakka|mennessa|i?g\b|jeig|aig|eig|ig bezarolag)\b"
)
# Before a day: something begins on it, the absence or what follows it.
_ON = _compile_before(rf"{_ON_WORD}(?!\w){_FILLER}$")
_ON_AFTER = re.compile(
    r"\s?'?(?:tarihinde|[td][ae]n? )|\s?-?(?:alkaen|lahtien|t[ou]l\b|[jea]?[ae]n\b|[ei]n\b)"
)
_SINCE = _compile_before(rf"(?:seit|since|depuis|sinds|sedan|siden|ota)(?!\w){_FILLER}$")
_BETWEEN = _compile_before(rf"{_BETWEEN_WORD}(?!\w){_FILLER}$")
_BETWEEN_AFTER = re.compile(r"\.?\s?(?:kozott|valisena)")
_FROM = _compile_before(rf"{_FROM_WORD}(?!\w){_FILLER}$")
_CONNECTOR = re.compile(
    rf"{_FILLER}(?:{_UNTIL_WORD}|-|a|e|og|och|and|und|et|y|i|in|ja|es|si){_FILLER}"
)
# The first day of `vom 24. bis 27.11.`
_FIRST_DAY = re.compile(
    rf"(?<![\d.])(\d{{1,2}})(?:\.|st|nd|rd|th|er)? ?(?:{_UNTIL_WORD}|-|and|und|et|a|e|y){_FILLER}$"
)
_PRESENT_UNTIL = compile_words(r"""
    (?:erreichbar|verfügbar|da\b|im (?:büro|haus)|available|reachable|in the office|joignable)
    (?:disponib\w*|raggiungibil\w*|bereikbaar|dostępn\w*|k dispozici)
""")
_AGAIN = compile_words(r"""
    wieder|nicht|zurück|again|back|not|nouveau|pas|retour|nuovo|non|niet|terug|ponownie|nie|není
""")


class _Mention(NamedTuple):
    """A day at which an absence ends, and the day at which it begins, if that is named."""

    day: Day
    first: date | None


def find_absence(text: str, received_on: date, language: str = "") -> Absence:
    """Return how long the writer of an automatic reply is away; an empty Absence if it is not said.

    `text` is the subject and the mail without quotations. `language` (ISO 639-1) counts only where
    the text itself does not show its language. Of several days the last counts. A day without a
    year is the next one to come. An absence that begins more than a week later does not count.
    """
    if received_on.year > _LATEST_YEAR:
        return Absence()
    text = split_footer(_drop_our_subject(text[:_LONGEST_TEXT])).text
    sentences = _split_sentences(text)
    language = find_language(" ".join(sentences)) or language[:2].lower()
    is_away = any(words.AWAY.search(sentence) for sentence in sentences)
    for find_days in (find_dates, find_months_and_weeks, find_weekdays):
        mentions: list[_Mention] = []
        for sentence in sentences:
            days = find_days(sentence, received_on, language)[:_MOST_DAYS]
            mentions += _find_ends(sentence, days, is_note_away=is_away)
        if mentions:
            # Also if it is over or only announced: no other word says more than a date.
            return _build_absence(_choose(mentions, received_on), received_on)
    return Absence()


def _build_absence(day: date | None, received_on: date) -> Absence:
    if day is not None and day > received_on + _LONGEST_PAUSE:
        return Absence(is_too_long=True, named_day=day)
    return Absence(until=day, named_day=day)


def _drop_our_subject(text: str) -> str:
    """Remove from the first line the subject of ours that an automatic reply repeats."""
    line, end, rest = text.partition("\n")
    if not end:
        return text
    subject = fold(line)
    if split_prefixes(line).is_reply:
        return rest
    found = _SUBJECT_OF_NOTE.match(subject)
    is_marked = PLAIN_SUBJECT.match(subject) or words.AWAY.match(subject)
    if found and is_marked and not _BEGINS_WITH_DAY.match(found["rest"]):
        return subject[: found.start("rest")] + "\n" + rest
    return text


def _split_sentences(text: str) -> list[str]:
    text = re.sub(r"[ \t\xa0]+", " ", text)
    text = _SHORT_LINE.sub(r"\1\n\n", text)
    sentences: list[str] = []
    start = 0
    ends: list[int] = []
    for found in _SENTENCE_END.finditer(text):
        word = _LAST_WORD.search(text, max(0, found.start() - 12), found.start())
        if word is None or find_month(fold(word[0])) is None:  # `Dec. 7`
            ends.append(found.end())
    for found in _NUMBER_END.finditer(text):
        if find_month(fold(found[1])) is None:
            ends.append(found.end())
    for end in (*sorted(ends)[:_MOST_SENTENCES], len(text)):
        sentence = re.sub(r"\s+", " ", fold(text[start:end])).strip()
        if sentence:
            sentences.append(sentence)
        start = end
    return sentences


def _choose(mentions: list[_Mention], received_on: date) -> date | None:
    """Return the last of the days, or None."""
    announced: list[tuple[date, date]] = []
    for mention in mentions:
        if mention.first and mention.first > received_on + _ANNOUNCED:
            announced.append((mention.first, mention.day.readings[0] + timedelta(days=10)))
    clear: set[date] = set()
    unclear: list[tuple[date, ...]] = []
    for mention in mentions:
        days = []
        for day in mention.day.readings:
            if day >= received_on and not any(begin <= day <= end for begin, end in announced):
                days.append(day)
        if len(set(days)) == 1:
            clear.add(days[0])
        elif days:
            unclear.append(tuple(days))
    latest = received_on + _LONGEST_PAUSE
    for readings in unclear:
        if not clear.intersection(readings):
            # The later one that holds nothing for long, so that nobody is written to while away.
            harmless = [day for day in readings if day <= latest]
            clear.add(max(harmless, default=min(readings)))
    near = [day for day in clear if day <= latest]
    return max(near or clear, default=None)


def _find_ends(sentence: str, days: list[Day], *, is_note_away: bool) -> list[_Mention]:
    """Return those days of a sentence at which an absence of its writer ends."""
    mentions: list[_Mention] = []
    for number, day in enumerate(days):
        earlier = days[number - 1] if number else None
        later = days[number + 1] if number + 1 < len(days) else None
        begin = max(earlier.end if earlier else 0, day.start - _AROUND)
        before = sentence[begin : day.start]
        end = min(later.start if later else len(sentence), day.end + _AROUND)
        after = sentence[day.end : end]
        if _is_other(before, after):
            continue
        first = _find_first(sentence, earlier, day, before)
        until = day.first is not None or first is not None or _says_until(before, after)
        if until and _is_away_until(sentence, before, after, is_note_away=is_note_away):
            mentions.append(_Mention(day, first))
        elif not until and _is_return(sentence, before, after):
            mentions.append(_Mention(day, None))
    return mentions


def _says_until(before: str, after: str) -> bool:
    return bool(_UNTIL.search(before) or _UNTIL_AFTER.match(after))


def _find_first(sentence: str, earlier: Day | None, day: Day, before: str) -> date | None:
    """Return the begin of the range that ends with a day, if there is one."""
    if day.first:
        return day.first
    if earlier is None or day.start - earlier.end > _LONGEST_BETWEEN:
        return _find_first_day(before, day.readings[0])
    between = sentence[earlier.end : day.start]
    ahead = sentence[max(0, earlier.start - 40) : earlier.start]
    says_until = _UNTIL.search(between) or between.strip() == "-"
    says_from = _FROM.search(ahead) or _BETWEEN.search(ahead)
    if _CONNECTOR.fullmatch(between):
        is_range = bool(says_until or says_from or _BETWEEN_AFTER.match(sentence, day.end))
    else:
        is_range = bool(says_until and says_from)
    return earlier.readings[0] if is_range else None


def _find_first_day(before: str, last: date) -> date | None:
    """Return the begin of a range of which only the end has a month: `24. bis 27.11.`"""
    found = _FIRST_DAY.search(before)
    if found and 1 <= int(found[1]) <= min(last.day, 28):
        return last.replace(day=int(found[1]))
    return None


def _is_other(before: str, after: str) -> bool:
    """Return whether a day belongs to an offer, a fair, an address, an appointment, somebody else."""
    if _SINCE.search(before):
        return True
    around = before + "|" + after
    is_own = bool(words.FIRST_SINGULAR.search(around) and words.AWAY.search(around))
    if not is_own and _is_elsewhere(before, after):
        return True
    matter = _last(words.OTHER_MATTER, before[-60:])
    if matter is not None and not _speaks_of_writer(before[-60:][matter:]):
        return True
    if words.OTHER_MATTER.match(after.lstrip()) and not words.AWAY.search(around):
        return True
    third = _last(words.THIRD_PERSON, before)
    if third is None:
        return False
    return not (words.FIRST_SINGULAR.search(before, third) or words.DEPUTY.search(before, third))


def _is_elsewhere(before: str, after: str) -> bool:
    """Return whether a day is that of a fair or an appointment, or ends the life of an address."""
    for pattern in (words.OTHER_PLACE, words.OTHER_LIFE):
        position = _last(pattern, before)
        if position is not None and not words.BACK.search(before, position):
            return True
        if pattern.search(after):
            return True
    return False


def _last(pattern: re.Pattern[str], text: str) -> int | None:
    position = None
    for found in pattern.finditer(text):
        position = found.end()
    return position


def _speaks_of_writer(text: str) -> bool:
    return bool(words.FIRST_SINGULAR.search(text) or words.AWAY.search(text))


def _is_away_until(sentence: str, before: str, after: str, *, is_note_away: bool) -> bool:
    around = before + "|" + after
    if words.AWAY.search(around):
        return True
    if _PRESENT_UNTIL.search(around) and not _AGAIN.search(around):
        return False  # `bis Freitag erreichbar`
    for pattern in (words.AWAY, words.RETURN, words.FIRST_SINGULAR):
        if pattern.search(sentence):
            return True
    is_short = len(sentence.split()) <= 10
    return is_note_away and (is_short or words.DEPUTY.search(sentence) is not None)


def _is_return(sentence: str, before: str, after: str) -> bool:
    """Return whether a day that nothing ends at is the one on which somebody is back."""
    ahead = _find_back(before, from_end=True)
    follows = _find_back(after, from_end=False)
    if not ahead and not follows:
        return False
    if _ON.search(before) or _ON_AFTER.match(after):
        return True
    # `Rückkehr: 7.12.`, `wracam 7 grudnia`
    if (ahead and len(before) - ahead <= 25) or 0 < follows <= 25:
        return True
    return not words.AWAY.search(sentence)


def _find_back(text: str, *, from_end: bool) -> int:
    """Return where the word for a return ends that belongs to the day beside a text, or 0.

    Towards the day it must come before the word for an absence: `ab 1.9. bin ich nicht erreichbar`.
    """
    spans = [found.span() for found in words.AWAY.finditer(text)]
    position = 0
    for found in words.BACK.finditer(text):
        if any(start <= found.start() < end for start, end in spans):
            continue
        if from_end:
            if not any(start >= found.end() for start, end in spans):
                position = found.end()
        elif not any(end <= found.start() for start, end in spans):
            return found.end()
    return position
