"""Each question about a mail has its answers; each answer does what it says and can be taken back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

import offers.mail_import
from crm.accounts.models import User
from crm.backoffice.admin.question_pages import has_history
from crm.backoffice.changes import changing_offers, follow_changes
from feedback.backoffice.models import Answer
from offers.answering import AnswerError, Given
from offers.models import (
    Customer,
    MailFolder,
    Offer,
    ReceivedMessage,
    ReceivedName,
    SenderRule,
    SourceFile,
)
from offers.questions import (
    QUESTIONS,
    Choice,
    build_rule,
    find_candidates,
    find_choices,
    find_sentence,
)
from offers.undo import answer_question, take_back
from reminders.models import FollowUp
from tests.make import make_customer, make_offer, make_user
from tests.offers.imports import import_folders
from tests.offers.mails import make_folder, write_mail

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason
CUSTOMER = "buehler@kunde-eins.example"
SENT_AT = timezone.now() - timedelta(days=4)
LATER = SENT_AT + timedelta(days=2)
TABLES: list[type[models.Model]] = [
    Customer, FollowUp, Offer, ReceivedMessage, ReceivedName, SenderRule, SourceFile,
]  # fmt: skip
# They say when something was planned last, not what.
VOLATILE = {"version", "offer_version", "computed_at"}


def find_asked() -> Iterator[str]:
    """Yield the names of the reasons with which a decision of the import may ask."""
    for path in Path(offers.mail_import.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and len(node.args) > 1
            if not is_call or ast.unparse(node.args[0]) != "State.REVIEW":
                continue
            for part in ast.walk(node.args[1]):
                if isinstance(part, ast.Attribute):
                    yield part.attr


def test_every_reason_to_ask_has_two_to_four_answers() -> None:
    asked = set(find_asked())
    assert len(asked) > 20
    assert asked - {Reason(reason).name for reason in QUESTIONS} == {"PATTERN_TIMEOUT"}
    assert {len(choices) for choices in QUESTIONS.values()} <= {2, 3, 4}


def test_a_later_mail_about_an_unknown_offer_may_be_about_one_of_theirs() -> None:
    folder = make_folder(Path("/x"))
    file = SourceFile(folder=folder, state=State.REVIEW, reason=Reason.LATER_MAIL)
    assert find_choices(file)[0].rule == SenderRule.Kind.NOT_OURS
    assert find_sentence(file) != Reason.LATER_MAIL.label


def test_the_answers_of_a_question_have_different_words() -> None:
    for choices in QUESTIONS.values():
        assert len({choice.code for choice in choices}) == len(choices)
        assert len({str(choice.label) for choice in choices}) == len(choices)
        assert all(choice.label and choice.effect for choice in choices)


@pytest.mark.parametrize("direction", MailFolder.Direction)
def test_a_pattern_that_takes_too_long_asks_in_both_directions(direction: str) -> None:
    folder = make_folder(Path("/x"), direction=direction)
    file = SourceFile(folder=folder, state=State.REVIEW, reason=Reason.PATTERN_TIMEOUT)
    assert len(find_choices(file)) == 3


@pytest.fixture
def offer() -> Offer:
    offer = make_offer(
        number="4711",
        customer=make_customer(email=CUSTOMER),
        sent_at=SENT_AT,
        message_id="<offer@x>",
    )
    follow_changes([offer])
    return offer


@pytest.fixture
def seller() -> User:
    return make_user()


def ask(
    path: Path, reason: SourceFile.Reason, offer: Offer | None = None, **columns: Any
) -> SourceFile:
    """A question, as the import would store it, about a mail that lies in its folder."""
    received = reason in list(QUESTIONS)[list(QUESTIONS).index(Reason.SEVERAL_OPEN_OFFERS) :]
    direction = MailFolder.Direction.INCOMING if received else MailFolder.Direction.OUTGOING
    folder = MailFolder.objects.filter(path=str(path)).first()
    folder = folder or make_folder(path, direction=direction)
    ours, theirs = "p.vogt@muster-metallbau.example", CUSTOMER
    defaults: dict[str, Any] = {
        "sender": theirs if received else ours,
        "recipients": [{"field": "to", "email": ours if received else theirs, "name": ""}],
        "subject": "Ihr Angebot",
        "message_id": "<question@x>",
        "sent_at": LATER,
        "decided_at": LATER,
        "name": "q.eml",
        "holds": offer is not None and reason not in (Reason.FORGED, Reason.MAYBE_BOUNCED),
    }
    file = SourceFile.objects.create(
        folder=folder,
        size=1,
        mtime_ns=1,
        state=State.REVIEW,
        reason=reason,
        offer=offer,
        **{**defaults, **columns},
    )
    if file.holds and offer is not None:
        offer.needs_review = str(reason.label)
        with changing_offers(offer):
            offer.save(update_fields=["needs_review"])
    return file


def choose(file: SourceFile, code: str) -> Choice:
    return next(choice for choice in find_choices(file) if choice.code == code)


def answer(file: SourceFile, code: str, *, always: bool = False, **filled: Any) -> None:
    choice = choose(file, code)
    rule = build_rule(file, choice.rule) if always and choice.rule else None
    with changing_offers() as changed:
        given = Given(timezone.now(), **filled)
        changed.extend(answer_question(file, choice.act, given, rule=rule))
    file.refresh_from_db()


def undo(file: SourceFile) -> None:
    with changing_offers() as changed:
        given = Given(timezone.now())
        changed.extend(take_back(file, given, after_store=follow_changes, has_history=has_history))
    file.refresh_from_db()


def find_contents() -> list[list[dict[str, Any]]]:
    contents = []
    for table in TABLES:
        rows = []
        for row in table.objects.order_by("pk").values():  # type: ignore[attr-defined]
            rows.append({name: row[name] for name in row if name not in VOLATILE})
        contents.append(rows)
    return contents


ANSWERS: list[tuple[SourceFile.Reason, str, dict[str, Any]]] = []
for _reason, _choices in QUESTIONS.items():
    for _choice in _choices:
        _filled: dict[str, Any] = {}
        if "number" in _choice.asks:
            _filled |= {"number": "4712", "email": "neu@kunde-zwei.example"}
        elif "email" in _choice.asks:
            _filled |= {"email": CUSTOMER}
        if _choice.code == "other_person":
            _filled |= {"email": "neu@kunde-zwei.example"}
        if "until" in _choice.asks:
            _filled |= {"until": (SENT_AT + timedelta(days=900)).date()}
        ANSWERS.append((Reason(_reason), _choice.code, _filled))


@pytest.mark.parametrize(("reason", "code", "filled"), ANSWERS, ids=lambda part: str(part)[:40])
def test_each_answer_settles_its_question_and_can_be_taken_back(
    tmp_path: Path, offer: Offer, reason: SourceFile.Reason, code: str, filled: dict[str, Any]
) -> None:
    file = ask(tmp_path, reason, offer)
    before = find_contents()
    answer(file, code, always=True, **filled)
    offer.refresh_from_db()
    assert (file.state == State.REVIEW, file.holds, offer.needs_review) == (False, False, "")
    assert offer.follow_up.because != "in_review"
    undo(file)
    assert find_contents() == before


@pytest.mark.parametrize(
    ("reason", "code", "outcome"),
    [
        (Reason.LATER_MAIL, "ordered", ("ordered", "ordered")),
        (Reason.LATER_MAIL, "withdrawn", ("withdrawn", "withdrawn")),
        (Reason.OTHER_DOCUMENT, "ordered", ("ordered", "ordered")),
        (Reason.UNKNOWN_SENDER, "replied", ("open", "replied")),
        (Reason.MAYBE_AUTOMATIC, "replied", ("open", "replied")),
    ],
)
def test_an_answer_ends_the_reminders(
    tmp_path: Path, offer: Offer, reason: SourceFile.Reason, code: str, outcome: tuple[str, str]
) -> None:
    answer(ask(tmp_path, reason, offer), code)
    offer.refresh_from_db()
    assert (offer.status, offer.follow_up.because) == outcome


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.LATER_MAIL, "go_on"),
        (Reason.THIRD_PARTY, "copy"),
        (Reason.MAYBE_AUTOMATIC, "automatic"),
        (Reason.LONG_ABSENCE, "as_planned"),
        (Reason.MAIL_REFUSED, "arrived"),
    ],
)
def test_an_answer_lets_the_reminders_go_on(
    tmp_path: Path, offer: Offer, reason: SourceFile.Reason, code: str
) -> None:
    answer(ask(tmp_path, reason, offer), code)
    offer.refresh_from_db()
    assert offer.is_open
    assert offer.follow_up.next_at is not None


def test_the_customer_who_is_away_gets_no_reminder_before_the_day(
    tmp_path: Path, offer: Offer
) -> None:
    other = make_offer(customer=offer.customer, sent_at=SENT_AT)
    until = (SENT_AT + timedelta(days=90)).date()
    answer(ask(tmp_path, Reason.LONG_ABSENCE, offer), "away", until=until)
    for each in (offer, other):
        each.refresh_from_db()
        assert each.paused_until == until
        assert timezone.localdate(each.follow_up.next_at) >= until


def test_an_address_that_was_not_reached_gets_no_reminder(tmp_path: Path, offer: Offer) -> None:
    answer(ask(tmp_path, Reason.MAYBE_BOUNCED, offer), "not_delivered", email=CUSTOMER)
    offer.refresh_from_db()
    assert offer.customer.bounced_at == LATER
    assert offer.follow_up.because == "bounced"


def test_only_the_other_person_is_reminded_of_an_offer_that_moves(
    tmp_path: Path, offer: Offer
) -> None:
    people = [{"field": "to", "email": "neu@kunde-zwei.example", "name": "Nora Neu"}]
    file = ask(tmp_path, Reason.THIRD_PARTY, offer, number="4711", recipients=people)
    answer(file, "other_person", email="neu@kunde-zwei.example")
    old, new = Offer.objects.order_by("pk").select_related("customer", "follow_up")
    assert (old.status, old.superseded_by, old.follow_up.next_at) == ("superseded", new, None)
    assert (new.number, new.customer.name) == ("4711", "Nora Neu")
    assert new.follow_up.next_at is not None


def test_an_offer_is_held_until_its_last_question_is_answered(tmp_path: Path, offer: Offer) -> None:
    first = ask(tmp_path, Reason.LATER_MAIL, offer)
    second = ask(tmp_path, Reason.OTHER_DOCUMENT, offer, name="r.eml")
    for file, is_held in ((first, True), (second, False)):
        answer(file, "go_on")
        offer.refresh_from_db()
        assert bool(offer.needs_review) == is_held


def test_two_people_do_not_answer_one_question(tmp_path: Path, offer: Offer) -> None:
    file = ask(tmp_path, Reason.LATER_MAIL, offer)
    same = SourceFile.objects.get(pk=file.pk)
    answer(file, "ordered")
    with pytest.raises(AnswerError):
        answer(same, "withdrawn")
    offer.refresh_from_db()
    assert offer.status == "ordered"


def test_what_changed_again_since_stays_when_an_answer_is_taken_back(
    tmp_path: Path, offer: Offer
) -> None:
    file = ask(tmp_path, Reason.LATER_MAIL, offer)
    answer(file, "ordered")
    Offer.objects.filter(pk=offer.pk).update(status="declined")
    undo(file)
    offer.refresh_from_db()
    assert (file.state, offer.status) == (State.REVIEW, "declined")


def test_an_offer_with_an_answer_is_not_removed(tmp_path: Path) -> None:
    file = ask(tmp_path, Reason.NO_NUMBER)
    answer(file, "offer", number="4712", email=CUSTOMER)
    assert file.offer
    Answer.objects.create(offer=file.offer, kind="interested", answered_at=timezone.now())
    with pytest.raises(AnswerError):
        undo(file)
    file.refresh_from_db()
    assert (file.state, file.offer.number) == (State.OFFER, "4712")


def test_an_answer_is_taken_back_only_once(tmp_path: Path, offer: Offer) -> None:
    file = ask(tmp_path, Reason.LATER_MAIL, offer)
    answer(file, "ordered")
    undo(file)
    with pytest.raises(AnswerError):
        undo(file)


@pytest.fixture
def sent(tmp_path: Path) -> MailFolder:
    (tmp_path / "sent").mkdir()
    return make_folder(tmp_path / "sent")


@pytest.fixture
def received(tmp_path: Path) -> MailFolder:
    (tmp_path / "received").mkdir()
    return make_folder(tmp_path / "received", direction=MailFolder.Direction.INCOMING)


def send(folder: MailFolder, name: str = "a.eml", **fields: Any) -> SourceFile:
    write_mail(
        Path(folder.path), name, **{"sent_at": SENT_AT, "message_id": f"<{name}@x>"} | fields
    )
    import_folders([folder])
    return SourceFile.objects.get(folder=folder, name=name)


def receive(folder: MailFolder, name: str = "b.eml", **fields: Any) -> SourceFile:
    ours = "p.vogt@muster-metallbau.example"
    return send(folder, name, **{"sender": CUSTOMER, "to": ours, "sent_at": LATER} | fields)


@pytest.mark.parametrize("reply_comes_first", [True, False])
def test_a_reply_is_kept_again_when_its_offer_is_taken_back(
    sent: MailFolder, received: MailFolder, reply_comes_first: bool
) -> None:
    file = send(sent, subject="Ihr Angebot", headers="", message_id="<offer@x>")
    assert file.state == State.REVIEW
    reply = {"subject": "Re: Ihr Angebot", "headers": "In-Reply-To: <offer@x>"}
    if reply_comes_first:
        receive(received, **reply)
    answer(file, "offer", number="4711", email=CUSTOMER)
    if not reply_comes_first:
        receive(received, **reply)
    (offer,) = Offer.objects.all()
    assert offer.follow_up.because == "replied"
    undo(file)
    assert not Offer.objects.exists()
    assert file.state == State.REVIEW
    left = SourceFile.objects.get(folder=received)
    assert (left.state, left.reason, left.offer) == (State.NOT_AN_OFFER, Reason.KEPT, None)
    answer(file, "offer", number="4711", email=CUSTOMER)
    left.refresh_from_db()
    assert left.state == State.FOLLOW_UP


def test_the_likely_offers_are_those_of_the_sender_and_then_of_the_company(
    received: MailFolder,
) -> None:
    customer = make_customer(email=CUSTOMER)
    own = [make_offer(customer=customer, sent_at=SENT_AT) for _number in range(2)]
    colleague = make_offer(
        customer=make_customer(email="chef@kunde-eins.example"),
        sent_at=SENT_AT + timedelta(days=1),
    )
    make_offer(customer=make_customer(email="x@fremd.example"))
    file = receive(received, subject="Ihr Schreiben")
    assert file.reason == Reason.SEVERAL_OPEN_OFFERS
    found = find_candidates(file)
    assert (set(found[:2]), found[2:]) == (set(own), [colleague])
