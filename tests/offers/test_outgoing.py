"""What becomes of sent mails: each state, each reason, and the order in which files turn up."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from offers.models import MailFolder, Offer, SourceFile
from tests.make import make_customer, make_offer
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, build_mail, make_folder, write_file, write_mail

pytestmark = pytest.mark.django_db
State = SourceFile.State

PDF = (
    'Content-Type: multipart/mixed; boundary="b"',
    "--b\r\nContent-Type: text/plain\r\n\r\nGuten Tag\r\n--b\r\nContent-Type: application/pdf\r\n"
    'Content-Disposition: attachment; filename="{name}"\r\n\r\nJVBERi0x\r\n--b--\r\n',
)


WINMAIL = {
    "headers": 'Content-Type: multipart/mixed; boundary="b"',
    "body": "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\n"
    "Content-Type: application/ms-tnef; name=winmail.dat\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    + b64encode(
        b"\x78\x9f\x3e\x22\x01\x00" + b"\x02\x10\x80\x01\x00\x11\0\0\0Angebot 4711.pdf\0\x2b\x05"
    ).decode()
    + "\r\n--b--\r\n",
}
FORWARDED_INSIDE = {
    "headers": 'Content-Type: multipart/mixed; boundary="b"',
    "body": "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "From: a@x.example\r\nSubject: Angebot 4711\r\n\r\nx\r\n--b--\r\n",
}
INSIDE = "innen@muster-metallbau.example"
NO_OFFER = (State.NOT_AN_OFFER, SourceFile.Reason.NO_OFFER)
INTERNAL = (State.INTERNAL, SourceFile.Reason.OWN_DOMAINS_ONLY)
ENCRYPTED = 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"'
SMIME = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data"
LOOKS_LIKE_OFFER = (State.REVIEW, SourceFile.Reason.ATTACHMENT_LOOKS_LIKE_OFFER)


def inside(kind: str) -> dict[str, object]:
    """A mail whose attachment lies in a multipart in a multipart, as Apple Mail and signatures make
    them.
    """
    body = f"--o\r\n{PDF[0]}\r\n\r\n{PDF[1].format(name='Angebot_4711.pdf')}\r\n--o--\r\n"
    return {"headers": f'Content-Type: {kind}; boundary="o"', "body": body}


def with_attachment(name: str) -> dict[str, object]:
    return {"headers": PDF[0], "body": PDF[1].format(name=name)}


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path)


def import_mail(folder: MailFolder, name: str = "x.eml", **fields: object) -> SourceFile:
    write_mail(Path(folder.path), name, **fields)
    import_folders([folder])
    return SourceFile.objects.get(name=name)


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        # A number that we never gave, in an answer.
        ({"subject": "AW: Angebot 4711"}, State.REVIEW, SourceFile.Reason.FOREIGN_NUMBER),
        (
            {"subject": "Angebot 4711", "headers": "X-Nachfass-Reminder: 1"},
            State.OWN_REMINDER,
            SourceFile.Reason.OWN_REMINDER,
        ),
        (
            {"message_id": "<nachfass.0f@muster-metallbau.example>"},
            State.OWN_REMINDER,
            SourceFile.Reason.OWN_REMINDER,
        ),
        ({"headers": "Auto-Submitted: auto-replied"}, State.AUTOMATIC, SourceFile.Reason.AUTOMATIC),
        (
            {"to": "innen@muster-metallbau.example"},
            State.INTERNAL,
            SourceFile.Reason.OWN_DOMAINS_ONLY,
        ),
        (
            {"to": "a@eins.example, b@zwei.example"},
            State.REVIEW,
            SourceFile.Reason.SEVERAL_COMPANIES,
        ),
        ({"to": "a@gmail.com, b@gmail.com"}, State.REVIEW, SourceFile.Reason.SEVERAL_COMPANIES),
        ({"to": "a@eins.example, b@eins.example"}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (
            {"to": "a@eins.example, innen@muster-metallbau.example"},
            State.OFFER,
            SourceFile.Reason.NEW_NUMBER,
        ),
        ({"to": ""}, State.REVIEW, SourceFile.Reason.NO_RECIPIENT),
        ({"subject": "WG: Angebot 4711"}, State.REVIEW, SourceFile.Reason.FORWARDED),
        ({"subject": "Ihr Angebot"}, State.REVIEW, SourceFile.Reason.NO_NUMBER),
        ({"subject": "Grüße"}, State.NOT_AN_OFFER, SourceFile.Reason.NO_OFFER),
        ({"subject": "...", "headers": ENCRYPTED}, State.REVIEW, SourceFile.Reason.HIDDEN_SUBJECT),
        ({"subject": "[...]", "headers": SMIME}, State.REVIEW, SourceFile.Reason.HIDDEN_SUBJECT),
        (
            {"subject": "...", "headers": ENCRYPTED, "to": "innen@muster-metallbau.example"},
            *INTERNAL,
        ),
        (
            {"subject": "Grüße", "headers": ENCRYPTED},
            State.REVIEW,
            SourceFile.Reason.CLOSED_CONTENT,
        ),
        ({"subject": "..."}, State.NOT_AN_OFFER, SourceFile.Reason.NO_OFFER),
        ({"subject": "Rechnung 2026-113"}, State.NOT_AN_OFFER, SourceFile.Reason.NO_OFFER),
        (
            {"subject": "Ihr Angebot", **with_attachment("Angebot_4711.pdf")},
            State.OFFER,
            SourceFile.Reason.NUMBER_IN_ATTACHMENT,
        ),
        (
            {"subject": "Ihr Angebot", **with_attachment("Plan.pdf")},
            State.REVIEW,
            SourceFile.Reason.NO_NUMBER,
        ),
        (
            {"subject": "Wie besprochen", **with_attachment("Angebot_4711.pdf")},
            State.REVIEW,
            SourceFile.Reason.ATTACHMENT_LOOKS_LIKE_OFFER,
        ),
        (
            {"subject": "Wie besprochen", **with_attachment("Foto.pdf")},
            State.NOT_AN_OFFER,
            SourceFile.Reason.NO_OFFER,
        ),
        ({"sent_at": None}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        # The answer to a request is often the offer; the words of the subject are then those of the
        # customer.
        ({"subject": "Angebotsanfrage Tor"}, State.NOT_AN_OFFER, SourceFile.Reason.NO_OFFER),
        ({"subject": "AW: Angebotsanfrage Tor"}, State.REVIEW, SourceFile.Reason.NO_NUMBER),
        (
            {"subject": "AW: Anfrage Tor", **with_attachment("Angebot.pdf")},
            State.REVIEW,
            SourceFile.Reason.ATTACHMENT_LOOKS_LIKE_OFFER,
        ),
        (
            {"subject": "AW: Anfrage Tor", **with_attachment("AN-26-815.pdf")},
            State.REVIEW,
            SourceFile.Reason.ATTACHMENT_LOOKS_LIKE_OFFER,
        ),
        (
            {"subject": "Ihre Rechnung", **with_attachment("Rechnung zu Angebot 4711.pdf")},
            *NO_OFFER,
        ),
        (
            {"subject": "Rechnung RE-1 zu Angebot 4711"},
            State.NOT_AN_OFFER,
            SourceFile.Reason.OTHER_DOCUMENT,
        ),
        (
            {"subject": "Einladung: Besprechung Angebot 4711"},
            State.REVIEW,
            SourceFile.Reason.APPOINTMENT,
        ),
        (
            {"headers": "Content-Type: text/calendar; method=REQUEST"},
            State.REVIEW,
            SourceFile.Reason.APPOINTMENT,
        ),
        (
            {"subject": "Bestellung B-118 lt. Ihrem Angebot 77120", "body": "Wir bestellen.\n"},
            State.NOT_AN_OFFER,
            SourceFile.Reason.OTHER_DOCUMENT,
        ),
        (
            {"subject": "Reklamation zu Ihrem Angebot 77120"},
            State.NOT_AN_OFFER,
            SourceFile.Reason.OTHER_DOCUMENT,
        ),
        ({"subject": "Stellenangebot Nr. 4711"}, *NO_OFFER),
        # How the mail is built must not hide the attachment.
        ({"subject": "Wie besprochen", **inside("multipart/alternative")}, *LOOKS_LIKE_OFFER),
        ({"subject": "Wie besprochen", **inside("multipart/signed")}, *LOOKS_LIKE_OFFER),
        ({"subject": "Wie besprochen", **WINMAIL}, *LOOKS_LIKE_OFFER),
        ({"subject": "Wie besprochen", **FORWARDED_INSIDE}, *LOOKS_LIKE_OFFER),
        # To whom it went.
        ({"to": "", "headers": "Bcc: a@eins.example"}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        ({"to": "", "headers": "Cc: a@eins.example"}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (
            {"to": "", "headers": "Bcc: a@eins.example, b@zwei.example"},
            State.REVIEW,
            SourceFile.Reason.SEVERAL_COMPANIES,
        ),
        (
            {"to": INSIDE, "headers": "Cc: a@eins.example, b@zwei.example"},
            State.REVIEW,
            SourceFile.Reason.SEVERAL_COMPANIES,
        ),
        ({"headers": "Cc: architekt@zwei.example"}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        ({"to": "undisclosed-recipients:;"}, State.REVIEW, SourceFile.Reason.NO_RECIPIENT),
        (
            {"to": "Kunden: a@eins.example, b@eins.example;"},
            State.OFFER,
            SourceFile.Reason.NEW_NUMBER,
        ),
        # Clocks that are wrong by years.
        ({"sent_at": datetime(1970, 1, 1, tzinfo=UTC)}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        ({"sent_at": datetime(2099, 1, 1, tzinfo=UTC)}, State.OFFER, SourceFile.Reason.NEW_NUMBER),
    ],
)
def test_a_mail_alone(
    folder: MailFolder, fields: dict[str, object], state: State, reason: SourceFile.Reason
) -> None:
    file = import_mail(folder, **fields)
    assert (file.state, file.reason) == (state, reason)
    assert Offer.objects.count() == (state == State.OFFER)


def test_an_offer_keeps_what_the_mail_said(folder: MailFolder) -> None:
    import_mail(folder, subject="Quotation QT-2026-77 for stairs")
    offer = Offer.objects.get()
    assert (offer.number, offer.language, offer.first_sent_at, offer.sent_at) == (
        "QT-2026-77",
        "en",
        SENT_AT,
        SENT_AT,
    )
    assert (offer.customer.email, offer.customer.name) == (
        "buehler@kunde-eins.example",
        "Jörg Bühler",
    )
    assert (offer.sender_email, offer.sender_name) == (
        "p.vogt@muster-metallbau.example",
        "Petra Vogt",
    )
    assert offer.amount is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"message_id": "<1@x>", "sent_at": SENT_AT, "headers": "X-Copy: 1"},
            SourceFile.Reason.SAME_MAIL,
        ),
        ({"message_id": "<2@x>", "sent_at": SENT_AT}, SourceFile.Reason.SAME_MAIL),
        ({"message_id": "<1@x>", "sent_at": SENT_AT}, SourceFile.Reason.SAME_CONTENT),
        (
            {"message_id": "<1@x>", "sent_at": SENT_AT + timedelta(hours=1)},
            SourceFile.Reason.SAME_MESSAGE_ID,
        ),
    ],
)
def test_the_same_mail_again_is_a_duplicate(
    folder: MailFolder, fields: dict[str, object], reason: SourceFile.Reason
) -> None:
    first = import_mail(folder, "a.eml", message_id="<1@x>")
    second = import_mail(folder, "b.eml", **fields)
    assert (second.state, second.reason, second.duplicate_of) == (State.DUPLICATE, reason, first)
    assert Offer.objects.get().revision == 1


def test_the_message_id_of_another_number_is_for_a_person(folder: MailFolder) -> None:
    import_mail(folder, "a.eml", message_id="<1@x>")
    second = import_mail(folder, "b.eml", message_id="<1@x>", subject="Angebot 4712")
    assert (second.state, second.reason, second.detail) == (
        State.REVIEW,
        SourceFile.Reason.OTHER_NUMBER,
        "4711",
    )


@pytest.mark.parametrize(
    "subject", ["Auftragsbestätigung AB-1 zu Angebot 4711", "AW: Schlussrechnung Angebot 4711"]
)
def test_an_order_about_a_known_offer_holds_its_reminders(folder: MailFolder, subject: str) -> None:
    import_mail(folder, "a.eml")
    file = import_mail(folder, "b.eml", sent_at=SENT_AT + timedelta(days=2), subject=subject)
    offer = Offer.objects.get()
    assert (file.state, file.reason, file.offer) == (
        State.REVIEW,
        SourceFile.Reason.LATER_MAIL,
        offer,
    )
    assert (offer.revision, offer.sent_at, offer.follow_up.next_at) == (1, SENT_AT, None)
    assert offer.needs_review


def test_an_invitation_about_a_known_offer_holds_its_reminders(folder: MailFolder) -> None:
    import_mail(folder, "a.eml")
    later = SENT_AT + timedelta(days=2)
    file = import_mail(folder, "b.eml", sent_at=later, subject="Besprechung: Angebot 4711")
    assert (file.state, file.reason, file.detail) == (
        State.REVIEW,
        SourceFile.Reason.LATER_MAIL,
        "appoints",
    )
    assert Offer.objects.get().needs_review


def test_a_mail_without_prefix_about_a_known_number_is_a_revision(folder: MailFolder) -> None:
    import_mail(folder, "a.eml")
    later = SENT_AT + timedelta(days=2)
    assert (
        import_mail(folder, "b.eml", sent_at=later, subject="Angebot 4711 Rev. B").state
        == State.REVISION
    )
    offer = Offer.objects.get()
    assert (offer.first_sent_at, offer.sent_at, offer.revision) == (SENT_AT, later, 2)
    assert offer.subject == "Angebot 4711 Rev. B"


@pytest.mark.parametrize(
    "subject", ["AW: Angebot 4711", "Re-2: Angebot 4711", "WG: [EXTERN] Angebot 4711"]
)
def test_a_mail_with_prefix_about_a_known_number_is_a_follow_up(
    folder: MailFolder, subject: str
) -> None:
    import_mail(folder, "a.eml")
    later = SENT_AT + timedelta(days=2)
    assert import_mail(folder, "b.eml", sent_at=later, subject=subject).state == State.FOLLOW_UP
    offer = Offer.objects.get()
    assert (offer.sent_at, offer.contacted_at) == (SENT_AT, later)


def test_a_mail_in_the_thread_is_a_follow_up_whatever_its_subject(folder: MailFolder) -> None:
    import_mail(folder, "a.eml", message_id="<1@x>")
    file = import_mail(folder, "b.eml", subject="Noch eine Frage", headers="In-Reply-To: <1@x>")
    assert (file.state, file.reason, file.offer) == (
        State.FOLLOW_UP,
        SourceFile.Reason.IN_THREAD,
        Offer.objects.get(),
    )


def test_a_number_sent_to_a_colleague_of_the_customer_is_no_second_offer(
    folder: MailFolder,
) -> None:
    import_mail(folder, "a.eml", to="a@kunde.example")
    assert (
        import_mail(folder, "b.eml", to="einkauf@kunde.example", subject="Angebot 4711").state
        == State.REVISION
    )
    assert Offer.objects.count() == 1


def test_a_number_sent_to_another_company_is_a_question(folder: MailFolder) -> None:
    import_mail(folder, "a.eml", to="a@eins.example")
    file = import_mail(folder, "b.eml", to="a@bank.example")
    assert (file.state, file.reason) == (State.REVIEW, SourceFile.Reason.THIRD_PARTY)
    # It says nothing about the offer itself, so its reminders go on.
    assert not Offer.objects.get().needs_review


@pytest.mark.parametrize("order", list(permutations("abc")), ids="".join)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_order_in_which_files_turn_up_does_not_matter(
    folder: MailFolder, order: tuple[str, ...], at_once: bool
) -> None:
    mails = {
        "a": {"sent_at": SENT_AT},
        "b": {"sent_at": SENT_AT + timedelta(days=1), "subject": "AW: Angebot 4711"},
        "c": {"sent_at": SENT_AT + timedelta(days=2), "subject": "Angebot 4711 neu"},
    }
    for name in order:
        write_mail(Path(folder.path), f"{name}.eml", **mails[name])
        if not at_once:
            import_folders([folder])
    import_folders([folder])
    states = dict(SourceFile.objects.values_list("name", "state"))
    assert states == {"a.eml": State.OFFER, "b.eml": State.FOLLOW_UP, "c.eml": State.REVISION}
    offer = Offer.objects.get()
    assert (offer.first_sent_at, offer.contacted_at, offer.sent_at) == tuple(
        mail["sent_at"] for mail in mails.values()
    )


def test_a_newer_mail_reopens_an_offer_that_nobody_answered(folder: MailFolder) -> None:
    import_mail(folder, "a.eml")
    Offer.objects.update(status=Offer.Status.NO_ANSWER)
    import_mail(folder, "b.eml", sent_at=SENT_AT + timedelta(days=30))
    assert Offer.objects.get().status == Offer.Status.OPEN


def test_a_newer_mail_of_a_declined_offer_is_for_a_person_to_judge(folder: MailFolder) -> None:
    import_mail(folder, "a.eml")
    Offer.objects.update(status=Offer.Status.DECLINED)
    import_mail(folder, "b.eml", sent_at=SENT_AT + timedelta(days=30))
    offer = Offer.objects.get()
    assert offer.status == Offer.Status.DECLINED
    assert offer.needs_review


def test_the_mail_of_an_offer_entered_by_hand_joins_it(folder: MailFolder) -> None:
    customer = make_customer(email="buehler@kunde-eins.example")
    offer = make_offer(
        number="4711", customer=customer, source=Offer.Source.MANUAL, sent_at=SENT_AT
    )
    assert import_mail(folder).offer == offer
    assert Offer.objects.count() == 1


def test_a_pattern_of_the_folder_replaces_the_built_in_recognition(folder: MailFolder) -> None:
    MailFolder.objects.update(number_pattern=r"Vorgang (\d+)")
    folder.refresh_from_db()
    assert import_mail(folder, subject="Vorgang 99 Angebot 4711").number == "99"


def test_a_pattern_that_cannot_be_used_stops_the_folder_with_a_sentence(folder: MailFolder) -> None:
    folder.number_pattern = "(("
    write_mail(Path(folder.path), "a.eml")
    result = import_folders([folder])
    assert result.problems
    assert folder.error
    assert not SourceFile.objects.exists()


def test_a_mail_on_which_the_pattern_takes_too_long_waits_for_a_person(folder: MailFolder) -> None:
    MailFolder.objects.update(number_pattern="((?:a|aa){40})b")
    folder.refresh_from_db()
    file = import_mail(folder, subject="Angebot " + "a" * 200)
    assert (file.state, file.reason) == (State.REVIEW, SourceFile.Reason.PATTERN_TIMEOUT)
    write_mail(Path(folder.path), "b.eml", subject="Angebot " + "a" * 40 + "b")
    assert not import_folders([folder]).problems
    assert SourceFile.objects.get(name="b.eml").number == "a" * 40


def test_a_date_in_the_far_future_does_not_count(folder: MailFolder) -> None:
    file = import_mail(folder, sent_at=SENT_AT.replace(year=2090))
    assert file.sent_at is not None
    assert file.sent_at.year < 2090
    assert "date_in_future" in file.defects


def test_a_rewritten_file_is_decided_anew(folder: MailFolder) -> None:
    import_mail(folder, "a.eml", message_id="<1@x>")
    file = import_mail(
        folder, "a.eml", message_id="<1@x>", subject="Angebot 4711 neu", body="x" * 99
    )
    assert (file.state, file.subject) == (State.OFFER, "Angebot 4711 neu")
    assert Offer.objects.get().subject == "Angebot 4711 neu"


def test_two_files_that_change_places_stay_two_mails(folder: MailFolder) -> None:
    mails = [build_mail(subject="Angebot 4711"), build_mail(subject="Angebot 4712", body="lang")]
    for name, mail in zip("ab", mails, strict=True):
        write_file(Path(folder.path), f"{name}.eml", mail)
    import_folders([folder])
    for name, mail in zip("ba", mails, strict=True):
        write_file(Path(folder.path), f"{name}.eml", mail, age=timedelta(minutes=30))
    import_folders([folder])
    assert dict(SourceFile.objects.values_list("name", "number")) == {
        "a.eml": "4712",
        "b.eml": "4711",
    }
    assert set(SourceFile.objects.values_list("state", flat=True)) == {State.OFFER}


def test_a_name_that_another_mail_of_the_batch_gives_finds_the_offer(folder: MailFolder) -> None:
    import_mail(folder, "a.eml", to="k@kunde.example")
    later = SENT_AT + timedelta(days=1)
    path = Path(folder.path)
    write_mail(path, "b.eml", to="k@kunde.example", sent_at=later, subject="Angebot 4711 Rev. B")
    to = "Max Zimmermann <k@kunde.example>"
    write_mail(path, "c.eml", to=to, sent_at=later, subject="Angebot 4712")
    import_folders([folder])
    found = Offer.objects.filter(search_text__contains="zimmermann")
    assert sorted(offer.number for offer in found) == ["4711", "4712"]
