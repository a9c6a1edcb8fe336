"""Rows with typed defaults, so that a test names only what matters to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.operations.profile import get_operations
from feedback import links
from feedback.backoffice.links import card_hash_of
from feedback.backoffice.models import Invitation
from offers.models import Customer, Offer

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
    defaults |= {"card_hash": card_hash_of(offer, offer.salesperson)}
    return Invitation.objects.create(offer=offer, token=token, **{**defaults, **fields})


def set_steps_after_restore(
    monkeypatch: pytest.MonkeyPatch, steps: Sequence[Callable[[], str]]
) -> None:
    """Let a restore do nothing but these steps."""
    operations = replace(get_operations(), after_restore=steps)
    monkeypatch.setattr("crm.operations.backups.get_operations", lambda: operations)
