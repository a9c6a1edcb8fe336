"""Sending what is due: the gates for all of it, then runs that send it in chunks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice

from django.conf import settings
from django.db import connection
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from crm.core.bulk import among
from crm.core.incidents import begin_incident, end_incident
from feedback.backoffice.sync import ensure_fresh
from offers.models import Offer
from reminders import claims, holds
from reminders.facts import Plans, load_cases
from reminders.gate import Gate, find_shut_gate
from reminders.incidents import IncidentKind, check_answers, check_doubts
from reminders.letters import Texts
from reminders.models import FollowUp
from reminders.reasons import SENTENCES
from reminders.rules import Because
from reminders.run import Pace, Run, SendSums

CHUNK = 500
CAPPED_CHUNK = 10


def send_due(
    clock: Callable[[], datetime], *, only: Collection[int] | None = None, pace: Pace | None = None
) -> SendSums:
    """Send the reminders that are due now; with `only`, those of these offers alone. Returns what
    became of them.

    Safe to run several times at once, and to be killed at any point.
    """
    now = clock()
    claims.recover_stale(now)
    claims.confirm_seen()
    check_answers(now)
    if not settings.REMINDERS_ENABLED:
        return SendSums(Because.OFF)
    due = list(find_due(now, only))
    if not due:
        check_doubts(now)
        return SendSums()
    if shut := find_shut_gate(len(due), now):
        return SendSums(shut)
    sums = _run(due, clock, pace or Pace(settings.REMINDERS_PER_MINUTE))
    if sums.problem:
        begin_incident(IncidentKind.MAIL_SERVER, sums.problem, clock())
    elif sums.sent:
        end_incident(IncidentKind.MAIL_SERVER, clock())
    if sums.text_problem:
        begin_incident(IncidentKind.MAIL_TEXT, sums.text_problem, clock())
    elif sums.sent:
        end_incident(IncidentKind.MAIL_TEXT, clock())
    check_doubts(clock())
    return sums


def _run(due: Sequence[tuple[int, int]], clock: Callable[[], datetime], pace: Pace) -> SendSums:
    """Send what is due in chunks, over as many connections as the settings say."""
    connections = settings.REMINDERS_CONNECTIONS
    size = (
        CAPPED_CHUNK if pace.is_limited else max(CAPPED_CHUNK, min(CHUNK, len(due) // connections))
    )
    chunks, gate = _Chunks(due, size), Gate(len(due), clock)
    plans, texts = Plans(), Texts()
    count = min(connections, -(-len(due) // size))
    runs = [Run(clock, pace, chunks, gate, plans=plans, texts=texts) for _ in range(count)]
    if len(runs) == 1:
        return runs[0].send_all()
    with ThreadPoolExecutor(len(runs)) as pool:
        return sum(
            pool.map(partial(_send_in_thread, get_language() or settings.LANGUAGE_CODE), runs),
            SendSums(),
        )


def _send_in_thread(language: str, run: Run) -> SendSums:
    try:
        with override(language):
            return run.send_all()
    finally:
        connection.close()


def explain_due(now: datetime) -> Iterator[str]:
    """Yield a line for each reminder that would be looked at now: whether it would go out, and why
    or why not.
    """
    plans = Plans()
    due = FollowUp.objects.due(now).values_list("offer_id", flat=True)
    shut = Because.OFF if not settings.REMINDERS_ENABLED else None
    shut = shut or (Because.HELD if holds.is_held(len(due), now) else None)
    shut = shut or (
        None if ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now) else Because.STALE_ANSWERS
    )
    if shut:
        yield str(SENTENCES[shut])
    ids = iter(list(due))
    while chunk := list(islice(ids, CHUNK)):
        numbers = dict(Offer.objects.filter(among("pk", chunk)).values_list("pk", "number"))
        for case in load_cases(chunk, now):
            decision = plans.decide(case, now)
            verdict = _("goes out") if decision.is_due(now) and not shut else _("does not go out")
            sentence = SENTENCES[decision.because]
            what = f"{numbers[case.offer_id]}, {case.customer_email}, {_('step')} {decision.step or '–'}"
            yield f"{what}: {verdict}. {sentence}"


def find_due(now: datetime, only: Collection[int] | None) -> Iterator[tuple[int, int]]:
    """Yield (customer, offer) of what is due, the offers of a customer side by side."""
    due = FollowUp.objects.due(now)
    if only is not None:
        due = due.filter(offer__in=only)
    offer_ids = list(due.values_list("offer_id", flat=True))
    # Asked for apart: for a join PostgreSQL reads the whole table of offers, and for a subquery of
    # each row it may spend a second on compiling it.
    owners = dict(
        Offer.objects.filter(among("pk", offer_ids)).order_by().values_list("pk", "customer_id")
    )
    by_customer: dict[int, list[int]] = {}
    for offer_id in offer_ids:
        if offer_id in owners:
            by_customer.setdefault(owners[offer_id], []).append(offer_id)
    for customer_id, together in by_customer.items():
        for offer_id in together:
            yield customer_id, offer_id


class _Chunks:
    """Hands out the offers that are due in chunks that never part the offers of a customer, to any
    number of runs.
    """

    def __init__(self, due: Sequence[tuple[int, int]], size: int) -> None:
        self.due, self.size, self.place = due, size, 0
        self.lock = threading.Lock()

    def __iter__(self) -> Iterator[list[int]]:
        return self

    def __next__(self) -> list[int]:
        with self.lock:
            return self._take()

    def _take(self) -> list[int]:
        if self.place >= len(self.due):
            raise StopIteration
        first, end = self.place, min(self.place + self.size, len(self.due))
        while end < len(self.due) and self.due[end][0] == self.due[end - 1][0]:
            end += 1
        self.place = end
        return [offer_id for _customer_id, offer_id in self.due[first:end]]
