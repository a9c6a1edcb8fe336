"""Is it our offer? Who wrote it, who got it, and whose number it names."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from offers.models import MailFolder, Offer, SourceFile
from offers.services import make_offer_of_file
from tests.make import make_customer, make_user
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason

VOGT = "p.vogt@muster-metallbau.example"
SUPPLIER = "verkauf@stahlhandel.example"
OFFER = (State.OFFER, Reason.NEW_NUMBER)
NO_OFFER = (State.NOT_AN_OFFER, Reason.NO_OFFER)


def with_files(*names: str, text: str = "Guten Tag") -> dict[str, str]:
    """The fields of a mail with these attachments."""
    parts = [f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"]
    for name in names:
        parts.append(
            f"--b\r\nContent-Type: application/pdf\r\n"
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\nJVBERi0x\r\n'
        )
    headers = 'Content-Type: multipart/mixed; boundary="b"'
    return {"headers": headers, "body": "".join(parts) + "--b--\r\n"}


def answering(message_id: str, **fields: str) -> dict[str, str]:
    headers = f"In-Reply-To: {message_id}\n{fields.pop('headers', '')}"
    return {"headers": headers, **fields}


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    (tmp_path / "sent").mkdir()
    return make_folder(tmp_path / "sent")


@pytest.fixture
def received(tmp_path: Path) -> MailFolder:
    (tmp_path / "received").mkdir()
    return make_folder(tmp_path / "received", direction=MailFolder.Direction.INCOMING)


def import_mail(folder: MailFolder, name: str = "x.eml", **fields: Any) -> SourceFile:
    write_mail(Path(folder.path), name, **fields)
    import_folders([folder])
    return SourceFile.objects.get(folder=folder, name=name)


def judge(folder: MailFolder, **fields: Any) -> tuple[str, str]:
    file = import_mail(folder, **fields)
    return file.state, file.reason


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        ({}, VOGT),
        # Below an own domain, in the name of somebody else, by a program for a person.
        ({"sender": "erp@erp.muster-metallbau.example"}, "erp@erp.muster-metallbau.example"),
        ({"sender": "info@verband.example", "headers": f"Sender: {VOGT}"}, VOGT),
        ({"headers": "Sender: sekretariat@muster-metallbau.example"}, VOGT),
        ({"sender": "noreply@muster-metallbau.example", "headers": f"Reply-To: {VOGT}"}, VOGT),
        ({"sender": "no-reply@erp-cloud.example", "headers": f"Reply-To: {VOGT}"}, VOGT),
        (
            {"sender": "noreply@muster-metallbau.example"},
            "noreply@muster-metallbau.example",
        ),
        # A reply address elsewhere does not change who wrote it.
        ({"headers": "Reply-To: rueckfragen@buero.example"}, VOGT),
    ],
)
def test_an_offer_belongs_to_the_one_of_us_who_wrote_it(
    folder: MailFolder, fields: dict[str, str], sender: str
) -> None:
    assert judge(folder, **fields) == OFFER
    assert Offer.objects.get().sender_email == sender


def test_what_somebody_else_wrote_is_no_offer_of_ours(folder: MailFolder) -> None:
    assert judge(folder, sender=SUPPLIER) == (State.REVIEW, Reason.NOT_OURS)
    assert judge(folder, name="b.eml", sender=SUPPLIER, subject="Grüße") == NO_OFFER
    assert not Offer.objects.exists()


def test_listed_addresses_and_those_of_accounts_are_ours(folder: MailFolder, settings: Any) -> None:
    settings.OFFERS_OWN_ADDRESSES = ["Muster@provider.example"]
    make_user(email="aushilfe@provider.example")
    for number, sender in enumerate(("muster@provider.example", "aushilfe@provider.example")):
        subject = f"Angebot 471{number}"
        fields = {"name": f"{number}.eml", "sender": sender, "subject": subject}
        assert judge(folder, **fields) == OFFER
    to_us = {"name": "c.eml", "subject": "Angebot 4719", "to": "muster@provider.example"}
    assert judge(folder, **to_us) == (State.INTERNAL, Reason.OWN_DOMAINS_ONLY)


@pytest.mark.parametrize(
    ("to", "headers", "customer"),
    [
        ("no-reply@portal.example", "Cc: Lutz <lutz@kunde.example>", "lutz@kunde.example"),
        ("4711@bcc.crm-tool.example", "Bcc: lutz@kunde.example", "lutz@kunde.example"),
        ("lutz@kunde.example", "Bcc: 4711@bcc.hubspot.com", "lutz@kunde.example"),
        ("system.noreply2@portal.example", "", None),
        ("ne-pas-repondre@achats.example, firma@pipedrivemail.com", "", None),
    ],
)
def test_only_a_person_becomes_a_customer(
    folder: MailFolder, to: str, headers: str, customer: str | None
) -> None:
    file = import_mail(folder, to=to, headers=headers)
    if customer is None:
        assert (file.state, file.reason) == (State.REVIEW, Reason.NO_PERSON)
    else:
        assert file.offer is not None
        assert file.offer.customer.email == customer


@pytest.mark.parametrize(
    ("to", "customer"),
    [
        ("IMCEASMTP-lutz+40kunde+2Eexample@muster-metallbau.example", "lutz@kunde.example"),
        ("lutz@küche.example", "lutz@xn--kche-0ra.example"),
    ],
)
def test_addresses_in_other_spellings_are_read(folder: MailFolder, to: str, customer: str) -> None:
    file = import_mail(folder, to=to)
    assert file.offer is not None
    assert file.offer.customer.email == customer


def test_a_domain_with_umlauts_and_its_ascii_form_are_one_customer(folder: MailFolder) -> None:
    customer = make_customer(email="Lutz@KÜCHE.example")
    assert customer.email == "lutz@xn--kche-0ra.example"
    import_mail(folder, to="lutz@xn--kche-0ra.example")
    file = import_mail(folder, "b.eml", subject="Unterlagen", to="x@y.example", body="anbei")
    make_offer_of_file(file, number="4712", email="lutz@küche.example", by=None, at=SENT_AT)
    assert set(Offer.objects.values_list("customer", flat=True)) == {customer.pk}


def test_a_name_of_the_directory_is_a_question(folder: MailFolder) -> None:
    to = "IMCEAEX-_O=FIRMA_OU=AG_CN=RECIPIENTS_CN=4711-Lutz@muster-metallbau.example"
    assert judge(folder, to=to) == (State.REVIEW, Reason.NO_RECIPIENT)
    assert judge(folder, name="b.eml", to=to, subject="Grüße")[0] == State.INTERNAL


def test_a_redirected_mail_went_to_whom_it_was_redirected(folder: MailFolder) -> None:
    inside = "innendienst@muster-metallbau.example"
    headers = f"Resent-From: {inside}\nResent-To: Lutz <lutz@kunde.example>"
    file = import_mail(folder, to=inside, headers=headers)
    assert file.offer is not None
    assert file.offer.customer.email == "lutz@kunde.example"


@pytest.mark.parametrize(
    "subject",
    [
        "Rückfrage zu Ihrem Angebot 4711",
        "Absage - Ihr Angebot 4711",
        "Votre offre 4711",
        "Question about your quotation 4711",
        "Vs. offerta 4711",
    ],
)
def test_the_offer_of_the_other_side_is_not_ours(folder: MailFolder, subject: str) -> None:
    assert judge(folder, to=SUPPLIER, subject=subject)[0] == State.REVIEW
    assert not Offer.objects.exists()


def test_ours_is_called_theirs_if_the_mail_has_it(folder: MailFolder) -> None:
    subject = "Your quotation 4711"
    assert judge(folder, subject=subject, **with_files("Quotation_4711.pdf")) == OFFER


def test_a_number_of_theirs_in_the_text_is_no_question(folder: MailFolder) -> None:
    body = "Guten Tag, zu Ihrem Angebot Nr. 2026-0815 haben wir eine Frage."
    assert judge(folder, to=SUPPLIER, subject="Lieferzeit", body=body) == NO_OFFER


@pytest.mark.parametrize("their_subject", ["Angebot 4711 Stahl", "Quotation 4711"])
@pytest.mark.parametrize("prefix", ["AW: ", ""])
def test_an_answer_to_their_offer_asks(
    folder: MailFolder, received: MailFolder, their_subject: str, prefix: str
) -> None:
    import_mail(received, sender=SUPPLIER, to=VOGT, subject=their_subject, message_id="<s@x>")
    subject = prefix + their_subject
    fields = {"to": SUPPLIER, "subject": subject, **answering("<s@x>")}
    assert judge(folder, **fields) == (State.REVIEW, Reason.FOREIGN_NUMBER)


@pytest.mark.parametrize(
    ("subject", "files", "text"),
    [
        ("AW: Anfrage Geländer // Angebot 2026-1042", (), ""),
        ("AW: Ihre Anfrage Tor - Angebot 2026-1042", (), ""),
        ("AW: Tor Halle 3 - Angebot 2026-1042", ("Angebot_2026-1042.pdf",), ""),
        ("RE: Tor Halle 3 / Angebot 2026-1042", (), "Anbei unser Angebot."),
        ("AW: Anfrage Tor", ("Angebot 2026-1042 Tor.pdf", "AGB.pdf"), ""),
    ],
)
def test_an_inquiry_is_answered_with_an_offer(
    folder: MailFolder, subject: str, files: tuple[str, ...], text: str
) -> None:
    fields = with_files(*files, text=text)
    assert judge(folder, subject=subject, **answering("<q@kunde.example>", **fields))[0] == (
        State.OFFER
    )


def test_a_number_that_their_mail_does_not_name_is_ours(
    folder: MailFolder, received: MailFolder
) -> None:
    import_mail(received, sender="lutz@kunde.example", to=VOGT, subject="Tor", message_id="<q@x>")
    fields = {"subject": "AW: Tor - Angebot 2026-1042", **answering("<q@x>")}
    assert judge(folder, **fields) == OFFER


def test_an_answer_to_a_mail_of_ours_may_carry_an_offer(folder: MailFolder) -> None:
    subject = "AW: Angebot 2026-1042 Tor"
    headers = "In-Reply-To: <1@mail.muster-metallbau.example>"
    assert judge(folder, subject=subject, headers=headers) == OFFER


def test_the_signed_offer_of_a_supplier_is_an_order(folder: MailFolder) -> None:
    fields = with_files("Angebot_4711_unterschrieben.pdf")
    subject = "AW: Angebot 4711 Stahl"
    fields = answering("<s@stahlhandel.example>", **fields)
    assert judge(folder, to=SUPPLIER, subject=subject, **fields) == (
        State.REVIEW,
        Reason.FOREIGN_NUMBER,
    )


@pytest.mark.parametrize("mark", ["X-Unsent: 1", "X-Mozilla-Draft-Info: internal/draft"])
@pytest.mark.parametrize("is_draft_first", [True, False])
def test_a_draft_is_no_offer_and_the_mail_it_becomes_is(
    folder: MailFolder, mark: str, is_draft_first: bool
) -> None:
    mails = {"draft.eml": mark, "sent.eml": ""}
    for name in sorted(mails, reverse=not is_draft_first):
        import_mail(folder, name, headers=mails[name], message_id="<1@x>")
    states = dict(SourceFile.objects.values_list("name", "state"))
    assert states["sent.eml"] == State.OFFER
    assert Offer.objects.get().revision == 1


@pytest.mark.parametrize("marks", ["Auto-Submitted: auto-generated", "Precedence: bulk"])
def test_the_marks_of_a_program_do_not_hide_an_offer(folder: MailFolder, marks: str) -> None:
    assert judge(folder, headers=marks) == OFFER
    note = {"subject": "Automatische Antwort: Angebot 4712", "headers": marks, "name": "b.eml"}
    assert judge(folder, **note)[0] == State.AUTOMATIC
    news = {"subject": "Grüße", "headers": marks, "name": "c.eml"}
    assert judge(folder, **news)[0] == State.AUTOMATIC


SIGNED = "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"
CLOSED_WINMAIL = {
    "headers": 'Content-Type: multipart/mixed; boundary="b"',
    "body": "--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    + b64encode(b"\x78\x9f\x3e\x22\x01\x00").decode()
    + "\r\n--b--\r\n",
}
LONG_NAME = "Angebot 2026-1042 Tor.pdf".encode("utf-16-le")
WINMAIL = {
    **CLOSED_WINMAIL,
    "body": CLOSED_WINMAIL["body"].replace(
        b64encode(b"\x78\x9f\x3e\x22\x01\x00").decode(),
        b64encode(b"\x78\x9f\x3e\x22\x01\x00" + LONG_NAME + b"\0\0").decode(),
    ),
}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"body": "Beiliegend unser Angebot Nr. 2026-1042."}, Reason.NUMBER_IN_TEXT),
        (
            {
                "headers": "Content-Type: text/html",
                "body": "<p>Beiliegend unser Angebot Nr. 2026-1042.</p>",
            },
            Reason.NUMBER_IN_TEXT,
        ),
        ({"headers": 'Content-Type: application/pdf; name="Scan.pdf"'}, Reason.ONLY_PDF),
        (
            {"headers": 'Content-Type: application/pdf; name="Angebot_2026-1042.pdf"'},
            Reason.ONLY_PDF,
        ),
        ({"headers": SIGNED}, Reason.CLOSED_CONTENT),
        (CLOSED_WINMAIL, Reason.CLOSED_CONTENT),
        (WINMAIL, Reason.ATTACHMENT_LOOKS_LIKE_OFFER),
    ],
)
def test_an_offer_that_only_the_content_shows_is_a_question(
    folder: MailFolder, fields: dict[str, str], reason: Reason
) -> None:
    assert judge(folder, subject="Wie besprochen", **fields) == (State.REVIEW, reason)


def test_a_journal_envelope_counts_as_the_mail_in_it(folder: MailFolder) -> None:
    inner = f"From: {VOGT}\r\nSubject: Angebot 4711\r\nTo: lutz@kunde.example\r\nMessage-ID: <i@x>"
    envelope = {
        "sender": "MicrosoftExchange4711@muster-metallbau.example",
        "to": "journal@muster-metallbau.example",
        "headers": 'X-MS-Journal-Report:\nContent-Type: multipart/mixed; boundary="b"',
        "body": "--b\r\nContent-Type: text/plain\r\n\r\nRecipient: lutz@kunde.example\r\n"
        "Bcc: einkauf@kunde.example\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n\r\nx\r\n--b--\r\n",
    }
    file = import_mail(folder, **envelope)
    assert (file.state, file.sender, file.message_id) == (State.OFFER, VOGT, "<i@x>")
    assert [each["email"] for each in file.recipients] == [
        "lutz@kunde.example",
        "einkauf@kunde.example",
    ]
    # The mail itself may lie in another folder, too.
    again = {"to": "lutz@kunde.example", "message_id": "<i@x>", "name": "b.eml"}
    assert judge(folder, **again)[0] == State.DUPLICATE


@pytest.mark.parametrize("names", [("Angebot_AN-1042.pdf", "Angebot_AN-1043.pdf")])
@pytest.mark.parametrize("at_once", [True, False])
def test_two_offers_of_one_second_are_two(
    folder: MailFolder, names: tuple[str, ...], at_once: bool
) -> None:
    for name in names:
        write_mail(Path(folder.path), f"{name}.eml", subject="Ihr Angebot", **with_files(name))
        if not at_once:
            import_folders([folder])
    import_folders([folder])
    assert sorted(Offer.objects.values_list("number", flat=True)) == ["AN-1042", "AN-1043"]


def test_the_newest_note_of_receipt_replaces_a_wrong_date(folder: MailFolder) -> None:
    received = f"Received: from pc; {SENT_AT:%a, %d %b %Y %H:%M:%S} +0000"
    wrong, right = SENT_AT.replace(year=2025), SENT_AT.replace(minute=50)
    import_mail(folder, headers=received, sent_at=wrong)
    import_mail(folder, "b.eml", headers=received, sent_at=right, subject="Angebot 4712")
    sent = dict(Offer.objects.values_list("number", "sent_at"))
    assert sent == {"4711": SENT_AT, "4712": right}


def test_the_body_of_an_offer_with_its_number_in_the_subject_stays_unread(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> bytes:
        raise AssertionError("the body was read")

    monkeypatch.setattr("offers.mail_import.read_sent.read_start", fail)
    monkeypatch.setattr("offers.mail_import.read_sent.read_body", fail)
    for number in range(3):
        write_mail(Path(folder.path), f"{number}.eml", subject=f"Angebot 471{number}")
    import_folders([folder])
    assert Offer.objects.count() == 3
