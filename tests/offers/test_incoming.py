"""What becomes of received mails, and what they do to the offers."""

from __future__ import annotations

from datetime import date, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from offers.models import Customer, MailFolder, Offer, SentMessage, SourceFile
from tests.make import make_customer, make_offer
from tests.offers.bounce_samples import DELAYED, FAILED, PEOPLE
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_file, write_mail

pytestmark = pytest.mark.django_db
State = SourceFile.State
CUSTOMER = "Jörg Bühler <buehler@kunde-eins.example>"
LATER = SENT_AT + timedelta(days=2)


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)


@pytest.fixture
def offer() -> Offer:
    customer = make_customer(email="buehler@kunde-eins.example")
    return make_offer(
        number="AN-2026-0815", customer=customer, sent_at=SENT_AT, message_id="<offer@x>"
    )


def receive(folder: MailFolder, name: str = "x.eml", **fields: object) -> SourceFile:
    defaults = {
        "sender": CUSTOMER,
        "to": "p.vogt@muster-metallbau.example",
        "subject": "Frage",
        "sent_at": LATER,
    }
    write_mail(Path(folder.path), name, **{**defaults, **fields})
    import_folders([folder])
    return SourceFile.objects.get(name=name)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"headers": "In-Reply-To: <offer@x>", "sender": "chef@kunde-eins.example"},
            SourceFile.Reason.REPLY,
        ),
        ({"headers": "References: <a@b> <offer@x> <c@d>"}, SourceFile.Reason.REPLY),
        ({"subject": "AW: Ihr Angebot AN-2026-0815"}, SourceFile.Reason.REPLY_BY_NUMBER),
        ({"subject": "Frage"}, SourceFile.Reason.REPLY_BY_SENDER),
    ],
)
def test_a_reply_stops_the_reminders_of_its_offer(
    folder: MailFolder, offer: Offer, fields: dict[str, object], reason: SourceFile.Reason
) -> None:
    file = receive(folder, **fields)
    assert (file.state, file.reason, file.offer) == (State.FOLLOW_UP, reason, offer)
    offer.refresh_from_db()
    assert (offer.replied_at, offer.contacted_at) == (LATER, LATER)
    assert offer.follow_up.because == "replied"


def test_a_reply_to_a_reminder_is_a_reply_to_its_offer(folder: MailFolder, offer: Offer) -> None:
    SentMessage.objects.create(
        message_id="<nachfass.1@x>", offer=offer, recipient="chef@andere.example", at=LATER
    )
    file = receive(folder, headers="In-Reply-To: <nachfass.1@x>", sender="chef@andere.example")
    assert (file.state, file.offer) == (State.FOLLOW_UP, offer)


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        # The conversation wins over the number in the subject, and the number over "the only open
        # one".
        (
            {"subject": "AW: Angebot AN-2026-0816", "headers": "In-Reply-To: <offer@x>"},
            "AN-2026-0815",
        ),
        ({"subject": "AW: Angebot AN-2026-0816"}, "AN-2026-0816"),
        ({"headers": "In-Reply-To: <second@x>\nReferences: <offer@x>"}, "AN-2026-0816"),
        ({"headers": "References: <offer@x> <second@x>"}, "AN-2026-0816"),
    ],
)
def test_the_surer_sign_decides_between_two_offers(
    folder: MailFolder, offer: Offer, fields: dict[str, object], number: str
) -> None:
    make_offer(
        number="AN-2026-0816", customer=offer.customer, sent_at=SENT_AT, message_id="<second@x>"
    )
    file = receive(folder, **fields)
    assert file.offer is not None
    assert (file.state, file.offer.number) == (State.FOLLOW_UP, number)
    assert list(
        Offer.objects.filter(replied_at__isnull=False).values_list("number", flat=True)
    ) == [number]


def test_a_number_from_a_stranger_is_no_reply(folder: MailFolder, offer: Offer) -> None:
    """It may be a portal or a private address of the customer, or somebody who compares prices."""
    file = receive(folder, subject="AW: Angebot AN-2026-0815", sender="x@fremd.example")
    assert (file.state, file.reason) == (State.REVIEW, SourceFile.Reason.UNKNOWN_SENDER)
    offer.refresh_from_db()
    assert (offer.replied_at, bool(offer.needs_review)) == (None, True)


def test_a_number_from_a_colleague_of_the_customer_is_a_reply(
    folder: MailFolder, offer: Offer
) -> None:
    file = receive(folder, subject="AW: Angebot AN-2026-0815", sender="einkauf@kunde-eins.example")
    assert (file.state, file.reason, file.offer) == (
        State.FOLLOW_UP,
        SourceFile.Reason.REPLY_BY_NUMBER,
        offer,
    )


def test_a_customer_whose_only_offer_is_closed_stops_nothing(
    folder: MailFolder, offer: Offer
) -> None:
    Offer.objects.update(status=Offer.Status.DECLINED)
    assert receive(folder).state == State.NOT_AN_OFFER


def test_a_thread_that_nobody_knows_falls_back_to_the_sender(
    folder: MailFolder, offer: Offer
) -> None:
    file = receive(folder, headers="In-Reply-To: <unknown@x>")
    assert (file.reason, file.offer) == (SourceFile.Reason.REPLY_BY_SENDER, offer)


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Gelesen: Angebot AN-2026-0815", "headers": "In-Reply-To: <offer@x>"},
        {"headers": "In-Reply-To: <offer@x>\nAuto-Submitted: auto-replied"},
        {
            "subject": "AW: Angebot AN-2026-0815",
            "body": "Dies ist eine automatisch erstellte Antwort.\n",
        },
        {
            "headers": "In-Reply-To: <offer@x>\nContent-Type: multipart/report; report-type=disposition-notification"
        },
    ],
    ids=["receipt", "header", "text alone", "MDN"],
)
def test_what_no_person_wrote_is_no_reply_even_in_the_conversation(
    folder: MailFolder, offer: Offer, fields: dict[str, object]
) -> None:
    assert receive(folder, **fields).state == State.AUTOMATIC
    offer.refresh_from_db()
    assert offer.replied_at is None


def test_our_own_reminder_is_no_reply(folder: MailFolder, offer: Offer) -> None:
    SentMessage.objects.create(
        message_id="<other.1@x>", offer=offer, recipient="a@b.example", at=LATER
    )
    file = receive(folder, message_id="<other.1@x>", headers="In-Reply-To: <offer@x>")
    assert (file.state, file.offer) == (State.OWN_REMINDER, offer)
    offer.refresh_from_db()
    assert offer.replied_at is None


def test_a_sender_with_several_open_offers_is_for_a_person(
    folder: MailFolder, offer: Offer
) -> None:
    make_offer(number="AN-2026-0816", customer=offer.customer, sent_at=SENT_AT)
    file = receive(folder)
    assert (file.state, file.reason) == (State.REVIEW, SourceFile.Reason.SEVERAL_OPEN_OFFERS)
    assert "AN-2026-0815" in file.detail


def test_a_colleague_of_the_customer_is_for_a_person(folder: MailFolder, offer: Offer) -> None:
    file = receive(folder, sender="einkauf@kunde-eins.example")
    assert (file.state, file.reason) == (State.REVIEW, SourceFile.Reason.SAME_COMPANY)
    offer.refresh_from_db()
    assert offer.replied_at is None


@pytest.mark.parametrize("domain", ["gmx.de", "outlook.at", "gmx.eu", "yahoo.fr"])
def test_two_people_at_a_mail_provider_are_no_colleagues(folder: MailFolder, domain: str) -> None:
    make_offer(customer=make_customer(email=f"a@{domain}"), sent_at=SENT_AT)
    assert receive(folder, sender=f"b@{domain}").state == State.NOT_AN_OFFER


def test_a_pattern_that_takes_too_long_asks_only_where_nothing_else_tells_the_offer(
    folder: MailFolder, offer: Offer
) -> None:
    MailFolder.objects.update(number_pattern="((?:a|aa){40})b")
    folder.refresh_from_db()
    subject = "a" * 200
    assert receive(folder, "b.eml", subject=subject).reason == SourceFile.Reason.REPLY_BY_SENDER
    unknown = receive(folder, "c.eml", subject=subject, sender="b@fremd.example")
    assert (unknown.state, unknown.reason) == (State.REVIEW, SourceFile.Reason.PATTERN_TIMEOUT)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"sender": "werbung@fremd.example"}, State.NOT_AN_OFFER),
        ({"sender": "kollege@muster-metallbau.example"}, State.INTERNAL),
        ({"sent_at": SENT_AT - timedelta(days=3)}, State.NOT_AN_OFFER),
    ],
)
def test_what_is_no_reply_stops_nothing(
    folder: MailFolder, offer: Offer, fields: dict[str, object], state: State
) -> None:
    assert receive(folder, **fields).state == state
    offer.refresh_from_db()
    assert offer.replied_at is None


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        (
            {"subject": "Automatische Antwort: Ihr Angebot AN-2026-0815", "body": "Guten Tag\n"},
            None,
        ),
        (
            {
                "headers": "Auto-Submitted: auto-replied",
                "body": "Ich bin im Urlaub und am 24.09.2026 zurück.\n",
            },
            date(2026, 9, 25),
        ),
        (
            {
                "subject": "Out of office: offer",
                "body": "I am away and will be back on 24 September 2026.\n",
            },
            date(2026, 9, 25),
        ),
    ],
)
def test_an_automatic_reply_stops_nothing_and_may_park_the_next_reminder(
    folder: MailFolder, offer: Offer, fields: dict[str, object], until: date | None
) -> None:
    assert receive(folder, **fields).state == State.AUTOMATIC
    offer.refresh_from_db()
    assert (offer.replied_at, offer.paused_until) == (None, until)


REPORT = """--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; buehler@kunde-eins.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {code} Mailbox says {status}

--b
Content-Type: text/rfc822-headers

Message-ID: <offer@x>
To: buehler@kunde-eins.example

--b--
"""


def bounce(status: str, action: str = "failed", code: str = "550") -> dict[str, object]:
    return {
        "sender": "MAILER-DAEMON@mail.example",
        "subject": "Undelivered Mail Returned to Sender",
        "headers": 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "body": REPORT.format(status=status, action=action, code=code).replace("\n", "\r\n"),
    }


def test_a_permanent_bounce_marks_the_address(folder: MailFolder, offer: Offer) -> None:
    file = receive(folder, **bounce("5.1.1"))
    customer = Customer.objects.get()
    assert (file.state, file.reason, file.offer) == (
        State.AUTOMATIC,
        SourceFile.Reason.BOUNCED,
        offer,
    )
    assert customer.bounced_at == LATER
    assert "5.1.1" in customer.bounce_detail
    offer.refresh_from_db()
    assert offer.follow_up.because == "bounced"


def test_a_delay_only_informs(folder: MailFolder, offer: Offer) -> None:
    file = receive(folder, **bounce("4.4.1", "delayed", "451"))
    assert (file.state, file.reason, file.offer) == (
        State.AUTOMATIC,
        SourceFile.Reason.DELAYED,
        offer,
    )
    assert Customer.objects.get().bounced_at is None


def receive_raw(folder: MailFolder, text: str) -> SourceFile:
    head, _, rest = text.partition("\n")
    dated = f"{head}\nDate: {format_datetime(LATER)}\nMessage-ID: <report@mx.example>\n{rest}"
    write_file(Path(folder.path), "x.eml", dated.encode())
    import_folders([folder])
    return SourceFile.objects.get()


WITHOUT_PROOF = (
    "Exchange 2003", "Systemadministrator", "David", "no sender at all",
    "a report that quotes a mail with words of a filter",
)  # fmt: skip
PROVEN = {name: report for name, report in FAILED.items() if name not in WITHOUT_PROOF}


@pytest.mark.parametrize("report", PROVEN.values(), ids=PROVEN)
def test_the_report_of_a_server_that_gave_up_marks_the_address(
    folder: MailFolder, offer: Offer, report: str
) -> None:
    file = receive_raw(folder, report)
    assert (file.state, file.reason, file.offer) == (
        State.AUTOMATIC,
        SourceFile.Reason.BOUNCED,
        offer,
    )
    assert Customer.objects.get().bounced_at == LATER
    offer.refresh_from_db()
    assert (offer.replied_at, offer.follow_up.because) == (None, "bounced")


@pytest.mark.parametrize("name", WITHOUT_PROOF)
def test_a_report_that_does_not_return_our_mail_only_asks(
    folder: MailFolder, offer: Offer, name: str
) -> None:
    file = receive_raw(folder, FAILED[name])
    assert (file.state, file.reason, file.offer, file.holds) == (
        State.REVIEW,
        SourceFile.Reason.MAYBE_BOUNCED,
        offer,
        False,
    )
    assert Customer.objects.get().bounced_at is None
    offer.refresh_from_db()
    assert offer.needs_review == ""


@pytest.mark.parametrize("report", DELAYED.values(), ids=DELAYED)
def test_the_report_of_a_server_that_goes_on_trying_only_informs(
    folder: MailFolder, offer: Offer, report: str
) -> None:
    assert receive_raw(folder, report).state == State.AUTOMATIC
    assert Customer.objects.get().bounced_at is None


@pytest.mark.parametrize("mail", PEOPLE.values(), ids=PEOPLE)
def test_a_person_is_never_taken_for_a_mail_server(
    folder: MailFolder, offer: Offer, mail: str
) -> None:
    assert receive_raw(folder, mail).state == State.FOLLOW_UP
    assert Customer.objects.get().bounced_at is None


def test_a_bounce_of_others_marks_nobody(folder: MailFolder) -> None:
    make_customer(email="somebody@else.example")
    file = receive(folder, **bounce("5.1.1"))
    assert (file.state, file.reason) == (State.AUTOMATIC, SourceFile.Reason.BOUNCE_OF_OTHERS)
    assert Customer.objects.get().bounced_at is None


def test_the_same_reply_twice_is_a_duplicate(folder: MailFolder, offer: Offer) -> None:
    receive(folder, "a.eml", message_id="<r@y>")
    assert receive(folder, "b.eml", message_id="<r@y>").state == State.DUPLICATE


def test_an_offer_mail_that_also_came_in_does_not_hide_the_sent_one(tmp_path: Path) -> None:
    incoming = make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)
    write_mail(tmp_path, "a.eml", message_id="<1@x>")
    import_folders([incoming])
    (tmp_path / "out").mkdir()
    write_mail(tmp_path / "out", "a.eml", message_id="<1@x>")
    import_folders([make_folder(tmp_path / "out")])
    assert Offer.objects.count() == 1


def test_sent_mails_are_imported_before_received_ones(tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    make_folder(tmp_path / "in", direction=MailFolder.Direction.INCOMING)
    make_folder(tmp_path / "out")
    write_mail(tmp_path / "out", "a.eml", message_id="<1@x>")
    write_mail(
        tmp_path / "in", "b.eml", sender=CUSTOMER, headers="In-Reply-To: <1@x>", sent_at=LATER
    )
    import_folders()
    assert Offer.objects.get().replied_at == LATER
