"""Send what is due: claim one mail, commit the mark, send it, record the result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from crm.accounts.models import OwnCompany
from crm.core.incidents import begin_incident, end_incident
from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError
from reminders.incidents import IncidentKind, check_answers, check_doubts
from reminders.mail.compose import MailTexts, compose
from reminders.mail.message import build_message
from reminders.mail.rendering import write_parts
from reminders.mail.templating import MailTextError
from reminders.models import FollowUp, Reminder
from reminders.planning import Plans, plan_offer_ids
from reminders.rules import Because
from reminders.sending.claim import Claim, claim_mail
from reminders.sending.gates import Gates
from reminders.sending.mark import find_markable, mark_transmitting
from reminders.sending.record import give_back, record_result, recover_stale
from reminders.sentences import SENTENCES

logger = logging.getLogger(__name__)

# The queue ends a job after ten minutes; what is left goes with the next run.
RUN_SECONDS = 480
# How many mails are sent before their offers are planned anew. Planning twenty takes hardly longer
# than planning one, which takes as long as all the rest of a mail.
PLANNED_TOGETHER = 20


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

    def count(self, state: Reminder.State | None) -> None:
        """Count a mail with its state; None stands for a mail that was withheld."""
        name = state.value if state else "withheld"
        setattr(self, name, getattr(self, name) + 1)

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
    """Lets at most so many mails a minute go; 0 means no limit."""

    per_minute: int
    sleep: Callable[[float], None] = time.sleep
    _next_at: float = field(default=0.0)

    def wait(self) -> None:
        """Return when the next mail may go."""
        if not self.per_minute:
            return
        now = time.monotonic()
        if self._next_at > now:
            self.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 60 / self.per_minute


def send_due(
    clock: Callable[[], datetime], *, only: Collection[int] | None = None, pace: Pace | None = None
) -> SendSums:
    """Send the reminders that are due now; with `only`, those of these offers alone. Returns what
    became of them.

    Safe to run several times at once, and to be killed at any point.
    """
    now = clock()
    recover_stale(now)
    Reminder.objects.confirm_seen()
    check_answers(now)
    if not settings.REMINDERS_ENABLED:
        return SendSums(Because.OFF)
    follow_ups = FollowUp.objects.due(now)
    if only is not None:
        follow_ups = follow_ups.filter(offer__in=only)
    due = follow_ups.by_customer()
    if not due:
        check_doubts(now)
        return SendSums()
    gates = Gates(sum(map(len, due)), clock)
    if shut := gates.find_shut():
        return SendSums(shut)
    sums = _Run(clock, pace or Pace(settings.REMINDERS_PER_MINUTE), gates).send_all(due)
    _tell(IncidentKind.MAIL_SERVER, sums.problem, sums, clock())
    _tell(IncidentKind.MAIL_TEXT, sums.text_problem, sums, clock())
    check_doubts(clock())
    return sums


def _tell(kind: IncidentKind, problem: str, sums: SendSums, now: datetime) -> None:
    """Begin the incident of a problem; end it when mails went out without one."""
    if problem:
        begin_incident(kind, problem, now)
    elif sums.sent:
        end_incident(kind, now)


class _Run:
    """One run over one connection. Nothing is claimed before the mail server has taken us."""

    def __init__(self, clock: Callable[[], datetime], pace: Pace, gates: Gates) -> None:
        self.clock, self.pace, self.gates = clock, pace, gates
        self.sums = SendSums()
        self.plans, self.texts, self.company = Plans(), MailTexts(), OwnCompany.get()
        self.connection = Connection(Server.from_settings())
        self.ends_at = time.monotonic() + RUN_SECONDS
        self.markable = find_markable(clock())
        self.to_plan: list[int] = []

    def send_all(self, due: list[list[int]]) -> SendSums:
        """Send one mail to each customer until the time is up, the mail server is away or a gate
        shuts.
        """
        try:
            with self.connection:
                for offer_ids in due:
                    self.sums.because = self.gates.find_shut()
                    if self.sums.because or self.sums.problem or time.monotonic() >= self.ends_at:
                        break
                    if not self.connection.is_open:
                        self.connection.open()
                    self._send_next(offer_ids)
        except SmtpUnavailableError as error:
            problem = _("The mail server takes no mail (%(stage)s): %(words)s")
            self.sums.problem = problem % vars(error)
        finally:
            self._plan_next()
        return self.sums

    def _send_next(self, offer_ids: list[int]) -> None:
        """Send the mail of a customer that is due now, if there still is one."""
        self.pace.wait()
        claim = claim_mail(offer_ids, self.plans, self.clock())
        if claim is None:
            return
        try:
            state = self._send(claim)
        except MailTextError as error:
            give_back(claim)
            self.sums.text_problem, state = str(error), None
        self.sums.count(state)
        logger.info("Reminder %s: %s", claim.message_id, state or "withheld")
        self.to_plan += claim.offer_ids
        if self.pace.per_minute or len(self.to_plan) >= PLANNED_TOGETHER:
            self._plan_next()

    def _plan_next(self) -> None:
        """Plan what comes next for the offers whose mails were recorded."""
        plan_offer_ids(self.to_plan, self.clock(), self.plans)
        self.to_plan = []

    def _send(self, claim: Claim) -> Reminder.State | None:
        """Send a claimed mail and record the result; return the state, or None when it was
        withheld. Raises MailTextError.
        """
        mail = compose(
            claim.rows, claim.cases, plans=self.plans, texts=self.texts, company=self.company
        )
        parts = write_parts(mail)
        result = self.connection.send(
            settings.DEFAULT_FROM_EMAIL,
            [mail.recipient],
            build_message(mail, parts),
            before_data=lambda: mark_transmitting(
                claim, parts.subject, self.markable, self.clock()
            ),
        )
        state = record_result(claim, result, self.plans, self.clock())
        if result.outcome is SendOutcome.WITHHELD:
            # Perhaps because a person has just held all sending.
            self.gates.ask_soon()
        if result.is_about_us:
            # Servers close after so many mails or minutes, and say 421 or nothing. A server that
            # took none gets no second try.
            if not self.connection.sent:
                self.sums.problem = _("The mail server refused: %s") % result.words
            self.connection.close()
        return state
