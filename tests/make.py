"""The factories of the office: rows with typed defaults, so that a test names only what matters to
it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from crm.accounts.models import OwnCompany, User
from crm.core.models import Incident, JobRun
from crm.operations.operations import get_operations
from feedback import links
from feedback.backoffice.answers import store_answer_columns
from feedback.backoffice.links import card_hash_of
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer, SyncState
from offers.models import Customer, MailFolder, Offer, SenderRule, SourceFile
from reminders.models import (
    CompanyHoliday,
    CustomerPlan,
    FollowUp,
    MailText,
    Reminder,
    ReminderPlan,
    SendingHold,
)
from reminders.planning import plan_offer_ids, store_answered_steps

# A Tuesday, 09:30 in Zurich: in the window of the default plan.
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)
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

_numbers = count(1)


def make_user(**fields: Any) -> User:
    username = fields.pop("username", f"user{next(_numbers)}")
    defaults = {"email": f"{username}@muster-metallbau.example", "is_staff": True}
    return User.objects.create_user(username, password="a-long-password", **{**defaults, **fields})


def make_customer(**fields: Any) -> Customer:
    defaults = {"email": f"kunde{next(_numbers)}@kunde.example", "name": "Jörg Bühler"}
    return Customer.objects.create(**{**defaults, **fields})


def make_offer(
    *, sent_at: datetime | None = None, customer: Customer | None = None, **fields: Any
) -> Offer:
    """An open offer that was sent ten days ago, without link and follow-up: `follow_changes` makes
    those.
    """
    sent_at = sent_at or timezone.now() - timedelta(days=10)
    number = fields.pop("number", f"AN-2026-{next(_numbers):04}")
    defaults = {
        "subject": f"Ihr Angebot {number}",
        "sender_email": "p.vogt@muster-metallbau.example",
    }
    defaults |= {"message_id": f"<{number}@muster-metallbau.example>"}
    return Offer.objects.create(
        number=number,
        customer=customer or make_customer(),
        sent_at=sent_at,
        first_sent_at=fields.pop("first_sent_at", sent_at),
        **{**defaults, **fields},
    )


def make_invitation(offer: Offer | None = None, **fields: Any) -> Invitation:
    """A link that the VPS knows."""
    offer = offer or make_offer()
    token = fields.pop("token", links.new_token())
    defaults = {"expires_at": timezone.now() + timedelta(days=60), "registered_at": timezone.now()}
    defaults |= {"card_hash": card_hash_of(offer)}
    return Invitation.objects.create(offer=offer, token=token, **{**defaults, **fields})


def make_fresh(now: datetime = NOW) -> None:
    """The answers were pulled a minute ago, and the company has a name."""
    state = SyncState.get()
    state.pulled_at = now - timedelta(minutes=1)
    state.save(update_fields=["pulled_at"])
    OwnCompany.objects.get_or_create(
        pk=1, defaults={"name": "Muster Metallbau AG", "legal_notice": "CHE-123.456.789"}
    )


def make_due(now: datetime = NOW, **fields: Any) -> Offer:
    """An open offer whose first reminder is due at `now` by the default plan: three working days
    ago.
    """
    fields.setdefault("sent_at", now - timedelta(days=5))
    offer = make_offer(**fields)
    make_invitation(
        offer, expires_at=now + timedelta(days=50), registered_at=now - timedelta(days=5)
    )
    make_fresh(now)
    plan_offer_ids([offer.pk], now)
    return offer


def make_rows(*, now: datetime) -> dict[str, Any]:
    """Return the rows by model label."""
    offer = make_offer()
    folder = MailFolder.objects.create(name="Ausgang", path="/export")
    labels = {"label_de": "Preis", "label_en": "Price", "label_fr": "Prix", "label_it": "Prezzo"}
    task = {"func": "f", "started": now, "stopped": now}
    plan = ReminderPlan.objects.create(name="Zeile")
    rows: dict[str, Any] = {
        "accounts.owncompany": OwnCompany.objects.get_or_create(
            pk=1, defaults={"name": "Muster AG"}
        )[0],
        "accounts.user": make_user(),
        "auth.group": Group.objects.get_or_create(name="Vertrieb")[0],
        "core.jobrun": JobRun.objects.get_or_create(name="heartbeat")[0],
        "django_q.failure": Failure.objects.create(id="f" * 32, name="f", success=False, **task),
        "django_q.success": Success.objects.create(id="s" * 32, name="s", success=True, **task),
        "django_q.schedule": Schedule.objects.create(func="f", name="s"),
        "django_q.ormq": OrmQ.objects.create(key="nachfass", payload="", lock=now),
        "feedback.answer": Answer.objects.create(offer=offer, kind="interested", answered_at=now),
        "feedback.declinereason": DeclineReason.objects.create(code="row", group="price", **labels),
        "feedback.invitation": make_invitation(offer),
        "feedback.rejectedanswer": RejectedAnswer.objects.create(
            uid=uuid4(), content={}, error="x"
        ),
        "feedback.syncstate": SyncState.get(),
        "offers.customer": offer.customer,
        "offers.mailfolder": folder,
        "offers.offer": offer,
        "offers.senderrule": SenderRule.objects.create(kind="automatic", address="shop.example"),
        "offers.sourcefile": SourceFile.objects.create(
            folder=folder, name="a.eml", size=1, mtime_ns=1, state="review", undo={}
        ),
        "reminders.companyholiday": CompanyHoliday.objects.create(
            date=now.date(), name="Betriebsferien"
        ),
        "reminders.customerplan": CustomerPlan.objects.create(customer=offer.customer, plan=plan),
        "core.incident": Incident.objects.create(kind="held", title="held", began_at=now),
        "reminders.sendinghold": SendingHold.get(),
        "reminders.followup": FollowUp.objects.create(offer=offer, next_at=now, next_step=1),
        "reminders.mailtext": MailText.objects.get_or_create(step=1, language="de")[0],
        "reminders.reminder": Reminder.objects.create(
            offer=offer, step=1, message_id="<1@x>", mail_date=now
        ),
        "reminders.reminderplan": plan,
    }
    return rows


def make_year(
    number: int, *, now: datetime, days: int = 365, seed: int = 1, salespeople: list = ()
) -> None:  # type: ignore[type-arg, assignment]
    """Store `number` offers of the last `days` days with what became of them."""
    chance = random.Random(seed)
    reasons = list(DeclineReason.objects.order_by("pk"))
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
        store_answer_columns(offer)
    store_answered_steps([offer.pk for offer in offers])


def set_steps_after_restore(
    monkeypatch: pytest.MonkeyPatch, steps: Sequence[Callable[[], str]]
) -> None:
    """Let a restore do nothing but these steps."""
    operations = replace(get_operations(), after_restore=steps)
    monkeypatch.setattr("crm.operations.backups.get_operations", lambda: operations)
