"""A believable set of offers, answers and reminders from a fixed seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from feedback.backoffice.answers import count_answers_of
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Customer, Offer
from reminders.models import Reminder
from reminders.planning import count_steps_before_answers

REASONS = [
    ("price", "price", "Der Preis ist zu hoch", "The price is too high"),
    ("competitor", "competitor", "Wir haben anders vergeben", "We chose someone else"),
    ("no-decision", "no_decision", "Noch keine Entscheidung", "No decision yet"),
    ("postponed", "postponed", "Das Vorhaben ist verschoben", "The project is postponed"),
    ("scope", "scope", "Der Umfang passt nicht", "The scope does not fit"),
    ("delivery-time", "delivery_time", "Die Lieferzeit ist zu lang", "The delivery takes too long"),
]
STATUSES = (
    ["interested"] * 3 + ["declined"] * 4 + ["ordered"] * 3 + ["open"] * 2 + ["no_answer"] * 4
)
STATUSES += ["superseded", "withdrawn"]
COMPANIES = [
    "Bühler Metallbau AG",
    "Krüger & Söhne GmbH",
    "Stadtwerke Lörrach",
    "Hotel Löwen",
    "Weiß Maschinenbau",
]


def make_reasons() -> list[DeclineReason]:
    return [
        DeclineReason.objects.get_or_create(
            code=code,
            defaults={
                "group": group,
                "label_de": de,
                "label_en": en,
                "label_fr": en,
                "label_it": en,
            },
        )[0]
        for code, group, de, en in REASONS
    ]


def make_year(
    number: int, *, now: datetime, days: int = 365, seed: int = 1, salespeople: list = ()
) -> None:  # type: ignore[type-arg, assignment]
    """Store `number` offers of the last `days` days with what became of them."""
    chance = random.Random(seed)
    reasons = make_reasons()
    customers = Customer.objects.bulk_create(
        Customer(
            email=f"k{seed}-{n}@kunde{n % 50}.example",
            name=f"Petra Kühn {n}",
            company=COMPANIES[n % 5],
        )
        for n in range(max(5, number // 5))
    )
    offers, answers, reminders = [], [], []
    for n in range(number):
        sent_at = now - timedelta(seconds=chance.randrange(days * 86400))
        offer = Offer(
            number=f"AN-{seed}-{n:06}",
            number_key=f"AN-{seed}-{n:06}",
            customer=chance.choice(customers),
        )
        offer.subject = f"Ihr Angebot AN-{seed}-{n:06}"
        offer.first_sent_at = offer.sent_at = sent_at
        offer.status = (
            chance.choice(STATUSES)
            if sent_at < now - timedelta(days=20)
            else chance.choice(STATUSES + ["open"] * 30)
        )
        offer.amount = (
            Decimal(chance.randrange(50_000, 9_000_000)) / 100 if chance.random() < 0.8 else None
        )
        offer.currency = "CHF" if chance.random() < 0.1 else "EUR"
        offer.salesperson = chance.choice(salespeople) if salespeople else None
        offer.status_at = min(
            now, sent_at + timedelta(seconds=int(chance.expovariate(1 / (6 * 86400))))
        )
        offers.append(offer)
        steps = [sent_at + timedelta(days=day) for day in (3, 7, 14)]
        says = (
            offer.status
            if offer.status in {"interested", "declined"}
            else "interested"
            if offer.status == "ordered"
            else None
        )
        if says or chance.random() < 0.05:
            offer.status_channel = chance.choice(["link", "link", "phone", "mail"])
            kind = says or "undecided"
            reason = chance.choice([*reasons, reasons[0], None]) if kind == "declined" else None
            if chance.random() < 0.9:
                answers.append(
                    Answer(
                        offer=offer,
                        kind=kind,
                        reason=reason,
                        answered_at=offer.status_at,
                        dismissed_at=offer.status_at if chance.random() < 0.05 else None,
                    )
                )
            steps = [at for at in steps if at < offer.status_at]
        reminders += [
            Reminder(
                offer=offer,
                step=step,
                state="sent",
                sent_at=at,
                mail_date=at,
                recipient="k@kunde.example",
                message_id=f"<{seed}-{n}-{step}@x>",
            )
            for step, at in enumerate(steps, 1)
            if at < now
        ]
    Offer.objects.bulk_create(offers, batch_size=2000)
    Answer.objects.bulk_create(answers, batch_size=2000)
    Reminder.objects.bulk_create(reminders, batch_size=2000)
    for offer in offers:
        count_answers_of(offer)
    count_steps_before_answers([offer.pk for offer in offers])
