"""What received mails do to offers, whichever of the mails is imported first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from offers.models import Customer, Offer, ReceivedMessage, SentMessage, SourceFile
from offers.services import attach_file, make_offer_of_file
from tests.make import make_customer, make_offer
from tests.offers.mails import SENT_AT
from tests.offers.office import (
    LATER,
    OFFER_ID,
    Office,
    because,
    build_report,
    run_steps,
)

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason
ANSWERS = f"In-Reply-To: {OFFER_ID}"
orders = pytest.mark.parametrize("is_reversed", [False, True], ids=["offer first", "offer last"])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with time_machine.travel(LATER + timedelta(days=1)):
        yield Office(tmp_path)


@orders
@pytest.mark.parametrize(
    ("offered", "received", "reason"),
    [
        ({}, {"headers": ANSWERS}, Reason.REPLY),
        ({}, {"subject": "Re: Angebot AN-2026-0815"}, Reason.REPLY_BY_NUMBER),
        ({}, {"body": "Zu Ihrem Angebot AN-2026-0815: ja, gern.\n"}, Reason.REPLY_BY_NUMBER),
        ({}, {}, Reason.REPLY_BY_SENDER),
        ({}, {"headers": ANSWERS, "sender": "x@kunde-eins.example"}, Reason.REPLY),
        ({}, {"headers": ANSWERS, "sender": "x@bau.kunde-eins.example"}, Reason.REPLY),
        (
            {"headers": "Cc: planer@plan.example"},
            {"headers": ANSWERS, "sender": "planer@plan.example"},
            Reason.REPLY,
        ),
        (
            {"to": "j.buehler@googlemail.com"},
            {"sender": "jbuehler+mail@gmail.com"},
            Reason.REPLY_BY_SENDER,
        ),
        (
            {"to": "info@müller-bau.example"},
            {"sender": "info@xn--mller-bau-q9a.example"},
            Reason.REPLY_BY_SENDER,
        ),
        (
            {},
            {
                "sender": "Bühler <list@forwarder.example>",
                "headers": f"{ANSWERS}\nReply-To: buehler@kunde-eins.example",
            },
            Reason.REPLY,
        ),
    ],
    ids=[
        "thread", "number in subject", "number in text", "sender", "colleague", "subdomain", "copy",
        "Gmail", "IDNA", "Reply-To",
    ],
)  # fmt: skip
def test_whoever_could_know_of_the_offer_stops_the_reminders(
    office: Office,
    offered: dict[str, object],
    received: dict[str, object],
    reason: Reason,
    is_reversed: bool,
) -> None:
    steps = [lambda: office.send(**offered), lambda: office.receive(**received)]
    sent, reply = run_steps(steps, is_reversed=is_reversed)
    assert (sent.state, reply.state, reply.reason) == (State.OFFER, State.FOLLOW_UP, reason)
    offer = Offer.objects.get()
    assert (reply.offer, offer.replied_at, because(offer)) == (offer, LATER, "replied")
    assert not ReceivedMessage.objects.exists()


@orders
@pytest.mark.parametrize(
    ("fields", "minutes"),
    [
        ({"headers": ANSWERS, "sent_at": SENT_AT - timedelta(minutes=3)}, 0),
        ({"headers": ANSWERS, "sent_at": SENT_AT - timedelta(days=3000)}, 0),
        ({"subject": "AW: Angebot AN-2026-0815", "sent_at": SENT_AT - timedelta(hours=2)}, 0),
        ({"subject": "AW: Ihre Mail", "sent_at": SENT_AT - timedelta(minutes=3)}, 0),
    ],
    ids=["slow clock", "clock of 2018", "by number", "by sender"],
)
def test_a_reply_is_never_older_than_what_it_answers(
    office: Office, fields: dict[str, object], minutes: int, is_reversed: bool
) -> None:
    run_steps([office.send, lambda: office.receive(**fields)], is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert offer.replied_at == SENT_AT + timedelta(minutes=minutes)
    assert because(offer) == "replied"


def test_a_mail_from_before_the_offer_is_no_reply_to_it(office: Office) -> None:
    office.send()
    inquiry = office.receive(subject="Anfrage", sent_at=SENT_AT - timedelta(minutes=5))
    assert (inquiry.state, inquiry.reason) == (State.NOT_AN_OFFER, Reason.KEPT)
    assert because(Offer.objects.get()) == ""


@orders
def test_a_stranger_in_the_thread_holds_that_offer_and_asks(
    office: Office, is_reversed: bool
) -> None:
    steps = [office.send, lambda: office.receive(sender="x@fremd.example", headers=ANSWERS)]
    _sent, asked = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (asked.state, asked.reason, asked.offer) == (State.REVIEW, Reason.UNKNOWN_SENDER, offer)
    assert (because(offer), offer.replied_at) == ("in_review", None)


STRANGE = [
    {"subject": "Angebot AN-2026-0815", "body": "Bin unterwegs, wir nehmen das Angebot an.\n"},
    {"subject": "AW: Carport", "body": "Angebot AN-2026-0815 passt so, bitte anfertigen.\n"},
    {"subject": "Carport", "body": "Zu Ihrem Angebot AN-2026-0815 hätten wir eine Frage.\n"},
    {
        "subject": "Bestellung 45001 zu Angebot AN-2026-0815",
        "headers": "Auto-Submitted: auto-generated",
        "body": "Bestellnummer 45001. Bitte bestätigen Sie im Portal.\n",
    },
]


@orders
@pytest.mark.parametrize("fields", STRANGE, ids=["private", "answer", "question", "portal"])
def test_a_stranger_who_names_our_offer_holds_it_and_asks(
    office: Office, fields: dict[str, object], is_reversed: bool
) -> None:
    steps = [office.send, lambda: office.receive(sender="x@fremd.example", **fields)]
    _sent, file = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (file.state, file.reason, file.offer) == (State.REVIEW, Reason.UNKNOWN_SENDER, offer)
    assert (bool(offer.needs_review), offer.replied_at) == (True, None)


THEIRS = [
    {"subject": "Angebot AN-2026-0815 Rohre", "body": "Anbei unser Angebot.\n"},
    {"subject": "Rechnung zu Angebot AN-2026-0815"},
    {"subject": "Angebot AN-2026-0815", "headers": "List-Unsubscribe: <mailto:a@b.example>"},
    {"subject": "Neuigkeiten", "body": "Angebot AN-2026-0815: nur diese Woche.\n"},
    {"subject": "Guten Tag"},
]


@orders
@pytest.mark.parametrize("fields", THEIRS, ids=["offer", "invoice", "list", "advert", "no number"])
def test_what_a_stranger_sends_of_the_own_company_asks_nothing(
    office: Office, fields: dict[str, object], is_reversed: bool
) -> None:
    steps = [office.send, lambda: office.receive(sender="x@fremd.example", **fields)]
    _sent, file = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert file.state in (State.NOT_AN_OFFER, State.AUTOMATIC)
    assert (offer.needs_review, offer.replied_at) == ("", None)


INQUIRIES = [
    ({"subject": "Anfrage Zaun", "body": "Neues Thema: wir brauchen 80 m Zaun.\n"}, True),
    ({"subject": "Zaun", "body": "Wir bitten um ein Angebot für 80 m Zaun.\n"}, True),
    ({"subject": "Fence", "body": "Could you quote 80 m of fence for our yard?\n"}, True),
    ({"subject": "Zaun", "body": "Können Sie uns das Angebot noch einmal senden?\n"}, False),
    ({"subject": "Anfrage", "body": "Zu Ihrem Angebot: geht das günstiger?\n"}, False),
    ({"subject": "Anfrage Zaun", "headers": ANSWERS}, False),
]


@orders
@pytest.mark.parametrize(("fields", "is_new"), INQUIRIES)
def test_an_inquiry_about_something_else_is_no_reply(
    office: Office, fields: dict[str, object], is_new: bool, is_reversed: bool
) -> None:
    steps = [office.send, lambda: office.receive(**fields)]
    _sent, file = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert file.state == (State.NOT_AN_OFFER if is_new else State.FOLLOW_UP)
    assert (offer.replied_at is None, offer.needs_review) == (is_new, "")


@orders
@pytest.mark.parametrize(
    "order",
    ["Das Angebot bitte trotzdem bestellen.", "Herr Holm: wir nehmen an.", "Wir lehnen leider ab."],
)
def test_a_note_that_also_orders_holds_the_offer_and_pauses_it(
    office: Office, order: str, is_reversed: bool
) -> None:
    day = (LATER + timedelta(days=9)).date()
    body = f"Ich bin bis {day:%d.%m.%Y} nicht im Büro.\n\n{order}\n"
    note = {"headers": f"{ANSWERS}\nAuto-Submitted: auto-replied", "body": body}
    steps = [office.send, lambda: office.receive(subject="Automatische Antwort: Carport", **note)]
    _sent, file = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (file.state, file.reason, file.offer) == (State.REVIEW, Reason.MAYBE_AUTOMATIC, offer)
    assert (bool(offer.needs_review), offer.paused_until) == (True, day + timedelta(days=1))


OTHER_ID = "<2@muster-metallbau.example>"


@pytest.mark.parametrize(
    ("fields", "is_held"),
    [
        ({"body": "Angebot AN-2026-0816 bestellen wir, dieses noch nicht.\n"}, True),
        ({"subject": "AW: Angebot AN-2026-0816"}, True),
        ({"subject": "AW: Angebot AN-2026-0815", "body": "Zu Angebot AN-2026-0816: ja.\n"}, True),
        ({"body": "Angebot AN-2026-0815 bestellen wir.\n"}, False),
    ],
)
def test_a_reply_that_names_another_offer_too_holds_that_one(
    office: Office, fields: dict[str, object], is_held: bool
) -> None:
    office.send()
    office.send(subject="Angebot AN-2026-0816", message_id=OTHER_ID)
    file = office.receive(headers=ANSWERS, **fields)
    other = Offer.objects.get(number="AN-2026-0816")
    assert (file.state, file.offer) == (State.FOLLOW_UP, Offer.objects.exclude(pk=other.pk).get())
    assert (other.replied_at, bool(other.needs_review)) == (None, is_held)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1)])
def test_an_offer_forwarded_within_the_company_after_a_bounce_goes_there(
    office: Office, order: tuple[int, ...]
) -> None:
    report = build_report("buehler@kunde-eins.example")
    forward = {
        "subject": "WG: Angebot AN-2026-0815",
        "to": "Zentrale <zentrale@kunde-eins.example>",
    }
    steps = [
        office.send,
        lambda: office.receive(**report),
        lambda: office.send(**forward, message_id=OTHER_ID, sent_at=LATER),
    ]
    for number in order:
        steps[number]()
    offer = Offer.objects.get()
    assert (offer.customer.email, offer.needs_review) == ("zentrale@kunde-eins.example", "")


def test_a_stranger_whom_we_write_to_is_a_recipient(office: Office) -> None:
    office.send()
    asked = office.receive(sender="planer@plan.example", headers=ANSWERS)
    office.send(
        subject="AW: Angebot AN-2026-0815",
        message_id="<2@muster-metallbau.example>",
        headers=f"{ANSWERS}\nCc: planer@plan.example",
        sent_at=LATER + timedelta(hours=1),
    )
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (State.FOLLOW_UP, Reason.REPLY)
    assert because(Offer.objects.get()) == "replied"


def test_a_stranger_in_the_thread_of_a_closed_offer_asks_nothing(office: Office) -> None:
    office.send()
    Offer.objects.update(status=Offer.Status.DECLINED)
    assert office.receive(sender="x@fremd.example", headers=ANSWERS).state == State.NOT_AN_OFFER


@orders
def test_where_marks_and_words_conflict_the_offer_is_held(
    office: Office, is_reversed: bool
) -> None:
    marks = f"{ANSWERS}\nPrecedence: bulk\nAuto-Submitted: auto-generated"
    body = "Guten Tag Frau Vogt\n\nbitte so ausführen, wir bestellen.\n"
    steps = [office.send, lambda: office.receive(headers=marks, body=body)]
    _sent, reply = run_steps(steps, is_reversed=is_reversed)
    assert reply.state in (State.FOLLOW_UP, State.REVIEW)
    assert because(Offer.objects.get()) in ("replied", "in_review")


@orders
def test_a_reply_counts_when_its_offer_is_promoted_from_review(
    office: Office, is_reversed: bool
) -> None:
    steps = [
        lambda: office.send(subject="Ihr Angebot Carport"),
        lambda: office.receive(subject="AW: Ihr Angebot Carport", headers=ANSWERS),
    ]
    waiting, reply = run_steps(steps, is_reversed=is_reversed)
    assert (waiting.state, reply.reason) == (State.REVIEW, Reason.KEPT)
    offer = make_offer_of_file(
        waiting, number="1042", email="buehler@kunde-eins.example", by=None, at=timezone.now()
    )
    reply.refresh_from_db()
    offer.refresh_from_db()
    assert (reply.state, reply.offer, offer.replied_at) == (State.FOLLOW_UP, offer, LATER)


def test_an_answer_to_an_answer_follows_it(office: Office) -> None:
    second = office.receive(
        sender="planer@plan.example", headers="In-Reply-To: <first@kunde>", sent_at=LATER
    )
    office.receive(
        message_id="<first@kunde>", headers=f"{ANSWERS}\nCc: planer@plan.example",
        sent_at=LATER - timedelta(hours=1),
    )  # fmt: skip
    office.send()
    second.refresh_from_db()
    assert (second.state, second.reason) == (State.FOLLOW_UP, Reason.REPLY)
    assert Offer.objects.get().replied_at == LATER


def test_a_mail_that_a_person_set_aside_stays_aside(office: Office) -> None:
    mail = office.receive(headers=ANSWERS)
    SourceFile.objects.update(reason=Reason.IGNORED)
    office.send()
    mail.refresh_from_db()
    assert (mail.state, mail.reason) == (State.NOT_AN_OFFER, Reason.IGNORED)


def test_a_mail_that_a_person_assigns_counts_from_the_offer_on(office: Office) -> None:
    mail = office.receive(sender="x@fremd.example", sent_at=SENT_AT - timedelta(days=400))
    office.send()
    offer = Offer.objects.get()
    attach_file(mail, offer, by=None, at=timezone.now())
    offer.refresh_from_db()
    assert offer.replied_at == SENT_AT


@orders
@pytest.mark.parametrize(
    ("offered", "report"),
    [
        ({}, build_report("buehler@kunde-eins.example")),
        ({}, build_report("rfc822; BUEHLER@Kunde-Eins.example")),
        ({}, build_report("mueller@forwarded.example", original="buehler@kunde-eins.example")),
        ({}, build_report("mueller@forwarded.example")),
        ({}, build_report("buehler@kunde-eins.example", status="4.4.7", diagnostic="550 4.4.7 expired")),
        ({"to": "info@müller-bau.example"}, build_report("info@xn--mller-bau-q9a.example")),
        (
            {"headers": "Cc: planer@plan.example"},
            build_report("buehler@kunde-eins.example", "somebody@else.example"),
        ),
    ],
    ids=["named", "upper case", "Original-Recipient", "forwarded", "given up", "IDNA", "several"],
)  # fmt: skip
def test_a_report_that_returns_our_mail_marks_its_recipient(
    office: Office, offered: dict[str, object], report: dict[str, object], is_reversed: bool
) -> None:
    steps = [lambda: office.send(**offered), lambda: office.receive(**report)]
    _sent, bounce = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (bounce.reason, bounce.offer) == (Reason.BOUNCED, offer)
    assert Customer.objects.get().bounced_at == LATER
    assert because(offer) == "bounced"


def test_a_report_about_a_reminder_marks_its_recipient(office: Office) -> None:
    office.send()
    offer = Offer.objects.get()
    SentMessage.objects.create(
        message_id="<nachfass.1@x>", offer=offer, recipient=offer.customer.email, at=LATER
    )
    office.receive(**build_report("buehler@kunde-eins.example", returned="<nachfass.1@x>"))
    assert because(offer) == "bounced"


@orders
@pytest.mark.parametrize(
    "report",
    [
        build_report("buehler@kunde-eins.example", returned=None),
        build_report("buehler@kunde-eins.example", returned="<made-up@x>"),
        build_report(*(f"k{number}@kunde.example" for number in range(50))),
    ],
    ids=["nothing returned", "made-up mail", "50 others"],
)
def test_a_report_without_proof_changes_nothing(
    office: Office, report: dict[str, object], is_reversed: bool
) -> None:
    for number in range(50):
        make_offer(customer=make_customer(email=f"k{number}@kunde.example"), sent_at=SENT_AT)
    _sent, asked = run_steps(
        [office.send, lambda: office.receive(**report)], is_reversed=is_reversed
    )
    assert (asked.state, asked.reason, asked.holds) == (State.REVIEW, Reason.MAYBE_BOUNCED, False)
    assert not Customer.objects.exclude(bounced_at=None).exists()
    assert not Offer.objects.exclude(needs_review="").exists()


def test_of_many_named_addresses_only_the_recipient_is_marked(office: Office) -> None:
    others = [f"k{number}@kunde.example" for number in range(19)]
    for email in others:
        make_offer(customer=make_customer(email=email), sent_at=SENT_AT)
    office.send()
    office.receive(**build_report("buehler@kunde-eins.example", *others))
    marked = Customer.objects.exclude(bounced_at=None)
    assert [customer.email for customer in marked] == ["buehler@kunde-eins.example"]


def test_a_report_about_strangers_asks_nothing(office: Office) -> None:
    office.send()
    report = office.receive(**build_report("who@else.example", returned="<other@x>"))
    assert (report.state, report.reason) == (State.AUTOMATIC, Reason.BOUNCE_OF_OTHERS)


TOO_LARGE = build_report(
    "buehler@kunde-eins.example", status="5.2.3", diagnostic="550 5.2.3 message too large"
)


@orders
def test_a_refused_mail_holds_the_offer_and_not_the_address(
    office: Office, is_reversed: bool
) -> None:
    steps = [office.send, lambda: office.receive(**TOO_LARGE)]
    _sent, asked = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (asked.state, asked.reason, asked.offer) == (State.REVIEW, Reason.MAIL_REFUSED, offer)
    assert (because(offer), Customer.objects.get().bounced_at) == ("in_review", None)


@orders
def test_a_refused_mail_that_was_sent_again_asks_nothing(office: Office, is_reversed: bool) -> None:
    office.send()
    steps = [
        lambda: office.receive(**{**TOO_LARGE, "sent_at": SENT_AT + timedelta(minutes=1)}),
        lambda: office.send(
            message_id="<smaller@muster-metallbau.example>", sent_at=SENT_AT + timedelta(minutes=30)
        ),
    ]
    refused, _smaller = run_steps(steps, is_reversed=is_reversed)
    assert (refused.state, refused.reason) == (State.AUTOMATIC, Reason.MAIL_REFUSED)
    assert because(Offer.objects.get()) == ""


@orders
def test_an_absence_pauses_until_the_day_after(office: Office, is_reversed: bool) -> None:
    note = {
        "subject": "Automatische Antwort: Angebot AN-2026-0815",
        "headers": f"{ANSWERS}\nAuto-Submitted: auto-replied",
        "body": "Ich bin bis 24.09.2026 im Urlaub.\n",
    }
    _sent, away = run_steps([office.send, lambda: office.receive(**note)], is_reversed=is_reversed)
    assert away.reason == Reason.RETURN_DATE
    assert f"{Offer.objects.get().paused_until}" == "2026-09-25"


@orders
def test_an_absence_until_next_year_pauses_nothing_and_asks(
    office: Office, is_reversed: bool
) -> None:
    note = {
        "subject": "Automatische Antwort: Angebot AN-2026-0815",
        "headers": "Auto-Submitted: auto-replied",
        "body": "Ich bin bis zum 31.03.2027 im Urlaub.\n",
    }
    _sent, away = run_steps([office.send, lambda: office.receive(**note)], is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (away.state, away.reason, away.offer) == (State.REVIEW, Reason.LONG_ABSENCE, offer)
    assert (offer.paused_until, because(offer)) == (None, "in_review")


@pytest.mark.parametrize("body", ["bis 24.09.2026 im Urlaub", "bis 31.03.2027 im Urlaub"])
def test_the_absence_of_a_stranger_changes_nothing(office: Office, body: str) -> None:
    office.send()
    headers = f"{ANSWERS}\nAuto-Submitted: auto-replied"
    note = office.receive(sender="x@fremd.example", headers=headers, body=f"Ich bin {body}.\n")
    offer = Offer.objects.get()
    assert (note.state, offer.paused_until, because(offer)) == (State.AUTOMATIC, None, "")
