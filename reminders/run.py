"""One run of sending over one SMTP connection, and a record of what became of each mail."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.smtp import Connection, Outcome, Result, Server, SmtpUnavailableError, Stage
from reminders import claims
from reminders.claims import Claim, Done
from reminders.emails import build_message, write_parts
from reminders.facts import Plans
from reminders.gate import Gate
from reminders.letters import Letters, MissingTextError, Texts
from reminders.models import Reminder
from reminders.reasons import SENTENCES
from reminders.rules import Because
from reminders.texts import MailTextError

logger = logging.getLogger(__name__)

WRITTEN_AHEAD = 4
# The queue ends a job after ten minutes; what is left goes with the next run.
RUN_SECONDS = 480


@dataclass
class SendSums:
    """What a run came to. `because` says why it sent nothing at all, or ended early, if so; counts
    are mails.
    """

    because: Because | None = None
    sent: int = 0
    planned: int = 0
    failed: int = 0
    in_doubt: int = 0
    withheld: int = 0
    problem: str = ""
    text_problem: str = ""

    def __add__(self, other: SendSums) -> SendSums:
        return SendSums(
            self.because or other.because,
            self.sent + other.sent,
            self.planned + other.planned,
            self.failed + other.failed,
            self.in_doubt + other.in_doubt,
            self.withheld + other.withheld,
            self.problem or other.problem,
            self.text_problem or other.text_problem,
        )

    def __str__(self) -> str:
        why = str(SENTENCES[self.because]) if self.because else ""
        counts = (self.sent, self.planned, self.failed, self.in_doubt, self.withheld)
        if why and not any(counts):
            return why
        sums = _(
            "%(sent)d sent, %(planned)d later, %(failed)d failed, %(in_doubt)d in doubt, %(withheld)d withheld."
        )
        return " ".join(filter(None, (sums % vars(self), why, self.problem, self.text_problem)))


@dataclass
class Pace:
    """Lets at most so many mails a minute go, over all connections together; 0 means no limit."""

    per_minute: int
    sleep: Callable[[float], None] = time.sleep
    _next_at: float = field(default=0.0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_limited(self) -> bool:
        """True when there is a limit."""
        return self.per_minute > 0

    def wait(self) -> None:
        """Return when the next mail may go."""
        if not self.is_limited:
            return
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next_at)
            self._next_at = at + 60 / self.per_minute
        if at > now:
            self.sleep(at - now)


@dataclass(frozen=True)
class _Message:
    """A claim with its mail, ready to be sent; `content` is empty when no mail could be made of
    it.
    """

    claim: Claim
    recipient: str = ""
    subject: str = ""
    content: bytes = b""


class Run:
    """One run over one connection.

    While the server is busy with a mail, the one before it is recorded and those after it are
    written. Nothing of that touches the promise: each claim is committed before its mail is
    written, and the gates that can shut from one second to the next are looked at once more in the
    statement that marks a mail, while the server thinks about its recipient and so before its DATA.
    A run that is killed leaves the mail under way in doubt, and the one before it where that was
    not recorded yet; under a cap on mails each is recorded before the next.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        pace: Pace,
        chunks: Iterator[list[int]],
        gate: Gate,
        *,
        plans: Plans,
        texts: Texts,
    ) -> None:
        self.clock, self.pace, self.gate, self.plans, self.texts = clock, pace, gate, plans, texts
        self.sums = SendSums()
        self.ends_at = time.monotonic() + RUN_SECONDS
        self._connection = Connection(Server.from_settings(), self._work)
        self._steps = self._take(chunks)
        self._claims: deque[Claim] = deque()
        self._ready: deque[_Message] = deque()
        self._sent: tuple[Claim, Result] | None = None
        self._recorded: deque[tuple[Claim, Reminder.State | None]] = deque()
        self._done: list[Done] = []
        self._error: Exception | None = None

    def send_all(self) -> SendSums:
        """Send chunk after chunk until none is left, the time is up, the mail server is away or
        sending is shut.
        """
        try:
            with self._connection:
                while self._may_go_on() and (message := self._next()):
                    self._send(message)
        except SmtpUnavailableError as error:
            self._note_problem(error)
        finally:
            try:
                self._record()
                self._plan()
            finally:
                claims.release_all(self._claims, self.plans, self.clock())
        return self.sums

    def _may_go_on(self) -> bool:
        if self.sums.problem or time.monotonic() >= self.ends_at:
            return False
        if self.gate.wants_asking:
            self._record()
            self._plan()
            self.gate.ask()
        self.sums.because = self.gate.shut
        return self.gate.shut is None

    def _take(self, chunks: Iterator[list[int]]) -> Iterator[bool]:
        """Claim chunk after chunk and write the mails, in small steps. Yields whether the chunk has
        mails to write.
        """
        for chunk in chunks:
            self._claims.extend(claims.claim_due(chunk, self.plans, self.clock()))
            letters = Letters(self._claims, self.texts, self.plans)
            for claim in list(self._claims):
                yield True
                self._ready.append(self._write(claim, letters))
            yield False

    def _write(self, claim: Claim, letters: Letters) -> _Message:
        try:
            letter = letters.build(claim)
            if letter is not None:
                parts = write_parts(letter)
                return _Message(
                    claim, letter.recipient, parts.subject, build_message(letter, parts)
                )
        except (MissingTextError, MailTextError) as error:
            self.sums.text_problem = str(error)
        return _Message(claim)

    def _next(self) -> _Message | None:
        """Return the next mail, or None after the last one. The next chunk is claimed when this one
        is sent.
        """
        while not self._ready:
            self._record()
            self._plan()
            if self._error is not None:
                raise self._error
            if next(self._steps, None) is None:
                return None
        return self._ready.popleft()

    def _work(self, stage: Stage) -> bool:
        """Do the next little thing that waits while the server is busy; False when there is none.

        The mail before is recorded and what comes after it found out while the server gets ready
        for the content. Mails are written after the final dot, when the server takes longest: done
        earlier, it would keep the server waiting. The two that go next come before all else then,
        so that the server can be told of each behind the one before. What goes wrong is raised when
        the mail server has said its word about the mail that is under way.
        """
        try:
            if self._error is not None:
                return False
            is_long = stage is Stage.FINAL_DOT
            if self._sent is not None:
                self._record()
            elif is_long and not self._has_written(2):
                next(self._steps)
            elif self._recorded:
                self._look_ahead()
            else:
                return is_long and not self._has_written(WRITTEN_AHEAD) and next(self._steps)
        except Exception as error:
            self._error = error
            return False
        return True

    def _has_written(self, count: int) -> bool:
        """Return whether so many mails are written behind the one that is under way, or all that
        are claimed.
        """
        return len(self._ready) >= min(count, len(self._claims) - 1)

    def _send(self, message: _Message) -> None:
        """Send one mail. That it was taken is recorded while the next one is under way, anything
        else at once.
        """
        claim = message.claim
        if not message.content:
            claims.release_all([self._claims.popleft()], self.plans, self.clock())
            self.sums.withheld += 1
            return
        if self.pace.is_limited:
            self._record()
            self._plan()
            self.pace.wait()
        result = self._connection.send(
            settings.DEFAULT_FROM_EMAIL,
            [message.recipient],
            message.content,
            before_data=partial(self._mark, message),
            upcoming=self._find_upcoming(),
        )
        self._record()
        self._claims.popleft()
        self._sent = claim, result
        if result.outcome is not Outcome.ACCEPTED:
            self._record()
        if result.outcome is Outcome.WITHHELD:
            # Perhaps because somebody has just held all sending.
            self.gate.ask_soon()
        if result.is_about_us or not self._connection.is_open:
            self._record()
            self._reconnect(result.words)

    def _find_upcoming(self) -> list[str]:
        """Return whom the mail server may hear of already, because the mail to them is written and
        goes next.
        """
        is_next = not self.pace.is_limited and self._ready and self._ready[0].content
        return [self._ready[0].recipient] if is_next else []

    def _mark(self, message: _Message) -> bool:
        """Mark the mail; False when it must not go. The mail before is recorded with it where that
        can be.
        """
        claim, sent = message.claim, self._sent
        if sent is None or not claims.can_record_with_mark(sent[0], claim):
            return claims.mark_transmitting(claim, message.subject, self.clock())
        is_marked = claims.mark_transmitting(claim, message.subject, self.clock(), sent)
        self._note(sent[0], Reminder.State.SENT)
        return is_marked

    def _record(self) -> None:
        """Record what became of the last mail, if that is still to be done."""
        if self._sent is not None:
            claim, result = self._sent
            self._note(claim, claims.record_result(claim, result, self.plans, self.clock()))

    def _note(self, claim: Claim, state: Reminder.State | None) -> None:
        """Count the last mail, which has been recorded, and remember that its offers are to be
        planned.
        """
        self._sent = None
        self._recorded.append((claim, state))
        name = state.value if state else "withheld"
        setattr(self.sums, name, getattr(self.sums, name) + 1)
        logger.info("Reminder %s: %s", claim.message_id, state or "withheld")

    def _look_ahead(self) -> None:
        """Find out what comes after the oldest mail that was recorded."""
        claim, state = self._recorded.popleft()
        self._done.append(claims.look_ahead(claim, state, self.plans, self.clock()))

    def _plan(self) -> None:
        """Plan what comes after the mails that were recorded."""
        while self._recorded:
            self._look_ahead()
        if self._done:
            done, self._done = self._done, []
            claims.plan_after(done, self.plans, self.clock())

    def _reconnect(self, words: str) -> None:
        """Go on over a new connection when the old one had carried mails; a server that took none
        gets no second go.

        Servers close after so many mails or minutes, and say 421 or nothing.
        """
        had_sent = self._connection.sent
        self._connection.close()
        if not had_sent:
            self.sums.problem = _("The mail server refused: %s") % words
            return
        self._connection.sent = 0
        try:
            self._connection.open()
        except SmtpUnavailableError as error:
            self._note_problem(error)

    def _note_problem(self, error: SmtpUnavailableError) -> None:
        self.sums.problem = _("The mail server takes no mail (%(stage)s): %(words)s") % vars(error)
