"""Mails that are not what they seem change no status, no address and no pause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from crm.core.models import Incident
from offers.floods import check_floods, find_flood
from offers.models import Customer, Offer, SentMessage, SourceFile
from tests.make import make_customer, make_offer
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT
from tests.offers.office import LATER, OFFER_ID, Office, because, build_report, run_steps

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason
ANSWERS = f"In-Reply-To: {OFFER_ID}"
FAILED = "Authentication-Results: mx.muster-metallbau.example; spf=pass; dmarc=fail header.from=x"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with time_machine.travel(LATER + timedelta(days=1)):
        yield Office(tmp_path)


def was_nothing_changed() -> bool:
    paused = Offer.objects.exclude(paused_until=None, status=Offer.Status.OPEN, replied_at=None)
    return not paused.exists() and not Customer.objects.exclude(bounced_at=None).exists()


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        {"headers": f"{FAILED}\n{ANSWERS}"},
        {"headers": FAILED, "subject": "AW: Angebot AN-2026-0815"},
        {"headers": FAILED},
        {"headers": f"{FAILED}\nAuto-Submitted: auto-replied", "body": "Im Urlaub bis 24.09.2026.\n"},
        {"headers": f"{FAILED}\n{ANSWERS}", "sender": "x@fremd.example"},
        {
            "headers": FAILED, "subject": "AW: Angebot AN-2026-0815", "sender": "x@fremd.example",
        },
    ],
    ids=["thread", "number", "sender", "absence", "stranger", "number from a stranger"],
)  # fmt: skip
def test_what_our_server_found_forged_only_asks(
    office: Office, fields: dict[str, object], is_reversed: bool
) -> None:
    steps = [office.send, lambda: office.receive(**fields)]
    _sent, asked = run_steps(steps, is_reversed=is_reversed)
    offer = Offer.objects.get()
    assert (asked.state, asked.reason, asked.holds) == (State.REVIEW, Reason.FORGED, False)
    assert asked.offer == offer
    assert was_nothing_changed()
    assert because(offer) == ""


def test_a_forged_mail_that_concerns_nobody_asks_nothing(office: Office) -> None:
    office.send()
    assert office.receive(sender="x@fremd.example", headers=FAILED).state == State.NOT_AN_OFFER


@pytest.mark.parametrize(
    ("header", "servers"),
    [
        ("Authentication-Results: mx.fremd.example; dmarc=fail", []),
        ("Authentication-Results: mx.muster-metallbau.example; dmarc=fail", ["mx.kunde.example"]),
        ("Authentication-Results: mx.muster-metallbau.example; dmarc=pass", []),
        ("Authentication-Results: mx.muster-metallbau.example; dmarc=none", []),
    ],
    ids=["another server", "not the one that is set", "passed", "no policy"],
)
def test_only_our_own_server_is_believed(
    office: Office, settings: Any, header: str, servers: list[str]
) -> None:
    settings.OFFERS_AUTHSERV_ID = servers
    office.send()
    assert office.receive(headers=f"{header}\n{ANSWERS}").reason == Reason.REPLY


def test_the_server_that_is_set_is_believed(office: Office, settings: Any) -> None:
    settings.OFFERS_AUTHSERV_ID = ["Filter.Provider.example"]
    office.send()
    header = "Authentication-Results: filter.provider.example 1; dmarc=fail"
    assert office.receive(headers=f"{header}\n{ANSWERS}").reason == Reason.FORGED


@pytest.mark.parametrize("field", ["In-Reply-To", "References"])
def test_guessed_message_ids_hold_nothing(office: Office, field: str) -> None:
    office.send()
    guessed = [f"<{number:08X}.test@muster-metallbau.example>" for number in range(4_000)]
    for place in (0, 2_000, 4_000):
        ids = [*guessed[:place], OFFER_ID, *guessed[place:]]
        mail = office.receive(sender="x@fremd.example", headers=f"{field}: {' '.join(ids)}")
        assert not mail.holds
    assert was_nothing_changed()
    assert because(Offer.objects.get()) == ""


def test_the_long_thread_of_the_customer_is_a_reply(office: Office) -> None:
    office.send()
    earlier = " ".join(f"<{number}@kunde-eins.example>" for number in range(200))
    reply = office.receive(headers=f"{ANSWERS}\nReferences: {earlier} {OFFER_ID}")
    assert reply.reason == Reason.REPLY


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": f"X-Nachfass-Reminder: 1\n{ANSWERS}"},
        {"message_id": "<nachfass.1@x>", "headers": ANSWERS},
    ],
    ids=["mark", "Message-ID"],
)
def test_a_mail_that_claims_to_be_a_reminder_is_judged_like_any_other(
    office: Office, fields: dict[str, object]
) -> None:
    office.send()
    assert office.receive(sender="x@fremd.example", **fields).reason == Reason.UNKNOWN_SENDER
    assert was_nothing_changed()
    assert office.receive(**{**fields, "message_id": "<nachfass.2@x>"}).reason == Reason.REPLY


def test_a_reminder_of_ours_is_known_by_the_database(office: Office) -> None:
    office.send()
    offer = Offer.objects.get()
    SentMessage.objects.create(
        message_id="<nachfass.1@x>", offer=offer, recipient="a@b.example", at=LATER
    )
    mail = office.receive(message_id="<nachfass.1@x>", sender="p.vogt@muster-metallbau.example")
    assert (mail.state, mail.offer) == (State.OWN_REMINDER, offer)


def make_bounces(office: Office, count: int) -> None:
    for number in range(count):
        email = f"k{number}@kunde{number}.example"
        offer = make_offer(customer=make_customer(email=email), sent_at=SENT_AT)
        office.receive(
            **build_report(email, returned=offer.message_id),
            message_id=f"<report{number}@mx.example>",
        )


def test_many_bounces_within_an_hour_are_an_alarm(office: Office) -> None:
    make_bounces(office, 8)
    assert Customer.objects.exclude(bounced_at=None).count() == 5
    asked = SourceFile.objects.filter(state=State.REVIEW, reason=Reason.MANY_BOUNCES)
    assert asked.count() == 3
    assert Incident.objects.get(ended_at=None).kind == "many_bounces"
    asked.update(state=State.NOT_AN_OFFER, reason=Reason.IGNORED)
    import_folders([])
    assert not Incident.objects.filter(ended_at=None).exists()


def test_a_few_bounces_are_no_alarm(office: Office) -> None:
    make_bounces(office, 5)
    assert Customer.objects.exclude(bounced_at=None).count() == 5
    assert not Incident.objects.exists()


def make_questions(office: Office, count: int, *, minutes: int) -> None:
    for number in range(count):
        make_offer(message_id=f"<{number}@x>", sent_at=SENT_AT)
        office.receive(
            sender="x@fremd.example",
            headers=f"In-Reply-To: <{number}@x>",
            message_id=f"<ask{number}@fremd.example>",
            sent_at=LATER + number * timedelta(minutes=minutes),
        )


def test_more_than_ten_doubtful_mails_in_an_hour_are_one_alarm(office: Office) -> None:
    make_questions(office, 12, minutes=1)
    asked = SourceFile.objects.filter(state=State.REVIEW)
    assert find_flood() == set(asked.values_list("pk", flat=True))
    assert Incident.objects.get().kind == "doubtful_mails"
    asked.update(state=State.NOT_AN_OFFER, reason=Reason.IGNORED)
    check_floods(timezone.now())
    assert not Incident.objects.filter(ended_at=None).exists()


def test_doubtful_mails_now_and_then_are_no_alarm(office: Office) -> None:
    make_questions(office, 12, minutes=10)
    assert not find_flood()
    assert not Incident.objects.exists()


@pytest.mark.parametrize("subject", ["Frage", "AW: Angebot AN-2026-0815"])
def test_an_address_in_reply_to_alone_only_asks(office: Office, subject: str) -> None:
    office.send(to="j.buehler@gmail.com")
    headers = "Reply-To: j.buehler@gmail.com"
    asked = office.receive(sender="x@fremd.example", subject=subject, headers=headers)
    assert (asked.state, asked.reason) == (State.REVIEW, Reason.SAME_COMPANY)
    assert was_nothing_changed()
