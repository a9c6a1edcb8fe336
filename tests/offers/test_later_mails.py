"""What a later mail about a known offer does, in both orders in which the mails may turn up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from crm.backoffice.changes import follow_changes
from offers.answering import Given, dismiss
from offers.mail_import.recheck import check_again
from offers.models import Customer, MailFolder, Offer, SourceFile
from offers.services import attach_file, make_offer_of_file
from tests.make import make_customer, make_offer
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail
from tests.offers.test_whose_offer import with_files

pytestmark = pytest.mark.django_db
State, Reason, Status = SourceFile.State, SourceFile.Reason, Offer.Status
LATER = SENT_AT + timedelta(days=2)
FIRST = {"subject": "Angebot 2026-1042 Tor", "message_id": "<1@x>"}

both_orders = pytest.mark.parametrize("is_reversed", [False, True], ids=["in order", "reversed"])


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    (tmp_path / "sent").mkdir()
    return make_folder(tmp_path / "sent")


def import_mails(folder: MailFolder, *mails: dict[str, Any], is_reversed: bool = False) -> None:
    """Import the first offer and these later mails, one after the other."""
    all_mails = [FIRST, *({"sent_at": LATER, **mail} for mail in mails)]
    named = [(f"{number}.eml", mail) for number, mail in enumerate(all_mails)]
    for name, mail in reversed(named) if is_reversed else named:
        write_mail(Path(folder.path), name, **mail)
        import_folders([folder])


def states(folder: MailFolder) -> list[str]:
    return list(folder.files.order_by("name").values_list("state", flat=True))


ENDING = [
    ({"subject": "Vielen Dank für Ihre Bestellung - Angebot 2026-1042"}, "thanks"),
    ({"subject": "Thank you for your order, quotation 2026-1042"}, "thanks"),
    ({"subject": "Angebot 2026-1042 - Storno"}, "cancels"),
    ({"subject": "Rechnung RE-77 zu Angebot 2026-1042"}, "invoices"),
    ({"subject": "Auftragsbestätigung zu Angebot 2026-1042"}, "confirms"),
    ({"subject": "Quotation 2026-1042 - kindly disregard"}, "takes_back"),
    ({"subject": "Angebot 2026-1042 zurückgezogen"}, "takes_back"),
    ({"subject": "Besprechung: Angebot 2026-1042"}, "appoints"),
    ({"subject": "AW: Angebot 2026-1042", "body": "vielen Dank für Ihren Auftrag!"}, "thanks"),
    (
        {"subject": "AW: Angebot 2026-1042", "body": "hiermit bestaetigen wir Ihren Auftrag."},
        "confirms",
    ),
]


@both_orders
@pytest.mark.parametrize(("mail", "purpose"), ENDING)
def test_a_mail_that_may_end_an_offer_holds_it_and_asks_once(
    folder: MailFolder, mail: dict[str, str], purpose: str, is_reversed: bool
) -> None:
    import_mails(folder, mail, is_reversed=is_reversed)
    file, offer = SourceFile.objects.get(name="1.eml"), Offer.objects.get()
    assert (file.state, file.reason, file.detail) == (State.REVIEW, Reason.LATER_MAIL, purpose)
    assert (file.offer, offer.revision, offer.sent_at) == (offer, 1, SENT_AT)
    assert offer.needs_review


def test_thanks_in_the_thread_hold_the_offer_without_its_number(folder: MailFolder) -> None:
    headers = "In-Reply-To: <1@x>"
    import_mails(
        folder, {"subject": "AW: Tor", "body": "Danke für die Bestellung.", "headers": headers}
    )
    assert states(folder) == [State.OFFER, State.REVIEW]
    assert Offer.objects.get().needs_review


@both_orders
@pytest.mark.parametrize(
    ("mail", "state"),
    [
        (
            {"subject": "AW: Angebot 2026-1042", "body": "Haben Sie es prüfen können?"},
            State.FOLLOW_UP,
        ),
        ({"subject": "Nachfrage zu unserem Angebot 2026-1042"}, State.FOLLOW_UP),
        ({"subject": "Tor", "body": "Zu unserem Angebot Nr. 2026-1042: KW 50."}, State.FOLLOW_UP),
        ({"subject": "Angebot 2026-1042 Rev. 2"}, State.REVISION),
        ({"subject": "Überarbeitetes Angebot 2026-1042"}, State.REVISION),
    ],
)
def test_other_mails_pass_without_a_question(
    folder: MailFolder, mail: dict[str, str], state: State, is_reversed: bool
) -> None:
    import_mails(folder, mail, is_reversed=is_reversed)
    assert states(folder) == [State.OFFER, state]
    offer = Offer.objects.get()
    assert not offer.needs_review
    assert offer.sent_at == (LATER if state == State.REVISION else SENT_AT)


def test_an_answer_with_the_offer_as_file_offers_anew(folder: MailFolder) -> None:
    files = with_files("Angebot_2026-1042_V2.pdf")
    import_mails(folder, {"subject": "AW: Angebot 2026-1042 Tor", **files})
    assert states(folder) == [State.OFFER, State.REVISION]


@both_orders
def test_the_offer_as_a_file_offers_anew(folder: MailFolder, is_reversed: bool) -> None:
    again = {"subject": "Wie besprochen", **with_files("Angebot_2026-1042.pdf")}
    import_mails(folder, again, is_reversed=is_reversed)
    assert states(folder) == [State.OFFER, State.REVISION]


@pytest.mark.parametrize(
    "subject", ["Auftragsbestätigung AB-2026-77", "Vielen Dank für Ihren Auftrag"]
)
def test_an_order_without_the_number_holds_the_only_open_offer_of_its_recipient(
    folder: MailFolder, subject: str
) -> None:
    import_mails(folder, {"subject": subject})
    assert states(folder) == [State.OFFER, State.REVIEW]
    assert Offer.objects.get().needs_review


def test_an_order_without_the_number_asks_which_of_several_offers_it_is(
    folder: MailFolder,
) -> None:
    order = {"subject": "Auftragsbestätigung AB-2026-77", "sent_at": LATER + timedelta(days=1)}
    import_mails(folder, {"subject": "Angebot 2026-1050"}, order)
    assert states(folder) == [State.OFFER, State.OFFER, State.REVIEW]
    assert not Offer.objects.exclude(needs_review="").exists()


def test_an_order_without_the_number_of_anybody_else_is_no_question(folder: MailFolder) -> None:
    order = {"subject": "Auftragsbestätigung AB-2026-77", "to": "a@anderer.example"}
    import_mails(folder, order)
    assert states(folder) == [State.OFFER, State.NOT_AN_OFFER]


def test_a_closed_offer_is_not_asked_about(folder: MailFolder) -> None:
    import_mails(folder)
    Offer.objects.update(status=Status.ORDERED)
    write_mail(Path(folder.path), "1.eml", **{**ENDING[0][0], "sent_at": LATER})
    import_folders([folder])
    assert states(folder) == [State.OFFER, State.FOLLOW_UP]


@pytest.mark.parametrize("way", ["attached", "ignored", "checked again", "to another"])
def test_the_answer_of_a_person_releases_the_offer(folder: MailFolder, way: str) -> None:
    import_mails(folder, ENDING[0][0], ENDING[2][0])
    now, offer = timezone.now(), Offer.objects.get()
    for name in ("1.eml", "2.eml"):
        assert Offer.objects.get(pk=offer.pk).needs_review
        file = SourceFile.objects.get(name=name)
        if way == "attached":
            attach_file(file, offer, by=None, at=now)
        elif way == "to another":
            attach_file(file, make_offer(), by=None, at=now)
        elif way == "ignored":
            dismiss(file, Given(by=None, at=now))
        else:
            write_mail(Path(folder.path), name, subject="AW: Angebot 2026-1042", sent_at=LATER)
            check_again([file], after_store=follow_changes, has_history=lambda _offer: False)
    assert not Offer.objects.get(pk=offer.pk).needs_review


def test_what_a_person_wants_to_check_is_not_released(folder: MailFolder) -> None:
    import_mails(folder)
    Offer.objects.update(needs_review="Ask Petra")
    write_mail(Path(folder.path), "1.eml", **{**ENDING[0][0], "sent_at": LATER})
    import_folders([folder])
    dismiss(SourceFile.objects.get(name="1.eml"), Given(by=None, at=timezone.now()))
    assert Offer.objects.get().needs_review == "Ask Petra"


@both_orders
@pytest.mark.parametrize(
    "subject",
    [
        "Angebot 2026-1042-B Tor",
        "Angebot 2026-1077 (ersetzt 2026-1042)",
        "Quotation 2026-1077 replaces 2026-1042",
        "Offre 2026-1077 remplace 2026-1042",
        "Offerta 2026-1077 sostituisce 2026-1042",
    ],
)
def test_a_newer_offer_supersedes_the_one_that_it_replaces(
    folder: MailFolder, subject: str, is_reversed: bool
) -> None:
    import_mails(folder, {"subject": subject}, is_reversed=is_reversed)
    older, newer = Offer.objects.order_by("first_sent_at")
    assert (older.status, older.superseded_by) == (Status.SUPERSEDED, newer)
    assert newer.status == Status.OPEN


def test_offers_of_other_customers_and_of_one_project_are_not_superseded(
    folder: MailFolder,
) -> None:
    import_mails(
        folder,
        {"subject": "Angebot 2026-1042-B", "to": "a@anderer.example"},
        {"subject": "Angebot 2026-1050-1"},
        {"subject": "Angebot 2026-1050-2", "sent_at": LATER + timedelta(days=1)},
    )
    assert set(Offer.objects.values_list("status", flat=True)) == {Status.OPEN}


def test_an_offer_is_open_again_when_the_newer_one_was_none(folder: MailFolder) -> None:
    import_mails(folder, {"subject": "Angebot 2026-1077 ersetzt 2026-1042"})
    newer = SourceFile.objects.get(name="1.eml")
    write_mail(Path(folder.path), "1.eml", subject="Grüße")
    check_again([newer], after_store=follow_changes, has_history=lambda _offer: False)
    offer = Offer.objects.get()
    assert (offer.status, offer.superseded_by) == (Status.OPEN, None)


def test_a_question_made_an_offer_supersedes_too(folder: MailFolder) -> None:
    import_mails(folder, {"subject": "Unterlagen", "body": "Anbei unser Angebot Nr. 2026-1042-B."})
    file = SourceFile.objects.get(name="1.eml")
    email = "buehler@kunde-eins.example"
    make_offer_of_file(file, number="2026-1042-B", email=email, by=None, at=timezone.now())
    assert Offer.objects.get(number="2026-1042").status == Status.SUPERSEDED


@pytest.mark.parametrize("subject", ["Angebot 2026-1042", "WG: Angebot 2026-1042"])
def test_a_copy_to_another_company_asks_and_holds_nothing(folder: MailFolder, subject: str) -> None:
    import_mails(folder, {"subject": subject, "to": "kredit@bank.example"})
    assert states(folder) == [State.OFFER, State.REVIEW]
    offer = Offer.objects.get()
    assert (offer.customer.email, offer.needs_review) == ("buehler@kunde-eins.example", "")


def test_the_copy_is_held_if_it_turns_up_before_the_offer(folder: MailFolder) -> None:
    copy = {"subject": "Angebot 2026-1042", "to": "kredit@bank.example"}
    import_mails(folder, copy, is_reversed=True)
    assert states(folder) == [State.REVIEW, State.OFFER]
    offer = Offer.objects.get()
    assert (offer.customer.email, bool(offer.needs_review)) == ("kredit@bank.example", True)


@both_orders
def test_a_forwarded_copy_to_another_company_asks(folder: MailFolder, is_reversed: bool) -> None:
    copy = {"subject": "WG: Angebot 2026-1042", "to": "kredit@bank.example"}
    import_mails(folder, copy, is_reversed=is_reversed)
    assert states(folder) == [State.OFFER, State.REVIEW]


@pytest.mark.parametrize("order", ["bounce between", "bounce last"])
@pytest.mark.parametrize(
    ("typo", "right"),
    [
        ("mueler@kunde.example", "mueller@kunde.example"),
        ("mueller@kudne.example", "mueller@kunde.example"),
        ("mueller@kunde.example", "hofer@kunde.example"),
    ],
)
def test_an_offer_sent_again_after_a_bounce_follows_its_recipient(
    folder: MailFolder, typo: str, right: str, order: str
) -> None:
    write_mail(Path(folder.path), "0.eml", **{**FIRST, "to": typo})
    import_folders([folder])
    customer = Customer.objects.get()
    if order == "bounce between":
        Customer.objects.update(bounced_at=SENT_AT)
    write_mail(Path(folder.path), "1.eml", subject=FIRST["subject"], to=right, sent_at=LATER)
    import_folders([folder])
    file = SourceFile.objects.get(name="1.eml")
    if order == "bounce last" and "kudne" in typo:
        # Until the bounce is seen it may be another company.
        assert (file.state, file.reason) == (State.REVIEW, Reason.THIRD_PARTY)
        return
    if order == "bounce last":
        Customer.objects.update(bounced_at=SENT_AT)
        check_again([file], after_store=follow_changes, has_history=lambda _offer: False)
    offer = Offer.objects.get()
    assert offer.customer.email == right
    assert offer.customer != customer
    # Checked again, it gives the same.
    files = list(SourceFile.objects.all())
    check_again(files, after_store=follow_changes, has_history=lambda _offer: False)
    assert Offer.objects.get().customer.email == right


def test_a_mail_redirected_to_another_person_is_no_copy(folder: MailFolder) -> None:
    import_mails(folder)
    Customer.objects.update(bounced_at=SENT_AT)
    redirected = {**FIRST, "headers": "Resent-To: neu@kunde-eins.example"}
    write_mail(Path(folder.path), "1.eml", **redirected, to="buehler@kunde-eins.example")
    import_folders([folder])
    assert states(folder) == [State.OFFER, State.REVISION]


def test_a_customer_that_is_known_takes_over(folder: MailFolder) -> None:
    known = make_customer(email="hofer@kunde-eins.example")
    import_mails(folder)
    Customer.objects.exclude(pk=known.pk).update(bounced_at=SENT_AT)
    write_mail(Path(folder.path), "1.eml", subject=FIRST["subject"], to=known.email, sent_at=LATER)
    import_folders([folder])
    assert Offer.objects.get().customer == known
