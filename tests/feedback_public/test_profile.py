"""The public profile stands alone: what is not loaded cannot be attacked."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from feedback import wire
from tests.feedback_public.live import BROWSER, ROOT, Service

OFFICE = {
    "offers",
    "reminders",
    "stats",
    "feedback.backoffice",
    "crm.accounts",
    "unfold",
    "django_q",
    "import_export",
}
ADMIN = {
    f"django.contrib.{name}" for name in ("admin", "sessions", "auth", "contenttypes", "messages")
}
MAX_MIB = 70


@pytest.mark.django_db
def test_nothing_of_the_office_and_no_accounts_are_there(service):
    program = """
import json, sys
from crm.wsgi import application
from django.test import Client
for path in ("/feedback/x", "/api/status", "/healthz"):
    Client(headers={"host": "127.0.0.1"}).get(path)
from django.db import connection
print(json.dumps([sorted(sys.modules), connection.introspection.table_names()]))
"""
    output = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=service.environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    modules, tables = json.loads(output.splitlines()[-1])
    assert not OFFICE.intersection(modules)
    # Loaded but not installed: DRF imports two modules of auth for names it never uses here.
    assert not {f"{name}.models" for name in ADMIN}.intersection(modules)
    assert set(tables) == {
        "core_counter",
        "core_incident",
        "core_jobrun",
        "django_migrations",
        "feedback_public_submittedanswer",
        "feedback_public_formcontent",
        "feedback_public_registeredlink",
    }


@pytest.mark.django_db
def test_a_process_takes_at_most_70_mib(service):
    token = service.invite()[0]
    for language in wire.LANGUAGES:
        for path in (f"/feedback/{token}", f"/feedback/{token}/opt-out", "/feedback/x"):
            for _ in range(8):
                requests.get(f"{service.url}{path}?lang={language}", headers=BROWSER)
                requests.post(f"{service.url}{path}?lang={language}", headers=BROWSER)
    # What the office does takes the most: full pages of links and of answers.
    tokens = service.invite(2000)
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda token: service.answer(token, comment="Leider 12 % zu teuer. " * 50),
                tokens[:500],
            )
        )
    for _ in range(4):
        service.api("GET", "feedbacks").raise_for_status()
    assert max(most_resident_mib(service)) <= MAX_MIB
    service.drain()


def most_resident_mib(service: Service) -> list[float]:
    """The most resident memory that each worker ever had."""
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert children
    return [
        int(Path(f"/proc/{child}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
        for child in children
    ]


def test_the_catalogues_are_complete():
    polib = pytest.importorskip("polib")
    for language in wire.LANGUAGES:
        catalogue = polib.pofile(
            str(Path(ROOT, "feedback/public/locale", language, "LC_MESSAGES/django.po"))
        )
        assert (
            len(catalogue.translated_entries())
            == len([entry for entry in catalogue if not entry.obsolete])
            > 70
        )
        assert catalogue.fuzzy_entries() == []
