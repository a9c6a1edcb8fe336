"""What a person answered with "always" is not asked again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from offers.answering import Given
from offers.mail_import.sender_rules import SenderRules, fold_wording
from offers.models import MailFolder, Offer, SenderRule, SourceFile
from offers.questions import build_rule, find_choices
from offers.undo import answer_question
from tests.make import make_customer, make_offer
from tests.offers.imports import import_folders
from tests.offers.mails import make_folder, write_mail

pytestmark = pytest.mark.django_db
State, Reason, Kind = SourceFile.State, SourceFile.Reason, SenderRule.Kind
SENT_AT = timezone.now() - timedelta(days=4)
BY_RULE = Reason.BY_RULE


@pytest.fixture
def sent(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path)


@pytest.fixture
def received(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)


def send(folder: MailFolder, name: str, **fields: Any) -> SourceFile:
    write_mail(Path(folder.path), f"{name}.eml", **{"sent_at": SENT_AT} | fields)
    import_folders([folder])
    return SourceFile.objects.get(folder=folder, name=f"{name}.eml")


def always(file: SourceFile, code: str, **filled: str) -> None:
    choice = next(choice for choice in find_choices(file) if choice.code == code)
    assert choice.rule is not None
    given = Given(timezone.now(), **filled)  # type: ignore[arg-type]
    answer_question(file, choice.act, given, rule=build_rule(file, choice.rule))


def test_offers_of_a_supplier_are_never_ours(sent: MailFolder) -> None:
    fields = {"subject": "Rückfrage zu Ihrem Angebot 30-4711", "to": "verkauf@lieferant.example"}
    file = send(sent, "a", **fields)
    assert file.reason == Reason.FOREIGN_OFFER
    always(file, "theirs")
    assert str(SenderRule.objects.get()).startswith("lieferant.example: ")
    other = send(sent, "b", subject="Zu Ihrem Angebot 30-4800", to="chef@lieferant.example")
    assert (other.state, other.reason) == (State.NOT_AN_OFFER, BY_RULE)
    # Of other companies it is asked, and an offer of ours to this one is still an offer.
    assert send(sent, "c", **fields | {"to": "x@fremd.example"}).state == State.REVIEW
    assert send(sent, "d", subject="Angebot 4900", to="chef@lieferant.example").state == State.OFFER


def test_nobody_reads_at_an_address(sent: MailFolder) -> None:
    portal = "no-reply@portal.example"
    file = send(sent, "a", to=portal)
    assert file.reason == Reason.NO_PERSON
    always(file, "no_person")
    other = send(sent, "b", subject="Angebot 4712", to=portal)
    assert (other.state, other.reason) == (State.NOT_AN_OFFER, BY_RULE)
    SenderRule.objects.update(address="crm.example")
    mail = send(sent, "c", subject="Angebot 4713", to="123@crm.example, keller@kunde.example")
    assert (mail.state, mail.offer.customer.email) == (State.OFFER, "keller@kunde.example")


def test_a_freelancer_is_one_of_us(sent: MailFolder) -> None:
    freelancer = "Frei Berufler <frei@post.example>"
    file = send(sent, "a", sender=freelancer)
    assert file.reason == Reason.NOT_OURS
    always(file, "ours", number="4711", email="buehler@kunde-eins.example")
    assert Offer.objects.get().sender_email == "frei@post.example"
    assert send(sent, "b", subject="Angebot 4712", sender=freelancer).state == State.OFFER


def test_acknowledgements_of_a_sender_are_automatic(received: MailFolder) -> None:
    customer = make_customer(email="buehler@kunde-eins.example")
    offer = make_offer(number="4711", customer=customer, sent_at=SENT_AT, message_id="<offer@x>")

    def receive(name: str, subject: str) -> SourceFile:
        return send(
            received,
            name,
            sender="support@kasse.example",
            to="p.vogt@muster-metallbau.example",
            subject=subject,
            sent_at=SENT_AT + timedelta(days=1),
            headers="In-Reply-To: <offer@x>",
        )

    file = receive("a", "[#123] Wir melden uns bald")
    assert (file.reason, file.holds) == (Reason.UNKNOWN_SENDER, True)
    always(file, "automatic")
    same = receive("b", "[#456] Wir melden uns bald")
    assert (same.state, same.reason) == (State.AUTOMATIC, BY_RULE)
    offer.refresh_from_db()
    assert (offer.needs_review, offer.replied_at) == ("", None)
    # A person may write from the same address; a subject without words says nothing.
    assert build_rule(receive("d", "4711"), Kind.AUTOMATIC) is None
    assert build_rule(receive("e", "Re: Ihr Angebot"), Kind.AUTOMATIC) is None
    assert receive("c", "Bitte bestellen").state == State.REVIEW


@pytest.mark.parametrize(
    ("subject", "wording"),
    [
        ("[#123] Ihre Nachricht ist eingegangen", "ihre nachricht ist eingegangen"),
        ("AW: Re: Ihre Nachricht ist eingegangen", "ihre nachricht ist eingegangen"),
        ("Ticket T-2026/77: Danke", "ticket danke"),
        ("4711", ""),
        ("x" * 100_000, "x" * 200),
    ],
)
def test_numbers_and_prefixes_do_not_count_as_words(subject: str, wording: str) -> None:
    assert fold_wording(subject) == wording


def test_a_rule_is_about_an_address_or_a_domain_and_its_subject() -> None:
    rules = SenderRules(
        [
            SenderRule(kind=Kind.AUTOMATIC, address="a@x.example", wording="danke"),
            SenderRule(kind=Kind.NOT_OURS, address="x.example"),
        ]
    )
    assert rules.applies(Kind.AUTOMATIC, "a@x.example", "Danke 12")
    assert not rules.applies(Kind.AUTOMATIC, "a@x.example", "Bitte")
    assert not rules.applies(Kind.AUTOMATIC, "b@x.example", "Danke")
    assert rules.applies(Kind.NOT_OURS, "b@x.example")
    assert not rules.applies(Kind.NOT_OURS, "b@y.example")
