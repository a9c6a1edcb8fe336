"""Offers that are ready to be reminded of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from django.apps import apps

from crm.accounts.models import OwnCompany
from feedback.backoffice.models import SyncState
from offers.models import Offer
from reminders.planning import plan_offer_ids
from reminders.sending.run import SendSums, send_due
from tests.make import make_invitation, make_offer

# A Tuesday, 09:30 in Zurich: in the window of the default plan.
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)


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


def send(now: datetime = NOW, *, fresh: bool = True, **arguments: Any) -> SendSums:
    """Run the sending with the clock at `now`, the answers pulled a minute before unless not
    `fresh`.
    """
    if fresh:
        make_fresh(now)
    return send_due(lambda: now, **arguments)


def make_defaults() -> None:
    """The plan and the texts of the data migration, which the clean-up after another test may have
    taken away.
    """
    import_module("reminders.migrations.0002_default_plan_and_texts").create_defaults(apps, None)
