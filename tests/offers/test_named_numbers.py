"""Which sent mails are offers by the number that they name, and what a later mail does with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from offers.models import MailFolder, Offer, SourceFile
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason
LATER = SENT_AT + timedelta(days=2)


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path)


def import_mails(folder: MailFolder, *mails: dict[str, object]) -> list[SourceFile]:
    """Import mails one by one and return their log entries, in the same order."""
    for number, mail in enumerate(mails):
        write_mail(Path(folder.path), f"{number}.eml", **mail)
        import_folders([folder])
    return list(SourceFile.objects.order_by("name"))


def with_pdf(name: str, text: str = "Guten Tag") -> dict[str, object]:
    return {
        "headers": 'Content-Type: multipart/mixed; boundary="b"',
        "body": f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n"
        f'Content-Type: application/pdf; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\nJVBERi0x\r\n--b--\r\n',
    }


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Unser Anbot 26-0311 Dachstuhl", "26-0311"),
        ("Kosten-Voranschlag 10455 Hoftor", "10455"),
        ("Angebot AN 2026 0311 Vordach", "AN 2026 0311"),
        ("Offerte 2026 / 118 Brüstung", "2026 / 118"),
        ("Offerte 2026 – 1180 Brüstung", "2026 – 1180"),
        ("ANGEBOT-0010-2026 Balkon", "ANGEBOT-0010-2026"),
        ("Angebot 20261104 Hallentor", "20261104"),
        ("Offertstellung 26-118 Küche", "26-118"),
        ("Votre devis n° 2026-118", "2026-118"),
        ("La nostra offerta 2026/118", "2026/118"),
        ("Drehteile gemäss Zeichnung 10-4711: Angebot 88120", "88120"),
        ("Danke für Ihre Anfrage - Ihr Angebot 2026-118", "2026-118"),
    ],
)
def test_an_everyday_subject_is_an_offer(folder: MailFolder, subject: str, number: str) -> None:
    [file] = import_mails(folder, {"subject": subject})
    assert (file.state, Offer.objects.get().number) == (State.OFFER, number)


@pytest.mark.parametrize(
    "subject",
    [
        "Angebot Nr. 2026",
        "Angebot zu Zeichnung 10-4711, 25 Stk.",
        "Angebot Artikel 26-0042",
        "Angebot Ersatzteil-Nr. 26-0042",
        "Angebot Projekt 26-118",
        "Angebot Kunden-Nr. 10033",
        "Angebot DIN 18065-2026",
    ],
)
def test_the_number_of_something_else_is_asked_about(folder: MailFolder, subject: str) -> None:
    [file] = import_mails(folder, {"subject": subject})
    assert (file.state, file.reason) == (State.REVIEW, Reason.NO_NUMBER)


@pytest.mark.parametrize(
    "subject",
    [
        "Rückfrage zu Ihrem Angebot 4711",
        "Absage - Ihr Angebot 4711",
        "Suite à votre offre 4711",
        "Question about your quotation 4711",
        "In merito alla Vostra offerta 4711",
    ],
)
def test_an_offer_of_the_other_side_is_none_of_ours(folder: MailFolder, subject: str) -> None:
    [file] = import_mails(folder, {"subject": subject})
    assert file.state == State.REVIEW
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    "subject", ["Bitte um Angebot: 200 Winkel", "Ersuchen um Anbotslegung Los 3", "RFQ 4711"]
)
def test_a_request_to_a_supplier_is_no_offer(folder: MailFolder, subject: str) -> None:
    [file] = import_mails(folder, {"subject": subject})
    assert file.state == State.NOT_AN_OFFER


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Angebot AN 2026 0815", "Angebot AN-2026-0815 (korrigiert)"),
        ("Angebot AN–2026–0815", "Angebot AN-2026-0815 Rev. B"),
        ("Angebot 2026 / 1042 Tor", "Überarbeitetes Angebot 2026/1042"),
    ],
)
def test_two_spellings_of_a_number_are_one_offer(
    folder: MailFolder, first: str, second: str, is_reversed: bool
) -> None:
    mails = [{"subject": first}, {"subject": second, "sent_at": LATER}]
    if is_reversed:
        mails.reverse()
    import_mails(folder, *mails)
    offer = Offer.objects.get()
    assert (offer.revision, offer.sent_at, offer.subject) == (2, LATER, second)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_number_in_the_name_of_a_file_needs_no_slash(
    folder: MailFolder, is_reversed: bool
) -> None:
    mails = [
        {"subject": "Ihr Angebot", **with_pdf("Angebot_2026_1042.pdf")},
        {"subject": "Überarbeitetes Angebot 2026/1042", "sent_at": LATER},
    ]
    if is_reversed:
        mails.reverse()
    import_mails(folder, *mails)
    assert Offer.objects.get().sent_at == LATER


def test_a_day_in_the_name_of_a_file_is_no_number(folder: MailFolder) -> None:
    [file] = import_mails(folder, {"subject": "Ihr Angebot", **with_pdf("Angebot_20260914.pdf")})
    assert file.state == State.REVIEW
    assert not Offer.objects.exists()


def test_a_number_in_the_text_alone_is_asked_about(folder: MailFolder) -> None:
    text = "Beiliegend unser Anbot Nr. 2026/118."
    [file] = import_mails(folder, {"subject": "Ihre Anfrage Tor", **with_pdf("scan.pdf", text)})
    assert (file.state, file.reason, file.detail) == (
        State.REVIEW,
        Reason.NUMBER_IN_TEXT,
        "2026/118",
    )


@pytest.mark.parametrize(
    ("subject", "text", "purpose"),
    [
        ("Vielen Dank für Ihren Auftrag - Angebot 4711", "", "thanks"),
        ("AW: Angebot 4711", "besten Dank für Ihre Bestellung.", "thanks"),
        ("Angebot 4711 - Storno", "", "cancels"),
        ("AW: Angebot 4711", "hiermit ziehen wir unser Angebot zurück.", "takes_back"),
        ("Montagetermin zu Angebot 4711", "", "appoints"),
        ("Devis 4711 annulé", "", "cancels"),
        ("Re: Quotation 4711", "Thank you for your order.", "thanks"),
        ("Offerta 4711 ritirata", "", "takes_back"),
    ],
)
def test_a_later_mail_that_offers_nothing_holds_the_reminders(
    folder: MailFolder, subject: str, text: str, purpose: str
) -> None:
    later = {"subject": subject, "body": text + "\n", "sent_at": LATER}
    first, second = import_mails(folder, {}, later)
    offer = Offer.objects.get()
    assert (second.state, second.reason, second.detail) == (
        State.REVIEW,
        Reason.LATER_MAIL,
        purpose,
    )
    assert (first.offer, second.offer) == (offer, offer)
    assert offer.needs_review


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Angebot 4711 Rev. B", "Wir freuen uns auf Ihren Auftrag."),
        ("Angebot 4711", "anbei unser Angebot. Die Rechnung stellen wir nach der Montage."),
        ("Angebot 4711, Preise angepasst", "Stornokosten und Widerrufsbelehrung laut AGB."),
        ("AW: Angebot 4711", "Die Lieferzeit beträgt sechs Wochen."),
    ],
)
def test_an_everyday_later_mail_asks_nothing(folder: MailFolder, subject: str, text: str) -> None:
    later = {"subject": subject, "body": text + "\n", "sent_at": LATER}
    _, second = import_mails(folder, {}, later)
    assert second.state in (State.REVISION, State.FOLLOW_UP)
    assert not Offer.objects.get().needs_review
