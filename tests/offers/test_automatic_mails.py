"""What automatic mails, and mails that only look like them, do to an offer: in both orders."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from offers.models import MailFolder, Offer, SourceFile
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, make_folder, write_mail

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason
SUBJECT = "AW: Angebot AN-2026-0815 Carport"
IN_THREAD = "In-Reply-To: <offer@muster-metallbau.example>"
RULE = "Auto-Submitted: auto-generated\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent"
URGENT = "In dringenden Fällen wenden Sie sich bitte an Frau Lutz.\n"


@pytest.fixture(params=["offer first", "offer last"])
def exchange(tmp_path: Path, request: pytest.FixtureRequest) -> Exchange:
    return Exchange(tmp_path, is_offer_first=request.param == "offer first")


class Exchange:
    """An offer of ours and a mail of its customer, of which either may be imported first."""

    def __init__(self, path: Path, *, is_offer_first: bool) -> None:
        (path / "out").mkdir()
        (path / "in").mkdir()
        self.sent = make_folder(path / "out")
        self.received = make_folder(path / "in", direction=MailFolder.Direction.INCOMING)
        self.is_offer_first = is_offer_first

    def receive(self, **fields: object) -> tuple[SourceFile, Offer]:
        """Import the offer and the mail, and return what became of them."""
        write_mail(
            Path(self.sent.path),
            "offer.eml",
            subject="Angebot AN-2026-0815 Carport",
            message_id="<offer@muster-metallbau.example>",
        )
        defaults = {
            "sender": "Jörg Bühler <buehler@kunde-eins.example>",
            "to": "p.vogt@muster-metallbau.example",
            "subject": SUBJECT,
            "headers": IN_THREAD,
            "sent_at": SENT_AT + timedelta(days=2),
        }
        write_mail(Path(self.received.path), "mail.eml", **{**defaults, **fields})
        folders = [self.sent, self.received] if self.is_offer_first else [self.received, self.sent]
        for folder in folders:
            import_folders([folder])
        return SourceFile.objects.get(name="mail.eml"), Offer.objects.get()


@pytest.mark.parametrize(
    "fields",
    [
        {
            "body": "Passt, bitte bestellen.\n\n-- \nDiese E-Mail wurde automatisch auf Viren geprüft.\n"
        },
        {"body": "Ja.\n\nGesendet mit der GMX App\n"},
        {
            "headers": f"{IN_THREAD}\n{RULE}\nResent-From: <verkauf@muster-metallbau.example>",
            "body": "Guten Tag Frau Vogt\n\nBitte so ausführen, wir bestellen.\n",
        },
        {
            "headers": f"{IN_THREAD}\nAuto-Submitted: auto-forwarded",
            "body": "Wir haben uns leider anders entschieden.\n",
        },
        {
            "headers": f"{IN_THREAD}\nPrecedence: bulk\nList-Id: <einkauf.kunde-eins.example>",
            "body": "Kommt in die Planung.\n",
        },
        {"body": "Ich bin nächste Woche im Urlaub, aber wir nehmen das Angebot an.\n"},
        {"body": "Danke, melde mich nächste Woche.\n"},
    ],
    ids=["virus note", "app", "rule", "forwarded", "list", "holiday", "later"],
)
def test_what_a_person_wrote_stops_the_reminders(
    exchange: Exchange, fields: dict[str, object]
) -> None:
    file, offer = exchange.receive(**fields)
    assert (file.state, file.offer) == (State.FOLLOW_UP, offer)
    assert offer.replied_at is not None
    assert offer.follow_up.because == "replied"


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Gelezen: Angebot AN-2026-0815 Carport", "body": ""},
        {"body": "Ihre Nachricht ist eingegangen, Ticketnummer 48213. Wir melden uns zeitnah.\n"},
        {
            "headers": f"{IN_THREAD}\nX-Auto-Generated: desk",
            "body": "Wir haben Ihre Mail erhalten.\n",
        },
        {
            "subject": "Bitte bestätigen Sie Ihre Nachricht",
            "body": "Diese Adresse hat einen Spamschutz. Zustellung erst nach Klick auf den Link.\n",
        },
        {
            "subject": "Betriebsferien vom 21.12.2026 bis 06.01.2027",
            "headers": "",
            "body": "Unser Betrieb ist vom 21.12.2026 bis 06.01.2027 geschlossen.\n",
        },
        {
            "subject": "Automatische Antwort: Angebot AN-2026-0815",
            "body": "Diese Adresse ist nur noch bis 31.10.2026 erreichbar.\n",
        },
        {
            "subject": "Neuheiten im Herbst",
            "headers": "Precedence: bulk\nList-Unsubscribe: <mailto:ab@kunde-eins.example>",
            "body": "Jetzt ansehen!\n",
        },
    ],
    ids=["receipt", "ticket", "desk", "challenge", "holidays", "address", "newsletter"],
)
def test_what_a_program_wrote_changes_nothing(
    exchange: Exchange, fields: dict[str, object]
) -> None:
    file, offer = exchange.receive(**fields)
    assert file.state in (State.AUTOMATIC, State.NOT_AN_OFFER)
    assert (offer.replied_at, offer.paused_until, offer.needs_review) == (None, None, "")


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({"body": f"Ich bin bis 24.09.2026 im Urlaub. {URGENT}"}, date(2026, 9, 25)),
        (
            {
                "headers": f"{IN_THREAD}\n{RULE}",
                "body": "Ich bin heute abwesend und morgen wieder erreichbar.\n\nGruss\nBühler\n\n"
                "Messe Bau vom 11. bis 15. Oktober 2026, Halle B4\n",
            },
            date(2026, 9, 18),
        ),
        (
            {
                "subject": "Automatic reply: Angebot AN-2026-0815",
                "body": "I am out of the office until 10/01/2026.\n",
            },
            date(2026, 10, 2),
        ),
    ],
    ids=["rule", "fair", "American"],
)
def test_an_absence_pauses_the_reminders_until_its_end(
    exchange: Exchange, fields: dict[str, object], until: date
) -> None:
    file, offer = exchange.receive(**fields)
    assert file.state == State.AUTOMATIC
    assert (offer.replied_at, offer.paused_until) == (None, until)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"headers": f"{IN_THREAD}\nAuto-Submitted: auto-replied", "body": "Wir bestellen.\n"},
            Reason.MAYBE_AUTOMATIC,
        ),
        ({"body": "Ich bin bis 24.09.2026 im Urlaub.\n"}, Reason.MAYBE_AUTOMATIC),
        ({"body": f"Ich bin bis 30.09.2027 in Elternzeit. {URGENT}"}, Reason.LONG_ABSENCE),
    ],
    ids=["order with a mark", "absence without a mark", "parental leave"],
)
def test_where_it_is_not_clear_the_offer_is_held_and_a_person_asked(
    exchange: Exchange, fields: dict[str, object], reason: Reason
) -> None:
    file, offer = exchange.receive(**fields)
    assert (file.state, file.reason, file.offer) == (State.REVIEW, reason, offer)
    assert offer.needs_review
    assert (offer.replied_at, offer.paused_until) == (None, None)
