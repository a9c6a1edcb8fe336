"""A grown SQLite office moves to a real PostgreSQL, with every row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.commands import ROOT, clean_env, try_manage

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

FILL = """
from crm.wsgi import application
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from crm.accounts.models import User
from feedback.backoffice.models import Answer
from offers.models import Customer, Offer, MailFolder, SourceFile
from reminders.models import Reminder
from crm.backoffice.changes import follow_changes
COUNT = {count}
now = timezone.now()
salesperson = User.objects.create_user("p.vogt", "p.vogt@muster-metallbau.example", "a-long-password")
folder = MailFolder.objects.create(name="David", path="/export")
people = Customer.objects.bulk_create(
    [Customer(email=f"k{{n}}@kunde.example", name="Jörg Bühler ‹“ö”›") for n in range(COUNT // 4)]
)
offers = Offer.objects.bulk_create([
    Offer(number=f"AN-{{n}}", number_key=f"AN-{{n}}", customer=people[n % len(people)], salesperson=salesperson,
          subject="Stahltreppe für Müller; 3 × 4", amount=Decimal("1234.50") if n % 3 else None,
          first_sent_at=now - timedelta(days=n % 300), sent_at=now - timedelta(days=n % 300), status_at=now)
    for n in range(COUNT)
])
for start in range(0, COUNT, 2000):
    follow_changes(offers[start : start + 2000])
Answer.objects.bulk_create([
    Answer(offer=offer, kind="declined", comment="Zu teuer 🙁", answered_at=now) for offer in offers[::3]
])
Reminder.objects.bulk_create([
    Reminder(offer=offer, step=1, state="sent", message_id=f"<{{offer.pk}}@x>", mail_date=now, recipient="a@b.example")
    for offer in offers[::2]
])
SourceFile.objects.bulk_create([
    SourceFile(folder=folder, name=f"{{n}}.eml", size=n, mtime_ns=n * 10**14, state="offer", offer=offers[n],
               recipients=[{{"email": "ä@b.example", "name": None}}], fingerprint=None if n % 2 else f"{{n:064}}")
    for n in range(COUNT)
])
"""


@pytest.fixture
def target(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"moved_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres_server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def office(folder: Path, *, offers: int) -> dict[str, str]:
    """The environment of an SQLite office with so many offers."""
    env = clean_env() | {"DJANGO_SETTINGS_MODULE": "crm.settings.test", "LOG_LEVEL": "WARNING"}
    env |= {"DATABASE_URL": f"sqlite:///{folder / 'office.sqlite3'}"}
    assert try_manage(env, "migrate", "--verbosity=0").returncode == 0
    subprocess.run([sys.executable, "-c", FILL.format(count=offers)], env=env, cwd=ROOT, check=True)
    return env


def check_move(folder: Path, target: str, *, offers: int) -> None:
    env = office(folder, offers=offers)
    moved = try_manage(env, "move_database", "--to", target)
    assert moved.returncode == 0, moved.stderr
    assert "Now set DATABASE_URL" in moved.stdout
    there = env | {"DATABASE_URL": target}
    with psycopg.connect(target) as connection:
        count, total = connection.execute(
            "SELECT count(*), sum(amount) FROM offers_offer"
        ).fetchone()
        assert (count, total) == (offers, sum(1234.5 for n in range(offers) if n % 3))
    # The moved office goes on: new rows get new keys, the figures are counted, nothing is missing.
    grow = (
        "from crm.wsgi import application\nfrom offers.models import Customer\n"
        "Customer.objects.create(email='n@e.ch')"
    )
    subprocess.run([sys.executable, "-c", grow], env=there, cwd=ROOT, check=True)
    assert try_manage(there, "migrate", "--check").returncode == 0
    again = try_manage(env, "move_database", "--to", target)
    assert again.returncode == 1
    assert "is not empty" in again.stderr


def test_all_tables_are_copied(tmp_path: Path, target: str):
    check_move(tmp_path, target, offers=300)


@pytest.mark.torture
def test_ten_thousand_offers_are_copied(tmp_path: Path, target: str):
    check_move(tmp_path, target, offers=10_000)


def test_a_missing_database_is_reported_in_a_sentence(tmp_path: Path):
    env = clean_env() | {"DJANGO_SETTINGS_MODULE": "crm.settings.test"}
    env |= {"DATABASE_URL": f"sqlite:///{tmp_path / 'office.sqlite3'}"}
    failed = try_manage(env, "move_database", "--to", "postgres://nobody@127.0.0.1:1/nothing")
    assert failed.returncode == 1
    assert failed.stderr.startswith("CommandError: The other database refused:")
