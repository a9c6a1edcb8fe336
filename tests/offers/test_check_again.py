"""Deciding anew gives what a fresh import with the same settings would give."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from crm.backoffice.admin.source_files import check_files_again
from offers.answering import Given, dismiss
from offers.models import Customer, MailFolder, Offer, ReceivedMessage, SourceFile
from offers.services import attach_file, make_offer_of_file
from offers.status import note_contact
from tests.make import make_offer
from tests.offers.imports import import_folder, import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail
from tests.offers.office import Office, build_report

pytestmark = pytest.mark.django_db
State = SourceFile.State


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path)


def write_year(path: Path) -> None:
    """Mails of every kind that a change of pattern or own domains can change."""
    days = iter(range(100))

    def mail(**fields: Any) -> None:
        day = next(days)
        write_mail(
            path,
            f"{day:02}.eml",
            sent_at=SENT_AT + timedelta(days=day),
            message_id=f"<{day}@x>",
            **fields,
        )

    mail(subject="Angebot 4711")
    mail(subject="AW: Angebot 4711")
    mail(subject="Angebot 4711 Rev. B")
    mail(subject="Vorgang 99", to="a@zwei.example")
    mail(subject="AW: Vorgang 99", to="a@zwei.example")
    mail(subject="Angebot 4712", to="chef@partner.example")
    mail(subject="Angebot 4713", to="a@drei.example, b@vier.example")
    mail(subject="Vorgang 98 Angebot 4714", to="a@drei.example")
    mail(subject="Ihr Angebot", to="a@drei.example")
    write_mail(path, "98.eml", sent_at=SENT_AT, subject="Angebot 4711", message_id="<copy@x>")


def snapshot() -> object:
    files = SourceFile.objects.order_by("name").values_list(
        "name",
        "state",
        "reason",
        "number",
        "offer__number",
        "duplicate_of__name",
        "fingerprint",
        "is_reply",
    )
    offers = Offer.objects.order_by("number_key", "customer__email").values_list(
        "number",
        "customer__email",
        "subject",
        "first_sent_at",
        "sent_at",
        "revision",
        "contacted_at",
        "replied_at",
    )
    return list(files), list(offers), sorted(Customer.objects.values_list("email", flat=True))


@pytest.mark.parametrize(
    "change",
    [
        {"OFFERS_NUMBER_PATTERN": r"Vorgang (\d+)"},
        {"OFFERS_OWN_DOMAINS": ["muster-metallbau.example", "partner.example"]},
    ],
    ids=["pattern", "own domains"],
)
def test_a_change_of_settings_gives_the_same_as_a_fresh_import(
    folder: MailFolder, settings: Any, change: dict[str, Any]
) -> None:
    write_year(Path(folder.path))
    import_folder(folder)
    before = snapshot()
    for name, value in change.items():
        setattr(settings, name, value)
    check_files_again(list(SourceFile.objects.select_related("folder")))
    checked = snapshot()
    assert checked != before
    SourceFile.objects.all().delete()
    Offer.objects.all().delete()
    Customer.objects.all().delete()
    import_folder(folder)
    assert checked == snapshot()


def test_without_a_change_nothing_changes(folder: MailFolder) -> None:
    write_year(Path(folder.path))
    import_folder(folder)
    before, keys = snapshot(), set(Offer.objects.values_list("pk", flat=True))
    check_files_again(list(SourceFile.objects.select_related("folder")))
    assert snapshot() == before
    assert set(Offer.objects.values_list("pk", flat=True)) == keys


def test_an_offer_that_something_happened_to_stays(folder: MailFolder, settings: Any) -> None:
    write_mail(Path(folder.path), "a.eml")
    import_folder(folder)
    note_contact(Offer.objects.get(), at=timezone.now())
    settings.OFFERS_OWN_DOMAINS = ["kunde-eins.example"]
    check_files_again(list(SourceFile.objects.select_related("folder")))
    assert SourceFile.objects.get().state == State.INTERNAL
    assert Offer.objects.exists()


def test_a_file_that_is_gone_stays_as_it_is(folder: MailFolder) -> None:
    path = write_mail(Path(folder.path), "a.eml")
    import_folder(folder)
    path.unlink()
    result = check_files_again(list(SourceFile.objects.select_related("folder")))
    assert result.problems
    assert SourceFile.objects.get().state == State.OFFER


def test_a_file_in_the_middle_of_it_is_taken_by_the_next_import(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mail(Path(folder.path), "a.eml")
    import_folder(folder)
    before = snapshot()

    def die(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("offers.mail_import.recheck.store_messages", die)
    with pytest.raises(KeyboardInterrupt):
        check_files_again(list(SourceFile.objects.select_related("folder")))
    assert SourceFile.objects.get().state == State.WAITING
    monkeypatch.undo()
    import_folder(folder)
    assert snapshot() == before


def test_the_decision_of_a_person_stands_when_an_older_mail_turns_up(folder: MailFolder) -> None:
    write_mail(
        Path(folder.path), "b.eml", subject="WG: Angebot 4711", sent_at=SENT_AT + timedelta(days=3)
    )
    import_folder(folder)
    file = SourceFile.objects.get()
    email = "buehler@kunde-eins.example"
    make_offer_of_file(file, number="4711", email=email, by=None, at=timezone.now())
    assert file.state == State.OFFER
    write_mail(Path(folder.path), "a.eml")
    import_folder(folder)
    assert Offer.objects.count() == 1


def test_ignored_mails_come_back_when_they_are_checked_again(folder: MailFolder) -> None:
    write_mail(Path(folder.path), "a.eml", subject="Ihr Angebot")
    import_folder(folder)
    dismiss(SourceFile.objects.get(), Given(timezone.now()))
    assert import_folder(folder).stored == 0
    check_files_again(list(SourceFile.objects.select_related("folder")))
    assert SourceFile.objects.get().reason == SourceFile.Reason.NO_NUMBER


def test_a_reply_taken_back_lets_the_offer_go_on(tmp_path: Path) -> None:
    incoming = make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)
    write_mail(
        tmp_path,
        "a.eml",
        sender="fremd@fremd.example",
        to="p.vogt@muster-metallbau.example",
        subject="x",
    )
    import_folders([incoming])
    offer = make_offer()
    attach_file(SourceFile.objects.get(), offer, by=None, at=timezone.now())
    offer.refresh_from_db()
    assert offer.replied_at is not None
    check_files_again(list(SourceFile.objects.select_related("folder")))
    offer.refresh_from_db()
    assert offer.replied_at is None


def snapshot_received() -> object:
    files = SourceFile.objects.filter(folder__direction="incoming").order_by("name")
    offers = Offer.objects.order_by("number_key").values_list(
        "number", "replied_at", "paused_until", "needs_review"
    )
    customers = Customer.objects.order_by("email").values_list("email", "bounced_at")
    kept = ReceivedMessage.objects.order_by("file__name").values_list("file__name", "kind")
    decided = files.values_list("name", "state", "reason", "detail", "offer__number", "holds")
    return list(decided), list(offers), list(customers), list(kept)


def write_office(path: Path) -> list[MailFolder]:
    """Offers to three customers, with a reply, an absence, a bounce and a stranger's answer."""
    office = Office(path)
    for number in range(4):
        office.send(
            subject=f"Angebot AN-2026-{number:04}",
            to=f"k{number}@kunde{number}.example",
            message_id=f"<{number}@muster-metallbau.example>",
        )
    answers = "In-Reply-To: <{}@muster-metallbau.example>"
    office.receive(sender="k0@kunde0.example", headers=answers.format(0))
    office.receive(
        sender="k1@kunde1.example",
        headers=f"{answers.format(1)}\nAuto-Submitted: auto-replied",
        body="Ich bin bis 24.09.2026 im Urlaub.\n",
    )
    office.receive(**build_report("k2@kunde2.example", returned="<2@muster-metallbau.example>"))
    office.receive(sender="x@fremd.example", headers=answers.format(3))
    office.receive(sender="y@fremd.example", subject="Werbung")
    return list(office.folders.values())


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"OFFERS_NUMBER_PATTERN": r"Vorgang (\d+)"},
        {"OFFERS_OWN_DOMAINS": ["muster-metallbau.example", "kunde0.example", "kunde2.example"]},
        {"OFFERS_OWN_DOMAINS": ["muster-metallbau.example", "fremd.example"]},
    ],
    ids=["nothing", "no offers any more", "customers are colleagues", "strangers are colleagues"],
)
@pytest.mark.parametrize("direction", ["both", "outgoing"])
def test_what_received_mails_did_is_as_after_a_fresh_import(
    tmp_path: Path, settings: Any, change: dict[str, Any], direction: str
) -> None:
    folders = write_office(tmp_path)
    before = snapshot_received()
    for name, value in change.items():
        setattr(settings, name, value)
    files = SourceFile.objects.select_related("folder")
    if direction == "outgoing" and "fremd.example" not in str(change):
        files = files.filter(folder__direction="outgoing")
    check_files_again(list(files))
    checked = snapshot_received()
    assert (checked == before) is not bool(change)
    SourceFile.objects.all().delete()
    Offer.objects.all().delete()
    Customer.objects.all().delete()
    import_folders(folders)
    assert checked == snapshot_received()
