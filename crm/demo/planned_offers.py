"""Draw the offers of the demo's year and what customers answer.

The random numbers are seeded, so every demo has the same offers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from unicodedata import normalize
from zoneinfo import ZoneInfo

from crm.demo.mail_files import Person
from crm.demo.sample_data import (
    COMMENTS,
    FIRMS,
    INTERESTED_COMMENTS,
    PLACES,
    PRODUCTS,
    REASON_WEIGHTS,
    SALESPEOPLE,
    SUBJECTS,
    Firm,
    Salesperson,
)

ZONE = ZoneInfo("Europe/Zurich")
# Fewer offers leave in the building trade's holidays and around Christmas.
QUIET_MONTHS = {7: 0.7, 8: 0.8, 12: 0.6, 1: 0.8}
# A good part of the business comes from the first customers.
_FIRM_WEIGHTS = [3] * 8 + [1] * (len(FIRMS) - 8)
_ASCII_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "'": "", " ": "."}
)


@dataclass(frozen=True)
class PlannedOffer:
    """One offer before it is sent. `at` is aware."""

    number: str
    salesperson: Salesperson
    firm: Firm
    customer: Person
    subject: str
    at: datetime
    amount: Decimal


def draw_year(random: Random, *, now: datetime, offers: int) -> list[PlannedOffer]:
    """Return about a year of offers that ends now, oldest first."""
    days = _list_weekdays(now.astimezone(ZONE).date())
    weights: list[float] = []
    for place, day in enumerate(days):
        growth = 0.8 + 0.4 * place / len(days)
        weights.append(QUIET_MONTHS.get(day.month, 1.0) * growth)
    chosen = random.choices(days, weights, k=offers)
    moments = sorted(_draw_moment(random, day) for day in chosen)
    counters: dict[int, int] = {}
    planned = []
    for at in moments:
        if at < now - timedelta(minutes=30):
            counters[at.year] = counters.get(at.year, 100) + random.randint(1, 3)
            planned.append(_draw_offer(random, f"AN-{at.year}-{counters[at.year]:04}", at))
    return planned


def _list_weekdays(last: date) -> list[date]:
    """Return the weekdays of the year that ends on `last`."""
    days = [last - timedelta(days=back) for back in range(365, -1, -1)]
    return [day for day in days if day.weekday() < 5]


def _draw_moment(random: Random, day: date) -> datetime:
    clock = time(random.randint(7, 16), random.randint(0, 59), random.randint(0, 59))
    return datetime.combine(day, clock, ZONE)


def _draw_offer(random: Random, number: str, at: datetime) -> PlannedOffer:
    shares = [each.share for each in SALESPEOPLE]
    salesperson = random.choices(SALESPEOPLE, shares)[0]
    firm = random.choices(FIRMS, _FIRM_WEIGHTS)[0]
    product = random.choice(PRODUCTS)
    name = getattr(product, firm.language)
    subject = random.choice(SUBJECTS[firm.language]).format(
        number=number, product=name, place=random.choice(PLACES)
    )
    amount = Decimal(round(product.amount * random.uniform(0.6, 1.9), -1)).quantize(Decimal("0.01"))
    return PlannedOffer(number, salesperson, firm, _draw_person(random, firm), subject, at, amount)


def _draw_person(random: Random, firm: Firm) -> Person:
    first, last = random.choice(firm.people)
    full_name = f"{first.removeprefix('Dr. ')}.{last}".lower().translate(_ASCII_LETTERS)
    local_part = normalize("NFKD", full_name).encode("ascii", "ignore").decode("ascii")
    return Person(f"{first} {last}", f"{local_part}@{firm.domain}")


def draw_answer(random: Random, today: date) -> dict[str, str]:
    """Return what a customer fills into the form."""
    kind = random.choices(["interested", "declined", "undecided"], [38, 46, 16])[0]
    answer = {"answer": kind}
    if kind == "declined":
        answer["reason"] = random.choices(list(REASON_WEIGHTS), list(REASON_WEIGHTS.values()))[0]
        answer["comment"] = random.choice(COMMENTS[answer["reason"]])
    elif kind == "undecided":
        answer["ask_again_on"] = (today + timedelta(days=random.randint(7, 45))).isoformat()
    else:
        answer["comment"] = random.choice(INTERESTED_COMMENTS)
        if random.random() < 0.3:
            answer["phone"] = f"+41 79 555 {random.randint(10, 99)} {random.randint(10, 99)}"
    return answer
