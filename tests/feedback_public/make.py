"""Links and forms of the public service, made the way the office makes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from feedback import links, sealing
from feedback.public import content, services, stamps
from feedback.public.models import RegisteredLink

PRIVATE_KEY, PUBLIC_KEY = sealing.new_key_pair()
CARD = sealing.Card(
    number="AN-2026-0412",
    subject="Ihr Angebot AN-2026-0412: Geländer Treppenhaus Süd",
    offered_on="2026-09-03",
    salesperson="Petra Vogt",
    salesperson_email="p.vogt@muster-metallbau.example",
    salesperson_phone="+49 89 1234560",
)
LABELS = {
    "price": ("Preis zu hoch", "Price too high", "Prix trop élevé", "Prezzo troppo alto"),
    "competitor": ("Anderer Anbieter", "Another supplier", "Autre fournisseur", "Altro fornitore"),
    "other": ("Anderer Grund", "Another reason", "Autre raison", "Altro motivo"),
}
# What a browser always sends, so that an answer does not look like a robot's.
BROWSER = {
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "HTTP_ACCEPT_LANGUAGE": "de",
}


def form_content(**fields: Any) -> dict[str, Any]:
    """The body of `PUT /api/form`."""
    reasons = [
        {
            "code": code,
            "labels": dict(zip(["de", "en", "fr", "it"], labels, strict=True)),
            "asks_for_comment": code == "other",
        }
        for code, labels in LABELS.items()
    ]
    return {
        "company": "Muster Metallbau GmbH",
        "email": "angebote@muster-metallbau.example",
        "phone": "+49 89 123456",
        "imprint_url": "https://www.muster-metallbau.example/impressum",
        "privacy_url": "https://www.muster-metallbau.example/datenschutz",
        "public_key": PUBLIC_KEY,
        "reasons": reasons,
        **fields,
    }


def make_form(**fields: Any) -> None:
    content.replace_content(form_content(**fields))


def invitation_item(token: UUID, **fields: Any) -> dict[str, Any]:
    """One item of `PUT /api/invitations`, its time as a datetime."""
    return {
        "digest": links.digest(token),
        "card": sealing.seal_card(CARD, token),
        "language": "de",
        "expires_at": timezone.now() + timedelta(days=60),
        "state": "active",
        **fields,
    }


def make_invitation(**fields: Any) -> tuple[UUID, RegisteredLink]:
    """Register a link; return its token and its row."""
    token = links.new_token()
    services.register_links([invitation_item(token, **fields)])
    return token, RegisteredLink.objects.get(digest=links.digest(token))


def make_stamp(token: UUID, *, seconds: float = 60, now: datetime | None = None) -> str:
    """The stamp of a form that was shown so many seconds ago."""
    return stamps.make_stamp(
        links.digest(token), now=(now or timezone.now()) - timedelta(seconds=seconds)
    )


def answer_data(token: UUID, answer: str = "interested", **fields: Any) -> dict[str, Any]:
    """What a browser sends of a form that was filled in."""
    return {"answer": answer, "stamp": make_stamp(token), **fields}
