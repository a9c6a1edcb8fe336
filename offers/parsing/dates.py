"""The time at which a mail was sent, out of the forms that mail programs write. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from crm.core.months import MONTH_NUMBERS

# Hours from UTC of the names that real mails carry; any other name says nothing, and then UTC is as
# good as any.
_ZONES = {
    "CET": 1, "MET": 1, "MEZ": 1, "BST": 1, "WEST": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
}  # fmt: skip
_DATE = re.compile(
    r"(?:[^\d,]{1,20},?\s*)?(\d{1,2})[ \t.-]+([A-Za-zä]{3})[a-z]*[. \t-]+(\d{4}|\d{2,3})[ \t]+"
    r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d+)?)?"
    r"[ \t]*(?:([+-]?)[ \t]*(\d{4}|(?<=[+-])\d{1,3})(?!\d)|\(?([A-Za-z]{1,5})\b)?"
)
_EARLIEST, _LATEST = 1980, 2100


def parse_date(value: str) -> datetime | None:
    """Return the time in a `Date` field or behind the last semicolon of a `Received` field as aware
    UTC, or None.

    Any zone counts (`UT` as David writes it, offsets, names); a time without one is UTC. Years
    outside 1980 to 2100 are no time at which a mail was sent.
    """
    found = _DATE.match(value.lstrip())
    try:
        sent_at = _from_match(found) if found else _from_anything(value[:200])
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return sent_at if sent_at and _EARLIEST <= sent_at.year < _LATEST else None


def _from_match(found: re.Match[str]) -> datetime | None:
    day, month_name, year_text, hour, minute, second, sign, digits, zone = found.groups()
    month = MONTH_NUMBERS.get(month_name.lower())
    if month is None:
        return None
    year = int(year_text)
    if year < 1000:  # RFC 5322, 4.3; some programs of 2002 wrote `0102`, the years since 1900
        year += 1900 if year >= 50 else 2000
    minutes = 60 * _ZONES.get((zone or "").upper(), 0)
    if digits:
        # `+1` and `+02` are hours, `+200` and `+0200` hours and minutes
        minutes = 60 * int(digits) if len(digits) < 3 else 60 * int(digits[:-2]) + int(digits[-2:])
        minutes = -minutes if sign == "-" else minutes
    local = datetime(
        year, month, int(day), int(hour) % 24, int(minute), min(int(second or 0), 59), tzinfo=UTC
    )
    return local - timedelta(minutes=minutes) if abs(minutes) < 24 * 60 else local


def _from_anything(value: str) -> datetime | None:
    """Read ISO 8601 and what the standard library still knows, such as the date of C's asctime."""
    text = value.strip()
    if re.match(r"\d{4}-\d\d-\d\d", text):
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    parts = parsedate_tz(text)
    if parts is None:
        return None
    moment = datetime(*parts[:5], min(parts[5], 59), tzinfo=UTC)
    return moment - timedelta(seconds=parts[9] or 0)
