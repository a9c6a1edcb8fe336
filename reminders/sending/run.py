"""Send what is due: claim one mail, commit the mark, send it, record the result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError
from reminders import holds
from reminders.incidents import IncidentKind, check_doubts, check_problem, end_stale_answers
from reminders.mail.compose import MailSources, compose
from reminders.mail.message import build_message
from reminders.mail.rendering import write_parts
from reminders.mail.templating import MailTextError
from reminders.models import FollowUp, Reminder
from reminders.planning import Plans, plan_offer_ids
from reminders.rules import Because
from reminders.sending.claim import Claim, claim_mail
from reminders.sending.mark import (
    find_markable,
    give_back,
    mark_transmitting,
    record_result,
    recover_stale,
)
from reminders.sentences import SendSums

logger = logging.getLogger(__name__)

# The queue ends a job after ten minutes; what is left goes with the next run.
RUN_SECONDS = 480
# Answers are pulled again, so that a customer who answers during a long run gets no reminder.
RECHECK_SECONDS = 10
# Building the queries takes most of the time of planning, so offers of several mails are planned
# at once.
PLANNED_TOGETHER = 20


def send_due(clock: Callable[[], datetime], *, only: Collection[int] | None = None) -> SendSums:
    """Send the reminders that are due, with `only` those of these offers; return the sums.

    Several runs may send at once, and each may be killed at any point.
    """
    now = clock()
    recover_stale(now)
    plan_offer_ids(Reminder.objects.confirm_seen(), now)
    end_stale_answers(now)
    if not settings.REMINDERS_ENABLED:
        return SendSums(Because.OFF)
    follow_ups = FollowUp.objects.due(now)
    if only is not None:
        follow_ups = follow_ups.filter(offer__in=only)
    due = follow_ups.by_customer()
    if not due:
        check_doubts(now)
        return SendSums()
    run = _Run(clock, sum(map(len, due)))
    sums = run.send_all(due)
    check_problem(IncidentKind.MAIL_SERVER, sums.problem, clock(), is_over=sums.sent > 0)
    check_problem(IncidentKind.MAIL_TEXT, sums.text_problem, clock(), is_over=sums.sent > 0)
    check_doubts(clock())
    return sums


class _Run:
    """One run, which sends its mails one after the other over one connection."""

    def __init__(self, clock: Callable[[], datetime], due_count: int) -> None:
        self.clock, self.due_count = clock, due_count
        self.sums = SendSums()
        self.plans, self.sources = Plans(), MailSources()
        self.connection = Connection(Server.from_settings())
        self.ends_at = time.monotonic() + RUN_SECONDS
        # Built once: Django takes longer to build the query than the database to answer it.
        self.markable = find_markable(clock())
        self.to_plan: list[int] = []
        self.recheck_at = time.monotonic()
        self.next_mail_at = time.monotonic()

    def send_all(self, due: list[list[int]]) -> SendSums:
        """Send one mail to each customer until time is up, the server fails or sending is held."""
        try:
            for offer_ids in due:
                if not self._may_go_on():
                    break
                # Before the claim, so that no mail is claimed while the server is out of order.
                if not self.connection.is_open:
                    self.connection.open()
                self._send_next(offer_ids)
        except SmtpUnavailableError as error:
            problem = _("The mail server takes no mail (%(stage)s): %(error)s")
            self.sums.problem = problem % {"stage": error.stage, "error": error}
        finally:
            self.connection.close()
            self._plan_next()
        return self.sums

    def _may_go_on(self) -> bool:
        if time.monotonic() >= self.recheck_at:
            self.sums.because = holds.pull_and_find_hold(self.due_count, self.clock())
            holds.report_hold(self.sums.because, self.due_count, self.clock())
            self.recheck_at = time.monotonic() + RECHECK_SECONDS
        is_late = time.monotonic() >= self.ends_at
        return not (self.sums.because or self.sums.problem or is_late)

    def _send_next(self, offer_ids: list[int]) -> None:
        self._wait_for_turn()
        claim = claim_mail(offer_ids, self.plans, self.clock())
        if claim is None:
            return
        try:
            state = self._send(claim)
        except MailTextError as error:
            give_back(claim)
            self.sums.text_problem, state = str(error), None
        except BaseException:
            # Otherwise the mail would wait until the claim counts as stale.
            give_back(claim)
            raise
        self.sums.count(state)
        logger.info("Reminder %s: %s", claim.message_id, state or "withheld")
        self.to_plan += claim.offer_ids
        # With a limit per minute there is time to plan before the next mail.
        if settings.REMINDERS_PER_MINUTE or len(self.to_plan) >= PLANNED_TOGETHER:
            self._plan_next()

    def _wait_for_turn(self) -> None:
        # 0 means no limit.
        if not settings.REMINDERS_PER_MINUTE:
            return
        now = time.monotonic()
        if self.next_mail_at > now:
            time.sleep(self.next_mail_at - now)
        self.next_mail_at = max(now, self.next_mail_at) + 60 / settings.REMINDERS_PER_MINUTE

    def _plan_next(self) -> None:
        plan_offer_ids(self.to_plan, self.clock(), self.plans)
        self.to_plan = []

    def _send(self, claim: Claim) -> Reminder.State | None:
        """Send a claimed mail and record the result; return its state, or None if withheld."""
        mail = compose(claim.rows, claim.cases, self.plans, self.sources)
        parts = write_parts(mail)
        result = self.connection.send(
            settings.DEFAULT_FROM_EMAIL,
            [mail.recipient],
            build_message(mail, parts),
            before_data=lambda: mark_transmitting(
                claim.message_id, len(claim.rows), parts.subject, self.markable, self.clock()
            ),
        )
        state = record_result(claim, result, self.plans, self.clock())
        if result.outcome is SendOutcome.WITHHELD:
            # A person may just have held all sending.
            self.recheck_at = time.monotonic()
        if result.is_about_us:
            # Some servers close the connection after a number of mails or minutes. Reconnect,
            # unless this connection has sent nothing.
            if not self.connection.sent:
                self.sums.problem = _("The mail server refused: %s") % result.reply_text
            self.connection.close()
        return state
