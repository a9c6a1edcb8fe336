"""How sellers and customers of the demo behave: what is drawn for each offer. Seeded, so every demo
tells the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from unicodedata import normalize
from zoneinfo import ZoneInfo

from crm.demo.mails import Person
from crm.demo.world import (
    COMMENTS,
    FIRMS,
    INTERESTED_COMMENTS,
    PLACES,
    PRODUCTS,
    REASON_WEIGHTS,
    SELLERS,
    SUBJECTS,
    Firm,
    Seller,
)

ZONE = ZoneInfo("Europe/Zurich")
# Fewer offers leave in the building trade's holidays and around Christmas.
QUIET_MONTHS = {7: 0.7, 8: 0.8, 12: 0.6, 1: 0.8}


@dataclass(frozen=True)
class PlannedOffer:
    """One offer before it is sent. `at` is aware."""

    number: str
    seller: Seller
    firm: Firm
    customer: Person
    subject: str
    at: datetime
    amount: Decimal


def draw_year(random: Random, *, now: datetime, offers: int) -> list[PlannedOffer]:
    """Return about a year of offers that ends now, oldest first."""
    days = [now.astimezone(ZONE).date() - timedelta(days=back) for back in range(365, -1, -1)]
    days = [day for day in days if day.weekday() < 5]
    weights = [
        QUIET_MONTHS.get(day.month, 1.0) * (0.8 + 0.4 * place / len(days))
        for place, day in enumerate(days)
    ]
    moments = sorted(_moment(random, day) for day in random.choices(days, weights, k=offers))
    counters: dict[int, int] = {}
    planned = []
    for at in moments:
        if at < now - timedelta(minutes=30):
            counters[at.year] = counters.get(at.year, 100) + random.randint(1, 3)
            planned.append(_draw_offer(random, f"AN-{at.year}-{counters[at.year]:04}", at))
    return planned


def _moment(random: Random, day: date) -> datetime:
    clock = time(random.randint(7, 16), random.randint(0, 59), random.randint(0, 59))
    return datetime.combine(day, clock, ZONE)


def _draw_offer(random: Random, number: str, at: datetime) -> PlannedOffer:
    seller = random.choices(SELLERS, [seller.share for seller in SELLERS])[0]
    # A good part of the business comes from few customers.
    firm = random.choices(FIRMS, [3 if place < 8 else 1 for place in range(len(FIRMS))])[0]
    product = random.choice(PRODUCTS)
    name = getattr(product, firm.language)
    subject = random.choice(SUBJECTS[firm.language]).format(
        number=number, product=name, place=random.choice(PLACES)
    )
    amount = Decimal(round(product.amount * random.uniform(0.6, 1.9), -1)).quantize(Decimal("0.01"))
    return PlannedOffer(number, seller, firm, _draw_person(random, firm), subject, at, amount)


def _draw_person(random: Random, firm: Firm) -> Person:
    first, last = random.choice(firm.people)
    letters = str.maketrans(
        {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "'": "", " ": "."}
    )
    local = normalize("NFKD", f"{first.removeprefix('Dr. ')}.{last}".lower().translate(letters))
    local = local.encode("ascii", "ignore").decode("ascii")
    return Person(f"{first} {last}", f"{local}@{firm.domain}")


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
