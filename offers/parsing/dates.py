"""Read the time at which a mail was sent, in the formats that mail programs write. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from crm.core.months import MONTH_NUMBERS

# Hours from UTC of the names in real mails. Any other name counts as UTC.
_ZONES = {
    "CET": 1, "MET": 1, "MEZ": 1, "BST": 1, "WEST": 1,
    "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
}  # fmt: skip
# `Mon, 07 Sep 2026 09:12:40 +0200`: perhaps a weekday, day, month, year; hour, minute, perhaps
# second; perhaps an offset from UTC or the name of a zone.
_DATE = re.compile(
    r"(?:[^\d,]{1,20},?\s*)?"
    r"(?P<day>\d{1,2})[ \t.-]+(?P<month>[A-Za-zä]{3})[a-z]*[. \t-]+(?P<year>\d{4}|\d{2,3})[ \t]+"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:\.\d+)?)?[ \t]*"
    r"(?:(?P<sign>[+-]?)[ \t]*(?P<offset>\d{4}|(?<=[+-])\d{1,3})(?!\d)"
    r"|\(?(?P<zone>[A-Za-z]{1,5})\b)?"
)
_EARLIEST, _LATEST = 1980, 2100


def parse_date(value: str) -> datetime | None:
    """Return the time in a `Date` field as aware UTC, or None; without a zone it is UTC."""
    found = _DATE.match(value.lstrip())
    try:
        sent_at = _read_match(found) if found else _read_other_form(value[:200])
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if sent_at is None or not _EARLIEST <= sent_at.year < _LATEST:
        return None
    return sent_at


def _read_match(found: re.Match[str]) -> datetime | None:
    day, month_name, year_digits, hour, minute, second, sign, offset, zone = found.groups()
    month = MONTH_NUMBERS.get(month_name.lower())
    if month is None:
        return None
    year = int(year_digits)
    if year < 1000:  # RFC 5322, 4.3; some programs of 2002 wrote `0102`, the years since 1900
        year += 1900
        if year < 1950:
            year += 100
    seconds = min(int(second or 0), 59)  # a leap second
    local = datetime(year, month, int(day), int(hour) % 24, int(minute), seconds, tzinfo=UTC)
    if offset:
        minutes = _count_minutes(sign, offset)
    else:
        minutes = 60 * _ZONES.get((zone or "").upper(), 0)
    if abs(minutes) >= 24 * 60:
        return local
    return local - timedelta(minutes=minutes)


def _count_minutes(sign: str, offset: str) -> int:
    if len(offset) < 3:  # `+1` and `+02`; three and four digits are hours and minutes
        minutes = 60 * int(offset)
    else:
        minutes = 60 * int(offset[:-2]) + int(offset[-2:])
    return -minutes if sign == "-" else minutes


def _read_other_form(value: str) -> datetime | None:
    """Read ISO 8601 and other formats of the standard library, such as that of C's asctime."""
    text = value.strip()
    if re.match(r"\d{4}-\d\d-\d\d", text):
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    parts = parsedate_tz(text)
    if parts is None:
        return None
    moment = datetime(*parts[:5], min(parts[5], 59), tzinfo=UTC)
    return moment - timedelta(seconds=parts[9] or 0)
