"""`import_offers --dry-run` says what an import would do, writes nothing and locks nothing."""

from __future__ import annotations

import io
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, models

import offers.mail_import.store
from offers.mail_import.run import preview_folders
from offers.models import Contact, Customer, MailFolder, Offer, SourceFile
from reminders.models import FollowUp
from tests.make import make_offer
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail

TABLES: list[type[models.Model]] = [Contact, Customer, FollowUp, MailFolder, Offer, SourceFile]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[MailFolder]:
    """Sent and received mails that depend on each other, in batches of two."""
    monkeypatch.setattr(offers.mail_import.store, "BATCH_SIZE", 2)
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.mkdir()
    received.mkdir()
    for day, subject in enumerate(
        ["Angebot 4711", "AW: Angebot 4711", "Angebot 4711 Rev. B", "Ihr Angebot", "Angebot 4712"]
    ):
        at = SENT_AT + timedelta(days=day)
        write_mail(sent, f"{day}.eml", subject=subject, sent_at=at, message_id=f"<{day}@x>")
    write_mail(sent, "8.eml", subject="Angebot 4711", sent_at=SENT_AT, message_id="<0@x>")
    for day, thread in enumerate(["<0@x>", "<4@x>", "<unknown@x>"]):
        write_mail(
            received,
            f"{day}.eml",
            sender="buehler@kunde-eins.example",
            to="p.vogt@muster-metallbau.example",
            subject="Re: Ihr Schreiben",
            sent_at=SENT_AT + timedelta(days=9 + day),
            headers=f"In-Reply-To: {thread}",
        )
    incoming = make_folder(received, direction=MailFolder.Direction.INCOMING)
    return [make_folder(sent), incoming]


def find_contents() -> list[list[dict[str, object]]]:
    return [list(table.objects.order_by("pk").values()) for table in TABLES]  # type: ignore[attr-defined]


def describe(row: SourceFile) -> tuple[str, str, str, str]:
    number = row.offer.number if row.offer else ""
    return row.name, row.state, row.reason, number


@pytest.mark.django_db
def test_it_decides_as_the_import_does(folders: list[MailFolder]) -> None:
    previewed: list[tuple[str, str, str, str]] = []
    result = preview_folders(folders, on_decided=lambda row: previewed.append(describe(row)))
    stored: list[tuple[str, str, str, str]] = []
    states = import_folders(folders, on_stored=lambda row: stored.append(describe(row))).states
    assert previewed == stored
    assert result.states == states
    assert {"follow_up", "revision", "duplicate", "review"} < set(states)


@pytest.mark.django_db
def test_it_changes_no_row(folders: list[MailFolder]) -> None:
    customer = Customer.objects.create(email="buehler@kunde-eins.example")
    make_offer(number="4712", customer=customer, sent_at=SENT_AT)
    import_folders(folders[:1])
    write_mail(Path(folders[0].path), "9.eml", subject="Angebot 4713", to=f"B <{customer.email}>")
    write_mail(Path(folders[0].path), "1.eml", subject="Angebot 4714 Treppe")
    before = find_contents()
    call_command("import_offers", dry_run=True, stdout=io.StringIO())
    assert find_contents() == before


@pytest.mark.django_db
def test_it_prints_each_file_and_the_sums(folders: list[MailFolder]) -> None:
    out = io.StringIO()
    call_command("import_offers", folder=folders[0].path, dry_run=True, stdout=out)
    first, *_others, last = out.getvalue().splitlines()
    assert first.startswith("0.eml: ")
    assert "6" in last


@pytest.mark.django_db
def test_it_does_not_add_an_unknown_folder(tmp_path: Path) -> None:
    write_mail(tmp_path, "a.eml", subject="Angebot 4711")
    out = io.StringIO()
    call_command("import_offers", folder=str(tmp_path), dry_run=True, stdout=out)
    assert "a.eml" in out.getvalue()
    assert not MailFolder.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_others_can_write_meanwhile(folders: list[MailFolder]) -> None:
    written = 0

    def write(row: SourceFile) -> None:
        nonlocal written
        assert not connection.in_atomic_block
        if connection.vendor == "sqlite":
            name = str(connection.settings_dict["NAME"])
            with sqlite3.connect(name, timeout=0, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("UPDATE offers_mailfolder SET error = ?", [row.name])
                other.execute("COMMIT")
        written += 1

    assert preview_folders(folders, on_decided=write).stored == written == 9
    assert not Offer.objects.exists()
