"""A person gets a copy of everything, and can be erased for good: also from archive, logs and a
restored backup.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

import offers.privacy
from crm.operations.backups import make_backup, restore_backup
from crm.operations.privacy import erase_again
from feedback.backoffice.models import Answer, RejectedAnswer
from offers.models import (
    Contact,
    Customer,
    ErasedAddress,
    Offer,
    ReceivedMessage,
    SenderRule,
    SentMessage,
    SourceFile,
)
from reminders.models import FollowUp, Reminder
from tests.make import make_user, set_steps_after_restore
from tests.offers.mails import SENT_AT, build_mail, make_folder, write_file

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL, NAME = "dorothea.knopf@zwirn.example", "Dorothea Knopf"
EARLIER = SENT_AT - timedelta(days=9)
TRACES = (EMAIL, NAME, "knopf", "dorothea")


@pytest.fixture
def office(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that David exports into."""
    settings.OFFERS_ARCHIVE_DIR, settings.BACKUP_DIR = (
        str(tmp_path / "archive"),
        str(tmp_path / "backups"),
    )
    set_steps_after_restore(monkeypatch, [erase_again])
    folder = tmp_path / "david"
    folder.mkdir()
    make_folder(folder)
    return folder


@pytest.fixture
def person(office: Path) -> Customer:
    """A customer with something in every table that may hold a word about her, and a colleague's
    customer beside.
    """
    mail = build_mail(subject="Angebot AN-2026-0815 für Dorothea Knopf", to=f"{NAME} <{EMAIL}>")
    write_file(office, "1.eml", mail)
    write_file(office, "2.eml", build_mail(subject="Angebot AN-2026-0816"))
    call_command("import_offers")
    customer = Customer.objects.get(email=EMAIL)
    customer.note, customer.bounce_detail = f"{NAME} mag Kaffee", f"<{EMAIL}> unknown"
    customer.save()
    offer = customer.offers.get()
    link = offer.invitations.get()
    now = timezone.now()
    Answer.objects.create(
        offer=offer,
        invitation=link,
        kind="declined",
        comment=f"Gruss, {NAME}",
        phone="1",
        answered_at=now,
    )
    RejectedAnswer.objects.create(
        uid="b" * 32, content={"digest": link.digest, "comment": NAME}, error="x"
    )
    Contact.objects.create(offer=offer, note=f"Mit {NAME} telefoniert")
    Reminder.objects.create(
        offer=offer, step=1, state="sent", message_id="<1@x>", mail_date=now, recipient=EMAIL, subject=NAME,
        server_reply=f"250 <{EMAIL}> ok",
    )  # fmt: skip
    SentMessage.objects.create(message_id="<1@x>", offer=offer, recipient=EMAIL, at=now)
    FollowUp.objects.filter(offer=offer).update(own_text=f"Liebe {NAME}")
    SenderRule.objects.create(kind="automatic", address=EMAIL, wording=NAME.lower())
    # An answer about another mail moved this offer.
    before = {"offers": {str(offer.pk): {"subject": [NAME, NAME]}}, "customers": {}}
    SourceFile.objects.filter(name="2.eml").update(undo=before)
    LogEntry.objects.create(
        user=make_user(), content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk),
        object_repr=str(customer), action_flag=2,
    )  # fmt: skip
    return customer


def test_rules_about_an_address_are_exported_and_what_can_be_taken_back_is_not(person: Customer):
    SourceFile.objects.update(undo={"offers": {}, "customers": {}})
    exported = offers.privacy.export(person)
    assert [rule["kind"] for rule in exported["sender_rules"]] == ["automatic"]
    assert all("undo" not in mail for mail in exported["mails"])


@pytest.mark.parametrize("sender", [f"{NAME} <{EMAIL}>", "MAILER-DAEMON@mx.example"])
def test_what_received_mails_name_is_exported_and_erased(
    person: Customer, office: Path, tmp_path: Path, sender: str
):
    received = office.parent / "received"
    received.mkdir()
    folder = make_folder(received, direction="incoming")
    body = f"<{EMAIL}>: 550 5.1.1 User unknown\n"
    mail = build_mail(sender=sender, subject="Delivery failure", body=body, sent_at=EARLIER)
    write_file(received, "1.eml", mail)
    call_command("import_offers", folder=folder.path)
    assert ReceivedMessage.objects.exists()
    exported = offers.privacy.export(person)["received_messages"]
    assert len(exported) == 1
    call_command("erase_person", EMAIL, yes=True)
    assert not ReceivedMessage.objects.exists()
    assert_no_trace(tmp_path)


def test_what_received_mails_name_is_kept_for_90_days(office: Path):
    received = office.parent / "received"
    received.mkdir()
    make_folder(received, direction="incoming")
    for name in ("old", "new"):
        mail = build_mail(sender="x@fremd.example", subject="Frage", message_id=f"<{name}@x>")
        write_file(received, f"{name}.eml", mail)
    call_command("import_offers")
    old = timezone.now() - timedelta(days=91)
    ReceivedMessage.objects.filter(file__name="old.eml").update(kept_at=old)
    call_command("prune")
    assert [each.file.name for each in ReceivedMessage.objects.all()] == ["new.eml"]
    reasons = dict(SourceFile.objects.values_list("name", "reason"))
    assert reasons == {"old.eml": "no_reply", "new.eml": "kept"}


def whole_database() -> str:
    """Every value of every table as text."""
    with connection.cursor() as cursor:
        parts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            parts += [f"{table}: {row}" for row in cursor.fetchall()]
    return "\n".join(parts)


def assert_no_trace(tmp_path: Path) -> None:
    text = whole_database().lower()
    assert [trace for trace in TRACES if trace.lower() in text] == []
    for folder in ("archive", "backups"):
        for path in (tmp_path / folder).rglob("*"):
            assert path.is_dir() or EMAIL.encode() not in path.read_bytes(), path


def test_after_an_erasure_nothing_names_the_person(
    person: Customer, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    summary = call_command("erase_person", EMAIL, yes=True)
    assert str(tmp_path / "david" / "1.eml") in summary
    assert "still stands" not in summary
    assert_no_trace(tmp_path)
    assert not any(trace in caplog.text for trace in TRACES)


def test_figures_and_other_people_stay(person: Customer):
    other = Customer.objects.exclude(pk=person.pk).get()
    call_command("erase_person", EMAIL, yes=True)
    offer = Offer.objects.get(customer=person)
    assert (offer.number, offer.answers.get().kind) == ("AN-2026-0815", "declined")
    assert SourceFile.objects.get(name="2.eml").subject == "Angebot AN-2026-0816"
    assert Customer.objects.get(pk=other.pk).name == other.name


def test_the_files_that_were_read_are_not_read_again(person: Customer, tmp_path: Path):
    call_command("erase_person", EMAIL, yes=True)
    call_command("import_offers")
    assert_no_trace(tmp_path)


def test_links_stop_working_with_the_next_sync(person: Customer):
    call_command("erase_person", EMAIL, yes=True)
    link = person.offers.get().invitations.get()
    assert (link.state, link.registered_at) == ("revoked", None)


def test_an_erased_person_gets_no_reminder_after_a_new_offer(person: Customer, office: Path):
    call_command("erase_person", EMAIL, yes=True)
    sent_at = SENT_AT + timedelta(days=30)
    write_file(
        office,
        "3.eml",
        build_mail(subject="Angebot AN-2026-0900", to=f"{NAME} <{EMAIL}>", sent_at=sent_at),
    )
    call_command("import_offers")
    again = Customer.objects.get(email=EMAIL)
    assert again.do_not_contact
    assert again.offers.get().follow_up.next_at is None


def test_a_customer_entered_by_hand_after_an_erasure_is_not_contacted(person: Customer):
    call_command("erase_person", EMAIL, yes=True)
    assert Customer.objects.create(email=EMAIL.upper()).do_not_contact
    assert not Customer.objects.create(email="neu@kunde.example").do_not_contact


def test_a_restore_erases_again_who_was_erased_since_the_backup(person: Customer, tmp_path: Path):
    backup = make_backup(tmp_path / "elsewhere", now=timezone.now(), keep=3)
    call_command("erase_person", EMAIL, yes=True)
    notes = restore_backup(backup)
    assert_no_trace(tmp_path)
    assert ErasedAddress.objects.count() == 1
    assert len(notes) == 1
    assert notes[0].startswith("1 ")


def test_a_restore_does_not_erase_who_became_a_customer_again(person: Customer, tmp_path: Path):
    call_command("erase_person", EMAIL, yes=True)
    anew = Customer.objects.create(email=EMAIL, name=NAME, created_at=timezone.now())
    restore_backup(make_backup(tmp_path / "elsewhere", now=timezone.now(), keep=3))
    assert Customer.objects.get(pk=anew.pk).name == NAME


def test_nothing_is_erased_when_the_erasure_list_cannot_be_written(
    person: Customer, settings: Any, tmp_path: Path
):
    (tmp_path / "file").touch()
    settings.BACKUP_DIR = str(tmp_path / "file" / "below")
    with pytest.raises(CommandError):
        call_command("erase_person", EMAIL, yes=True)
    assert Customer.objects.get(pk=person.pk).name == NAME


def test_the_export_has_everything_but_the_tokens_of_links(person: Customer, tmp_path: Path):
    call_command("export_person", EMAIL.upper(), tmp_path / "person.zip")
    with zipfile.ZipFile(tmp_path / "person.zip") as archive:
        data, page = json.loads(archive.read("person.json")), archive.read("person.html").decode()
    assert {"customer", "offers", "mails", "contacts", "answers", "links", "reminders"} <= set(data)
    assert data["answers"][0]["comment"] == f"Gruss, {NAME}"
    assert "Angebot AN-2026-0815" in page
    assert str(person.offers.get().invitations.get().token) not in page + json.dumps(data)


def test_an_unknown_address_is_refused_in_a_sentence(office: Path, tmp_path: Path):
    for command in (["erase_person", EMAIL], ["export_person", EMAIL, str(tmp_path / "x.zip")]):
        with pytest.raises(CommandError, match="There is no customer"):
            call_command(*command, **({"yes": True} if command[0] == "erase_person" else {}))


def test_export_and_erasure_are_buttons_in_the_back_office(person: Customer, admin_client: Any):
    page = reverse("admin:offers_customer_export_person", args=[person.pk])
    with zipfile.ZipFile(io.BytesIO(admin_client.get(page).content)) as archive:
        assert EMAIL in archive.read("person.html").decode()
    admin_client.post(
        reverse("admin:offers_customer_erase_person", args=[person.pk]), {"_form_submitted": "True"}
    )
    assert not Customer.objects.filter(email=EMAIL).exists()


def test_prune_erases_customers_without_a_contact_for_the_period(person: Customer, settings: Any):
    old = timezone.now() - timedelta(days=settings.KEEP_PEOPLE_DAYS + 1)
    age(person, old)
    rehearsal = call_command("prune", dry_run=True)
    assert f"1 customers without a contact since {old + timedelta(days=1):%Y-%m-%d}" in rehearsal
    assert Customer.objects.get(pk=person.pk).name == NAME
    call_command("prune")
    assert Customer.objects.get(pk=person.pk).email.endswith("@erased.invalid")
    assert not ErasedAddress.objects.exists()


def age(customer: Customer, moment: datetime) -> None:
    Offer.objects.update(sent_at=timezone.now())
    customer.offers.update(sent_at=moment, status_at=moment, contacted_at=None, replied_at=None)
    Customer.objects.filter(pk=customer.pk).update(created_at=moment)
    Answer.objects.update(answered_at=moment)
    Contact.objects.update(at=moment)


def test_prune_empties_the_log_of_mails_that_were_no_offers(office: Path, settings: Any):
    folder = make_folder(office / "x")
    fields = {
        "folder": folder,
        "size": 1,
        "mtime_ns": 1,
        "reason": "no_offer",
        "sender": "a@b.example",
    }
    old = timezone.now() - timedelta(days=settings.KEEP_LOG_DAYS + 1)
    for name, seen, state in (
        ("old", old, "not_an_offer"),
        ("new", timezone.now(), "not_an_offer"),
        ("o", old, "offer"),
    ):
        SourceFile.objects.create(
            name=name, state=state, first_seen_at=seen, recipients=[{"email": "x@y"}], **fields
        )
    call_command("prune")
    assert list(SourceFile.objects.filter(sender="").values_list("name", "recipients")) == [
        ("old", [])
    ]
