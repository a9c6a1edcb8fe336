"""The figures say the same as a recount in Python, whatever happened to the offers before."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from feedback.backoffice.answers import change_salesperson_reason, record_answer, take_back_answer
from feedback.backoffice.models import Answer, DeclineReason
from offers.models import MailFolder, Offer, SourceFile
from offers.services import change_offer
from offers.status import set_status
from reminders.models import Reminder
from reminders.planning import plan_offer_ids
from reminders.sending.run import send_due
from stats import figures
from stats.drill_down import NOT_STATED
from stats.filters import STATUSES, OfferFilter
from stats.periods import Span
from tests.make import make_offer, make_user, make_year

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DECIDED = {"interested", "declined", "ordered"}


def first_answer_of(offer: Offer, answers: list[Answer]) -> Any:
    """Return when an offer was first answered, read from its answers and its status alone."""
    if answers:
        return min(answer.answered_at for answer in answers)
    is_by_hand = offer.status in DECIDED and offer.status_channel != "automatic"
    return offer.status_at if is_by_hand else None


class Recount:
    """What the figures of some offers must say, counted offer by offer."""

    def __init__(self, offers: list[Offer]) -> None:
        self.groups: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, 0])
        self.sent: Counter[date] = Counter()
        self.unanswered: Counter[date] = Counter()
        self.came: Counter[date] = Counter()
        self.reactions: Counter[int] = Counter()
        for offer in offers:
            self.add(offer)

    def add(self, offer: Offer) -> None:
        counted = Answer.objects.filter(offer=offer, dismissed_at=None).exclude(kind="opted_out")
        answers = list(counted.order_by("answered_at", "pk"))
        at = first_answer_of(offer, answers)
        declines = [answer for answer in answers if answer.kind == "declined"]
        reasons = [None, None]
        if declines:
            reasons = [declines[-1].reason, declines[-1].salesperson_reason]
        codes = [reason.code if reason else "" for reason in reasons]
        step = 0
        if at is not None:
            step = Reminder.objects.filter(offer=offer, state="sent", sent_at__lt=at).count()
        day = timezone.localdate(offer.first_sent_at)
        self.sent[day] += 1
        self.unanswered[day] += at is None
        sums = self.groups[offer.status, *codes, step, offer.currency]
        sums[0] += 1
        sums[1] += at is not None
        sums[2] += offer.amount is not None
        sums[3] += offer.amount or 0
        if at is not None:
            seconds = max(0, int((at - offer.first_sent_at).total_seconds()))
            sums[4] += seconds
            self.came[timezone.localdate(at)] += 1
            self.reactions[(seconds + 4320) // 8640] += 1


def assert_equal_to_a_recount(chosen: OfferFilter, span: Span) -> None:
    offers = chosen.offers_of(span)
    recount = Recount(list(offers))
    groups = {}
    for group in figures.group_offers(offers):
        key = (
            group.status,
            group.customer_reason,
            group.salesperson_reason,
            group.step,
            group.currency,
        )
        sums = [group.number, group.answered, group.valued, group.value, group.reaction_seconds]
        groups[key] = sums
    assert groups == recount.groups, chosen.data
    sent = figures.count_sent(offers)
    assert {day: its.number for day, its in sent.items()} == recount.sent
    assert sum(its.unanswered for its in sent.values()) == recount.unanswered.total()
    assert figures.count_first_answers(offers) == recount.came
    assert figures.count_reactions(offers) == recount.reactions


def choose(values: dict[str, str], user: Any) -> OfferFilter:
    request = RequestFactory().get("/stats/", values)
    request.user = user
    return OfferFilter(request.GET, request=request)


def draw_filter(chance: random.Random) -> dict[str, str]:
    """Return what a person may have chosen: nothing, one field, or several."""
    choices = {
        "status": [value for value, _label in STATUSES],
        "reason": [NOT_STATED, *(reason.code for reason in DeclineReason.objects.all())],
        "company": ["Hotel", "weiss", "AG"],
        "customer": ["kunde7.example", "petra kuhn"],
        "basis": ["decision"],
    }
    chosen = chance.sample([*choices], chance.choice([0, 1, 1, 2, 3]))
    return {name: chance.choice(choices[name]) for name in chosen}


def change_something(chance: random.Random) -> None:
    """Change one offer as people, customers and mails do."""
    offer = chance.choice(list(Offer.objects.select_related("customer")))
    at = NOW - timedelta(hours=chance.randrange(2000))
    answers = list(Answer.objects.filter(offer=offer).select_related("offer__customer"))
    reason = chance.choice([None, *DeclineReason.objects.all()])
    match chance.randrange(7):
        case 0 | 1:
            kind, channel = chance.choice(Answer.Kind.values), chance.choice(["link", "phone"])
            answer = Answer(offer=offer, kind=kind, channel=channel, answered_at=at)
            answer.reason = reason if kind == "declined" else None
            answer.is_suspect = chance.random() < 0.5
            record_answer(answer)
        case 2 if answers:
            take_back_answer(chance.choice(answers), by=None, at=NOW)
        case 3 if answers:
            answer = chance.choice(answers)
            answer.salesperson_reason = reason
            change_salesperson_reason(answer)
        case 4:
            status = Offer.Status(chance.choice(Offer.Status.values))
            channel = Offer.Channel(chance.choice(["phone", "automatic"]))
            set_status(offer, status, channel=channel, at=at)
        case 5:
            offer.amount = chance.choice([None, Decimal("5.10"), Decimal(1_000_000)])
            offer.first_sent_at = at
            offer.save(update_fields=["amount", "first_sent_at"])
        case _:
            step = Reminder.objects.filter(offer=offer).count() + 1
            Reminder.objects.create(offer=offer, step=step, state="sent", sent_at=at, mail_date=at)
    plan_offer_ids([offer.pk], NOW)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_figures_equal_a_recount_after_random_changes(seed: int) -> None:
    chance = random.Random(seed)
    make_year(60, now=NOW, days=420, seed=seed)
    user, today = make_user(is_superuser=True), timezone.localdate(NOW)
    assert_equal_to_a_recount(choose({}, user), Span())
    for _round in range(8):
        for _n in range(chance.randrange(1, 6)):
            change_something(chance)
        assert_equal_to_a_recount(choose({}, user), Span())
        first = today - timedelta(days=chance.randrange(400))
        spans = [Span(), Span(first, first + timedelta(days=90)), Span(None, first)]
        assert_equal_to_a_recount(choose(draw_filter(chance), user), chance.choice(spans))


def test_a_suspect_answer_counts_until_it_is_found_to_be_a_robots() -> None:
    reason = DeclineReason.objects.all()[0]
    answer = Answer(
        offer=make_offer(), kind="declined", reason=reason, is_suspect=True, answered_at=NOW
    )
    record_answer(answer)
    (group,) = figures.group_offers(Offer.objects.all())
    assert (group.status, group.reason, group.answered) == ("declined", reason.code, 1)
    assert take_back_answer(answer, by=None, at=NOW)
    (group,) = figures.group_offers(Offer.objects.all())
    assert (group.status, group.reason, group.answered) == ("open", "", 0)


def test_a_status_that_a_person_set_is_an_answer_until_it_is_taken_back() -> None:
    offer = make_offer()
    set_status(offer, Offer.Status.ORDERED, channel=Offer.Channel.ORDER, at=NOW)
    assert figures.count_first_answers(Offer.objects.all()) == {timezone.localdate(NOW): 1}
    set_status(offer, Offer.Status.OPEN, channel=Offer.Channel.PHONE, at=NOW)
    assert figures.count_first_answers(Offer.objects.all()) == {}


def test_what_became_silent_by_itself_is_no_answer() -> None:
    offer = make_offer()
    set_status(offer, Offer.Status.NO_ANSWER, channel=Offer.Channel.AUTOMATIC, at=NOW)
    assert figures.count_first_answers(Offer.objects.all()) == {}


def test_a_status_that_a_person_sets_after_silence_is_an_answer() -> None:
    offer = make_offer(status=Offer.Status.NO_ANSWER, status_channel=Offer.Channel.AUTOMATIC)
    offer.status = Offer.Status.ORDERED
    change_offer(offer, changed=["status"], by=make_user(), at=NOW)
    assert figures.count_first_answers(Offer.objects.all()) == {timezone.localdate(NOW): 1}


def test_a_reminder_that_is_seen_later_counts_as_sent_before_the_answer() -> None:
    offer = make_offer()
    in_doubt = Reminder.objects.create(
        offer=offer,
        step=1,
        state=Reminder.State.IN_DOUBT,
        message_id="<one@example.com>",
        mail_date=NOW - timedelta(days=2),
        claimed_at=NOW - timedelta(days=2),
    )
    record_answer(Answer(offer=offer, kind="interested", answered_at=NOW - timedelta(days=1)))
    folder = MailFolder.objects.create(name="sent", path="/sent")
    own = SourceFile.State.OWN_REMINDER
    SourceFile.objects.create(
        folder=folder, name="r.eml", size=1, mtime_ns=1, state=own, message_id=in_doubt.message_id
    )
    send_due(lambda: NOW)
    (group,) = figures.group_offers(Offer.objects.all())
    assert group.step == 1
