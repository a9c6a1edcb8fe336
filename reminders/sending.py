"""Sending what is due: gates, claims, one SMTP connection, and a record of what became of each mail."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.smtp import Connection, Server, SmtpUnavailableError
from feedback.backoffice.sync import ensure_fresh
from reminders import claims, holds
from reminders.claims import Claim
from reminders.emails import Letter, build_message, write_subject
from reminders.facts import Plans, load_cases
from reminders.incidents import begin_incident, check_answers, check_doubts, check_public_page, end_incident
from reminders.letters import MissingTextError, Texts, build_letters
from reminders.models import FollowUp, Incident, Reminder
from reminders.planning import plan_offer_ids
from reminders.reasons import SENTENCES
from reminders.rules import Because
from reminders.texts import MailTextError

logger = logging.getLogger(__name__)

CHUNK = 200
CAPPED_CHUNK = 10
# The queue ends a job after ten minutes; what is left goes with the next run.
RUN_SECONDS = 480


@dataclass
class SendSums:
    """What a run came to. `because` says why it sent nothing at all, if so; counts are mails."""

    because: Because | None = None
    sent: int = 0
    planned: int = 0
    failed: int = 0
    in_doubt: int = 0
    withheld: int = 0
    problem: str = ""
    text_problem: str = ""

    def __str__(self) -> str:
        if self.because is not None:
            return str(SENTENCES[self.because])
        sums = _("%(sent)d sent, %(planned)d later, %(failed)d failed, %(in_doubt)d in doubt, %(withheld)d withheld.")
        return f"{sums % vars(self)} {self.problem} {self.text_problem}".strip()


@dataclass
class Pace:
    """Lets at most so many mails a minute go; 0 means no limit."""

    per_minute: int
    sleep: Callable[[float], None] = time.sleep
    _next_at: float = field(default=0.0)

    def wait(self) -> None:
        """Return when the next mail may go."""
        if self.per_minute > 0:
            now = time.monotonic()
            if now < self._next_at:
                self.sleep(self._next_at - now)
            self._next_at = max(now, self._next_at) + 60 / self.per_minute


def send_due(
    clock: Callable[[], datetime], *, only: Collection[int] | None = None, pace: Pace | None = None
) -> SendSums:
    """Send the reminders that are due now; with `only`, those of these offers alone. Returns what became of them.

    Safe to run several times at once, and to be killed at any point.
    """
    now = clock()
    claims.recover_stale(now)
    claims.confirm_seen()
    check_public_page(now)
    check_answers(now)
    if not settings.REMINDERS_ENABLED:
        return SendSums(Because.OFF)
    due = list(_find_due(now, only))
    if not due:
        check_doubts(now)
        return SendSums()
    if shut := _find_shut_gate(len(due), now):
        return SendSums(shut)
    sums = SendSums()
    try:
        with Connection(Server.from_settings()) as connection:
            run = _Run(connection, clock, pace or Pace(settings.REMINDERS_PER_MINUTE), sums)
            run.send_all(due)
    except SmtpUnavailableError as error:
        sums.problem = _("The mail server takes no mail (%(stage)s): %(words)s") % vars(error)
    if sums.problem:
        begin_incident(Incident.Kind.MAIL_SERVER, sums.problem, clock())
    elif sums.sent:
        end_incident(Incident.Kind.MAIL_SERVER, clock())
    if sums.text_problem:
        begin_incident(Incident.Kind.MAIL_TEXT, sums.text_problem, clock())
    elif sums.sent:
        end_incident(Incident.Kind.MAIL_TEXT, clock())
    check_doubts(clock())
    return sums


def explain_due(now: datetime) -> Iterator[str]:
    """Yield a line for each reminder that would be looked at now: whether it would go out, and why or why not."""
    plans = Plans()
    due = FollowUp.objects.due(now).values_list("offer_id", flat=True)
    shut = Because.OFF if not settings.REMINDERS_ENABLED else None
    shut = shut or (Because.HELD if holds.is_held(len(due), now) else None)
    shut = shut or (None if ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now) else Because.STALE_ANSWERS)
    if shut:
        yield str(SENTENCES[shut])
    ids = iter(list(due))
    while chunk := list(islice(ids, CHUNK)):
        numbers = dict(FollowUp.objects.filter(offer__in=chunk).values_list("offer_id", "offer__number"))
        for case in load_cases(chunk, now):
            decision = plans.decide(case, now)
            verdict = _("goes out") if decision.is_due(now) and not shut else _("does not go out")
            sentence = SENTENCES[decision.because]
            yield f"{numbers[case.offer_id]}, {_('step')} {decision.step or '–'}: {verdict}. {sentence}"


def _find_due(now: datetime, only: Collection[int] | None) -> Iterator[tuple[int, int]]:
    """Yield (customer, offer) of what is due, the offers of a customer side by side."""
    due = FollowUp.objects.due(now)
    if only is not None:
        due = due.filter(offer__in=only)
    by_customer: dict[int, list[int]] = {}
    for customer_id, offer_id in due.values_list("offer__customer_id", "offer_id"):
        by_customer.setdefault(customer_id, []).append(offer_id)
    for customer_id, offer_ids in by_customer.items():
        for offer_id in offer_ids:
            yield customer_id, offer_id


def _find_shut_gate(due_count: int, now: datetime) -> Because | None:
    """Return why nothing at all may be sent now, telling the admins, or None."""
    if holds.check(due_count, now):
        return Because.HELD
    return None if _has_fresh_answers(due_count, now) else Because.STALE_ANSWERS


def _has_fresh_answers(due_count: int, now: datetime) -> bool:
    """Return whether the customers' answers are here, fetching them if need be, and tell the admins if they are not."""
    if not ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now):
        detail = _(
            "%d reminders are due, but the customers' answers could not be fetched. Nothing is sent until they are."
        )
        begin_incident(Incident.Kind.STALE_ANSWERS, detail % due_count, now)
        return False
    end_incident(Incident.Kind.STALE_ANSWERS, now)
    return True


@dataclass(frozen=True)
class _Message:
    """A letter that is ready to be sent."""

    letter: Letter
    subject: str
    content: bytes


class _Run:
    """One run over one connection."""

    def __init__(self, connection: Connection, clock: Callable[[], datetime], pace: Pace, sums: SendSums) -> None:
        self.connection, self.clock, self.pace, self.sums = connection, clock, pace, sums
        self.plans, self.texts = Plans(), Texts()
        self._prepared: _Message | None = None
        self.ends_at = time.monotonic() + RUN_SECONDS
        self.chunk_size = CAPPED_CHUNK if pace.per_minute else CHUNK

    def send_all(self, due: Sequence[tuple[int, int]]) -> None:
        for number, chunk in enumerate(self._chunks(due)):
            # A long run asks again: who answers while it is under way must not be reminded by its end.
            if number and not _has_fresh_answers(len(due), self.clock()):
                return
            taken = claims.claim_due(chunk, self.plans, self.clock())
            try:
                self._send_chunk(taken)
            finally:
                plan_offer_ids([pk for claim in taken for pk in claim.steps], self.clock(), self.plans)
            if self.sums.problem or time.monotonic() > self.ends_at:
                return

    def _chunks(self, due: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
        """Yield offer ids in chunks that never part the offers of a customer."""
        chunk: list[int] = []
        customer = None
        for customer_id, offer_id in due:
            if len(chunk) >= self.chunk_size and customer_id != customer:
                yield chunk
                chunk = []
            chunk.append(offer_id)
            customer = customer_id
        if chunk:
            yield chunk

    def _send_chunk(self, taken: Sequence[Claim]) -> None:
        letters = self._build_letters(taken)
        waiting = list(taken)
        try:
            while waiting and not self.sums.problem:
                claim = waiting[0]
                following = letters.get(waiting[1].message_id) if len(waiting) > 1 else None
                message = self._prepare(letters.get(claim.message_id))
                if message is None:
                    claims.release(claim)
                    self._count(None)
                else:
                    self._send_one(claim, message, following)
                waiting.pop(0)
        finally:
            for claim in waiting:
                claims.release(claim)

    def _prepare(self, letter: Letter | None) -> _Message | None:
        """Return the letter as a mail, made only once; None when it cannot be made."""
        if letter is None:
            return None
        if self._prepared is None or self._prepared.letter is not letter:
            try:
                self._prepared = _Message(letter, write_subject(letter), build_message(letter))
            except MailTextError as error:
                self.sums.text_problem = str(error)
                return None
        return self._prepared

    def _build_letters(self, taken: Sequence[Claim]) -> dict[str, Letter]:
        try:
            return build_letters(taken, self.texts)
        except MissingTextError as error:
            self.sums.text_problem = str(error)
            return {}

    def _send_one(self, claim: Claim, message: _Message, following: Letter | None) -> None:
        """Send one mail and record what became of it. The following one is made while the server takes this one."""
        self.pace.wait()
        result = self.connection.send(
            settings.DEFAULT_FROM_EMAIL,
            [message.letter.recipient],
            message.content,
            before_data=lambda: claims.mark_transmitting(claim, message.subject, self.clock()),
            while_waiting=lambda: self._prepare_quietly(following),
        )
        state = claims.record_result(claim, result, self.clock())
        self._count(state)
        logger.info("Reminder %s: %s", claim.message_id, state or "withheld")
        if result.is_about_us or not self.connection.is_open:
            self._reconnect(result.words)

    def _prepare_quietly(self, letter: Letter | None) -> None:
        """Prepare ahead; what goes wrong comes again, and counts, when the letter's turn has come."""
        try:
            self._prepare(letter)
        except Exception:
            logger.exception("A reminder could not be prepared ahead.")

    def _count(self, state: Reminder.State | None) -> None:
        name = state.value if state else "withheld"
        setattr(self.sums, name, getattr(self.sums, name) + 1)

    def _reconnect(self, words: str) -> None:
        """Go on over a new connection when the old one had carried mails; a server that took none gets no second go.

        Servers close after so many mails or minutes, and say 421 or nothing.
        """
        had_sent = self.connection.sent
        self.connection.close()
        if not had_sent:
            self.sums.problem = _("The mail server refused: %s") % words
            return
        self.connection.sent = 0
        try:
            self.connection.open()
        except SmtpUnavailableError as error:
            self.sums.problem = _("The mail server takes no mail (%(stage)s): %(words)s") % vars(error)
