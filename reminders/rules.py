"""Decide when the next reminder of an offer is due and why. Pure: no Django, no clock.

`decide` takes the history of one offer, its plan, the calendar of the region and the time, and
returns the next reminder. The same function plans ahead, explains the plan in the admin, and is
called again right before each mail. What stops the reminders of one offer is called a block and
stands in `_find_block`; what stops all sending is a hold, see `reminders.holds`. How a revision
restarts the plan is in `_find_planned_day`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.core.working_days import Calendar, local_instant


class Because(StrEnum):
    """Why the next reminder has its time, or why there is none; see `reminders.sentences`."""

    STEP_DUE = "step_due"
    ASK_AGAIN = "ask_again"
    PAUSED = "paused"
    QUIET = "quiet"
    GAP = "gap"
    CATCH_UP = "catch_up"
    RETRY = "retry"
    SEND_NOW = "send_now"
    NEEDS_RELEASE = "needs_release"
    LINK_WAITS = "link_waits"
    SENDING = "sending"
    CALL = "call"

    OFF = "off"
    HELD = "held"
    STALE_ANSWERS = "stale_answers"

    INTERESTED = "interested"
    DECLINED = "declined"
    ORDERED = "ordered"
    NO_ANSWER = "no_answer"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    IN_REVIEW = "in_review"
    STOPPED = "stopped"
    OPTED_OUT = "opted_out"
    DO_NOT_CONTACT = "do_not_contact"
    NO_BASIS = "no_basis"
    BOUNCED = "bounced"
    REPLIED = "replied"
    FAILED = "failed"
    STEPS_DONE = "steps_done"
    BEFORE_GO_LIVE = "before_go_live"
    TOO_OLD = "too_old"
    LINK_INVALID = "link_invalid"
    NO_PLAN = "no_plan"


class LinkState(StrEnum):
    """Whether the feedback link of the offer can be used."""

    VALID = "valid"
    WAITS = "waits"  # active, but the VPS does not know it yet
    INVALID = "invalid"  # none, expired, answered or revoked


class StepState(StrEnum):
    """The states of a reminder, with the same values as `Reminder.State`."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    TRANSMITTING = "transmitting"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Plan:
    """When reminders go out: what the rules need of a `ReminderPlan`."""

    # One for each step, in ascending order.
    days: tuple[int, ...] = (3, 7, 14)
    working_days: bool = True
    # Local time in `zone`.
    window_from: time = time(9)
    window_to: time = time(11)
    min_gap_days: int = 2
    quiet_days: int = 3
    no_answer_days: int = 14
    max_age_days: int = 60
    needs_release: bool = False
    call_above: Decimal | None = None
    # For offers that name no basis of their own; "none" forbids to write to the customer.
    contact_basis: str = "request"
    go_live_on: date | None = None
    zone: ZoneInfo = ZoneInfo("Europe/Zurich")  # noqa: RUF009 - ZoneInfo is immutable and cached by its key


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """A reminder that is stored: what the rules need of a `Reminder`."""

    step: int
    state: StepState
    # When it was sent, else when it was claimed.
    at: datetime
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferHistory:
    """What happened to one offer so far. Datetimes are aware; dates are local."""

    sent_at: datetime
    status: str = "open"
    in_review: bool = False
    stopped: bool = False
    amount: Decimal | None = None
    paused_until: date | None = None
    opted_out: bool = False
    do_not_contact: bool = False
    contact_basis: str = ""
    bounced: bool = False
    contacted_at: datetime | None = None
    replied_at: datetime | None = None
    # When a person allowed reminders again, also after a reply.
    resumed_at: datetime | None = None
    # When the customer last answered "still undecided", and the day named for asking again.
    undecided_at: datetime | None = None
    ask_again_on: date | None = None
    steps: tuple[ReminderStep, ...] = ()
    # The last step that a person skipped or released; 0 for none.
    skipped_step: int = 0
    released_step: int = 0
    # The step that a person wants to be a phone call; 0 for none.
    call_step: int = 0
    send_now: bool = False
    # When the customer got, or may have got, the newest reminder about any offer.
    customer_mailed_at: datetime | None = None
    link: LinkState = LinkState.VALID

    @property
    def mailed_steps(self) -> list[ReminderStep]:
        """Return the steps that the customer got, or may have got."""
        mailed = (StepState.SENT, StepState.IN_DOUBT)
        return [step for step in self.steps if step.state in mailed]

    @property
    def newest_mail_at(self) -> datetime:
        """Return when the customer got the offer or the newest reminder of it."""
        return max([self.sent_at, *(step.at for step in self.mailed_steps)])


@dataclass(frozen=True, slots=True)
class NextReminder:
    """The next reminder, or none."""

    because: Because
    # None when no further reminder is sent until a person or an event changes something.
    step: int | None = None
    at: datetime | None = None
    # Set instead of `at` when the step is a phone call.
    call_at: datetime | None = None
    # When the offer becomes "no answer" by itself.
    close_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Return whether the mail may go out right now."""
        waits = self.because in (Because.NEEDS_RELEASE, Because.LINK_WAITS)
        return self.at is not None and self.at <= now and not waits


def decide(  # noqa: PLR0911 - one check after the other, each with its own result
    history: OfferHistory, plan: Plan, calendar: Calendar, now: datetime
) -> NextReminder:
    """Return when the next reminder of the offer is due, which step it is and why, or why none is.

    The time lies in the plan's window on a working day, except for SEND_NOW and LINK_WAITS after a
    request to send now, where it is `now`. It is in the past only within a window that is open
    right now, so a reminder whose day was missed moves to the next window.
    """
    if block := _find_block(history, plan):
        return NextReminder(block)
    step = _next_step(history)
    stored = next((each for each in history.steps if each.step == step), None)
    if stored is not None and stored.state is not StepState.PLANNED:
        return NextReminder(Because.SENDING, step=step)
    if step > len(plan.days):
        return _end(history, plan)
    if step == 1 and stored is None and not history.send_now:
        never = _find_reason_not_to_start(history, plan, now)
        if never is not None:
            return NextReminder(never)
    if history.link is LinkState.INVALID:
        return NextReminder(Because.LINK_INVALID)
    if history.send_now:
        because = Because.LINK_WAITS if history.link is LinkState.WAITS else Because.SEND_NOW
        return NextReminder(because, step=step, at=now)
    retry_at = stored.retry_at if stored is not None else None
    at, because = _find_time(history, plan, calendar, now, step=step, retry_at=retry_at)
    return _choose_way(history, plan, now, step=step, at=at, because=because)


def _next_step(history: OfferHistory) -> int:
    # A refused step does not stop the later ones: it never reached the customer, and a person is
    # told of it.
    done = (StepState.SENT, StepState.IN_DOUBT, StepState.FAILED)
    last = history.skipped_step
    for each in history.steps:
        if each.state in done:
            last = max(last, each.step)
    return last + 1


def _end(history: OfferHistory, plan: Plan) -> NextReminder:
    # After a last step that was refused a person decides, so the offer is not closed by itself.
    last = max(history.steps, key=lambda each: each.step, default=None)
    if last is not None and last.state is StepState.FAILED and last.step > history.skipped_step:
        return NextReminder(Because.FAILED, step=last.step)
    return NextReminder(Because.STEPS_DONE, close_at=_find_close_at(history, plan))


def _choose_way(
    history: OfferHistory, plan: Plan, now: datetime, *, step: int, at: datetime, because: Because
) -> NextReminder:
    """Return the step as a mail or a phone call, or as a mail that waits for release or link."""
    is_large = plan.call_above and history.amount and history.amount > plan.call_above
    if history.call_step == step or is_large:
        return NextReminder(Because.CALL, step=step, call_at=at)
    if plan.needs_release and history.released_step < step:
        return NextReminder(Because.NEEDS_RELEASE, step=step, at=at)
    if history.link is LinkState.WAITS and at <= now:
        because = Because.LINK_WAITS
    return NextReminder(because, step=step, at=at)


def find_give_up_at(
    history: OfferHistory, plan: Plan, calendar: Calendar, step: int
) -> datetime | None:
    """Return when the next step is due, at which retries of this one stop; None for the last."""
    if step >= len(plan.days):
        return None
    day, _because = _find_day(history, plan, calendar, step + 1)
    return _window(calendar.on_or_after(day), plan)


def _find_block(history: OfferHistory, plan: Plan) -> Because | None:
    # A block lasts until a person or an event ends it. The first one is shown. Those that columns
    # can tell are checked again by `sending.mark.find_markable`: a new one is added in both.
    if history.status != "open":
        return Because(history.status)
    blocks = (
        (history.in_review, Because.IN_REVIEW),
        (history.stopped, Because.STOPPED),
        (history.opted_out, Because.OPTED_OUT),
        (history.do_not_contact, Because.DO_NOT_CONTACT),
        ((history.contact_basis or plan.contact_basis) == "none", Because.NO_BASIS),
        (history.bounced, Because.BOUNCED),
        (_has_open_reply(history), Because.REPLIED),
    )
    for applies, because in blocks:
        if applies:
            return because
    return None


def _has_open_reply(history: OfferHistory) -> bool:
    # A reply stops reminders until a newer offer is sent or a person resumes them.
    if history.replied_at is None or history.replied_at < history.sent_at:
        return False
    return history.resumed_at is None or history.resumed_at < history.replied_at


def _find_reason_not_to_start(history: OfferHistory, plan: Plan, now: datetime) -> Because | None:
    if plan.go_live_on is not None and _local_day(history.sent_at, plan) < plan.go_live_on:
        return Because.BEFORE_GO_LIVE
    if history.sent_at < now - timedelta(days=plan.max_age_days) and not history.ask_again_on:
        return Because.TOO_OLD
    return None


def _find_close_at(history: OfferHistory, plan: Plan) -> datetime:
    # Days count from the last contact, or from the day on which the customer wants to be asked
    # again, if that is later.
    last = history.newest_mail_at
    last = max(last, history.contacted_at or last, history.undecided_at or last)
    if history.ask_again_on is not None:
        last = max(last, _window(history.ask_again_on, plan))
    return last + timedelta(days=plan.no_answer_days)


def _find_time(
    history: OfferHistory,
    plan: Plan,
    calendar: Calendar,
    now: datetime,
    *,
    step: int,
    retry_at: datetime | None,
) -> tuple[datetime, Because]:
    """Return when the step is due, in a window, and the reason that moved it there last."""
    day, because = _find_day(history, plan, calendar, step)
    at = _window(calendar.on_or_after(day), plan)
    if history.customer_mailed_at is not None:
        free_at = history.customer_mailed_at + timedelta(days=plan.min_gap_days)
        if free_at > at:
            at, because = _next_window(free_at, plan, calendar), Because.GAP
    if retry_at is not None:
        # A retry may move in time but stays inside the window, because mails at night look
        # automated.
        at, because = max(at, _next_window(retry_at, plan, calendar)), Because.RETRY
    if at < now:
        # Missed: the next window, unless it is still open.
        open_at = _next_window(now, plan, calendar)
        if open_at > at and _local_day(open_at, plan) != _local_day(at, plan):
            at = open_at
            if because is not Because.RETRY:
                because = Because.CATCH_UP
    return at, because


def _find_day(
    history: OfferHistory, plan: Plan, calendar: Calendar, step: int
) -> tuple[date, Because]:
    """Return the local day of a step, by the plan or delayed, and the reason for that day."""
    day, because = _find_planned_day(history, plan, calendar, step), Because.STEP_DUE
    contacts = []
    if history.undecided_at is not None and history.undecided_at > history.newest_mail_at:
        if history.ask_again_on is not None:
            day, because = history.ask_again_on, Because.ASK_AGAIN
        else:
            contacts.append(history.undecided_at)
    if history.contacted_at is not None and history.contacted_at > history.sent_at:
        contacts.append(history.contacted_at)
    if contacts:
        quiet_until = _add_days(_local_day(max(contacts), plan), plan.quiet_days, plan, calendar)
        if quiet_until > day:
            day, because = quiet_until, Because.QUIET
    if history.paused_until is not None and history.paused_until > day:
        day, because = history.paused_until, Because.PAUSED
    return day, because


def _find_planned_day(history: OfferHistory, plan: Plan, calendar: Calendar, step: int) -> date:
    # Days count from the newest mail of the offer: a revision restarts the count, but steps sent
    # before it are not repeated, so no customer gets more mails than the plan has steps.
    steps_before = 0
    mailed_since = []
    for mailed in history.mailed_steps:
        if mailed.at < history.sent_at:
            steps_before = max(steps_before, mailed.step)
        else:
            mailed_since.append(mailed.at)
    index = step - 1 - steps_before
    day = _add_days(_local_day(history.sent_at, plan), plan.days[index], plan, calendar)
    if mailed_since and index > 0:
        # The distance to a step that was sent late is kept, so that an outage is followed by one
        # mail and not by several at once.
        distance = plan.days[index] - plan.days[index - 1]
        day = max(day, _add_days(_local_day(max(mailed_since), plan), distance, plan, calendar))
    return day


def _local_day(instant: datetime, plan: Plan) -> date:
    return instant.astimezone(plan.zone).date()


def _add_days(day: date, days: int, plan: Plan, calendar: Calendar) -> date:
    if plan.working_days:
        return calendar.add(day, days)
    return calendar.on_or_after(day + timedelta(days=days))


def _window(day: date, plan: Plan) -> datetime:
    return local_instant(day, plan.window_from, plan.zone)


def _next_window(instant: datetime, plan: Plan, calendar: Calendar) -> datetime:
    """Return the first moment at or after the instant that lies in the window of a working day."""
    day = _local_day(instant, plan)
    if calendar.is_working_day(day):
        if instant <= (opens_at := _window(day, plan)):
            return opens_at
        if instant < local_instant(day, plan.window_to, plan.zone):
            return instant
    return _window(calendar.on_or_after(day + timedelta(days=1)), plan)
