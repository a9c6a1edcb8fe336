"""Whoever takes the disk of the VPS learns nothing of a customer and can open no link."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.utils import timezone

from feedback import links, sealing
from tests.feedback_public import make
from tests.feedback_public.live import BROWSER, Service
from tests.lacks import find_program

pytestmark = pytest.mark.django_db


def dump(service: Service) -> bytes:
    """Everything on the disk: the database files as they lie there, or pg_dump."""
    if service.database_url.startswith("sqlite"):
        return b"".join(path.read_bytes() for path in Path(service.folder).glob("public.sqlite3*"))
    return subprocess.run(
        [find_program("pg_dump"), service.database_url], check=True, capture_output=True
    ).stdout


def test_a_dump_of_the_database_names_nobody_and_opens_no_link(service):
    secrets = [
        "Zyprian Quittenbaum",
        "quittenbaum@kunde.example",
        "Wendeltreppe Xanten",
        "AN-2026-7788",
        "+49 151 7654321",
    ]
    name, address, subject, number, phone = secrets
    card = sealing.Card(number, subject, "2026-09-03", name, address, phone)
    tokens = [links.new_token() for _ in range(3)]
    service.api(
        "PUT",
        "invitations",
        json={
            "invitations": [
                {
                    "digest": links.digest(token),
                    "card": sealing.seal_card(card, token),
                    "language": "de",
                    "expires_at": (timezone.now() + timedelta(days=60)).isoformat(),
                    "state": "active",
                }
                for token in tokens
            ]
        },
    ).raise_for_status()
    comment = f"Ich, {name}, wünsche {subject}."
    answers = [
        make.answer_data(tokens[0], phone=phone, comment=comment),
        make.answer_data(tokens[1], "declined", reason="price", comment=comment),
        make.answer_data(tokens[2], "undecided", comment=comment),
    ]
    for token, data in zip(tokens, answers, strict=True):
        page = requests.get(f"{service.url}/feedback/{token}", headers=BROWSER)
        assert name in page.text
        assert (
            requests.post(f"{service.url}/feedback/{token}", data=data, headers=BROWSER).status_code
            == 200
        )
    content = dump(service)
    assert links.digest(tokens[0]).encode() in content
    for text in [
        *secrets,
        comment,
        *(str(token) for token in tokens),
        *(token.hex for token in tokens),
    ]:
        assert text.encode() not in content
    assert not any(token.bytes in content for token in tokens)
