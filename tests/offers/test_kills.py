"""Killed anywhere and run again, the result is the same; two importers at once never store
twice.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

import offers.mail_import.store
from feedback.backoffice.models import Invitation
from offers.models import Customer, MailFolder, Offer, ReceivedMessage, SourceFile
from reminders.models import FollowUp
from tests.commands import database_url
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.restarts]
POINTS = [
    "before_transaction",
    "before_offers",
    "before_log",
    "before_kept",
    "before_matching",
    "before_commit",
    "after_commit",
    "in_archive",
]


class Importer:
    """The process of tests.offers.importer on the database of this test."""

    def __init__(self, archive: Path) -> None:
        env = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        }
        env |= {"OFFERS_ARCHIVE_DIR": str(archive), "LOG_LEVEL": "CRITICAL"}
        command = [sys.executable, "-m", "tests.offers.importer"]
        self.process = subprocess.Popen(
            command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, point: str, count: int, folder: Path) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{point} {count} {folder}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    importer = Importer(tmp_path / "archive")
    yield importer
    importer.process.communicate(timeout=60)


def write_mails(path: Path, *, rounds: int = 1) -> None:
    """Twelve mails a round: offers, a revision, follow-ups, duplicates, two customers with two
    offers each.
    """
    path.mkdir()
    for base in range(rounds):
        for number in range(8):
            day = SENT_AT + timedelta(days=number)
            to = f"k{number % 6}@k{base}.example"
            fields: dict[str, Any] = {
                "subject": f"Angebot AN-{base}-{1000 + number}",
                "to": to,
                "sent_at": day,
            }
            write_mail(path, f"{base}-{number}.eml", message_id=f"<{base}.{number}@x>", **fields)
            if number % 2:
                write_mail(
                    path,
                    f"{base}-{number}-copy.eml",
                    message_id=f"<{base}.{number}.copy@x>",
                    **fields,
                )
            if number == 3:
                fields |= {
                    "subject": f"AW: {fields['subject']}",
                    "sent_at": day + timedelta(days=1),
                }
                write_mail(
                    path,
                    f"{base}-{number}-reply.eml",
                    message_id=f"<{base}.{number}.r@x>",
                    **fields,
                )


def snapshot() -> object:
    files = SourceFile.objects.order_by("name").values_list(
        "name", "state", "offer__number", "content_hash"
    )
    offers = Offer.objects.order_by("number_key").values_list(
        "number", "customer__email", "sent_at", "contacted_at"
    )
    links = Invitation.objects.order_by("offer__number_key").values_list("offer__number")
    follow_ups = FollowUp.objects.order_by("offer__number_key").values_list(
        "offer__number", "next_at"
    )
    customers = Customer.objects.order_by("email").values_list("email", flat=True)
    return list(files), list(offers), list(links), list(follow_ups), list(customers)


def forget() -> None:
    SourceFile.objects.all().delete()
    Offer.objects.all().delete()
    Customer.objects.all().delete()


def kill_and_run_again(importer: Importer, tmp_path: Path, points: list[str], rounds: int) -> None:
    mails = tmp_path / "mails"
    write_mails(mails)
    make_folder(mails)
    assert importer.run("none", 0, mails) == "done"
    expected = snapshot()
    for point in points:
        chance, outcomes = random.Random(point), set()
        for _round in range(rounds):
            forget()
            shutil.rmtree(tmp_path / "archive")
            outcomes.add(importer.run(point, chance.randint(1, 3), mails))
            assert importer.run("none", 0, mails) == "done"
            assert snapshot() == expected
        assert outcomes == {"killed"}


def test_killed_and_run_again_nothing_is_lost_and_nothing_twice(
    importer: Importer, tmp_path: Path
) -> None:
    kill_and_run_again(importer, tmp_path, POINTS, 1)


@pytest.mark.torture
@pytest.mark.parametrize("point", POINTS)
def test_killed_fifty_times_at_each_point(importer: Importer, tmp_path: Path, point: str) -> None:
    kill_and_run_again(importer, tmp_path, [point], 50)


def race(importer: Importer, tmp_path: Path, rounds: int, importers: int) -> None:
    mails = tmp_path / "mails"
    write_mails(mails, rounds=3)
    make_folder(mails)
    assert importer.run("none", 0, mails) == "done"
    expected = snapshot()
    for _round in range(rounds):
        forget()
        assert importer.run("race", importers, mails) == "done"
        assert snapshot() == expected


def test_two_importers_at_once_store_nothing_twice(importer: Importer, tmp_path: Path) -> None:
    race(importer, tmp_path, rounds=1, importers=2)


@pytest.mark.torture
def test_four_importers_at_once_store_nothing_twice(importer: Importer, tmp_path: Path) -> None:
    race(importer, tmp_path, rounds=20, importers=4)


def test_a_reply_that_is_imported_beside_its_offer_is_not_lost(
    importer: Importer, tmp_path: Path
) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.mkdir()
    received.mkdir()
    make_folder(sent)
    make_folder(received, direction=MailFolder.Direction.INCOMING)
    for number in range(30):
        to, day = f"k{number}@k{number}.example", SENT_AT + timedelta(hours=number)
        offer = {"subject": f"Angebot AN-0-{1000 + number}", "to": to, "sent_at": day}
        write_mail(sent, f"{number}.eml", message_id=f"<{number}@x>", **offer)
        reply = {"sender": to, "to": "p.vogt@muster-metallbau.example", "subject": "Frage"}
        reply |= {"headers": f"In-Reply-To: <{number}@x>", "sent_at": day + timedelta(days=1)}
        write_mail(received, f"{number}.eml", **reply)
    assert importer.run("race", 2, Path(f"{sent}|{received}")) == "done"
    assert Offer.objects.filter(replied_at__isnull=False).count() == 30
    assert not ReceivedMessage.objects.exists()


def test_while_the_database_is_away_the_files_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path)
    write_mail(tmp_path, "a.eml")

    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(offers.mail_import.store, "store_batch", refuse)
    with pytest.raises(OperationalError):
        import_folders([folder])
    assert not SourceFile.objects.exists()
    monkeypatch.undo()
    import_folders(MailFolder.objects.all())
    assert Offer.objects.count() == 1
