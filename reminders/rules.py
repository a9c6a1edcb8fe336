"""When the next reminder of an offer is due and why, or why none will come. Pure: no Django, no
clock.

`decide` takes what is known of one offer, its plan, the calendar of the region and the time, and
returns the next reminder. The same function plans ahead, is shown in the admin, and is asked again
right before each mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.core.working_days import Calendar, local_instant

RETRY_FIRST = timedelta(minutes=30)
RETRY_FOR = timedelta(days=4)


class Because(StrEnum):
    """Why the next reminder comes when it comes, or why none will. Sentences are in
    `reminders.sentences`.
    """

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
    """The states of a reminder that was begun; the same words as `Reminder.State`."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    TRANSMITTING = "transmitting"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Plan:
    """When reminders go out. `days` rise; `window_from` < `window_to`, local time in `zone`.

    `contact_basis` is why customers may be written to whose offer names no basis of its own; "none"
    forbids it.
    """

    days: tuple[int, ...] = (3, 7, 14)
    working_days: bool = True
    window_from: time = time(9)
    window_to: time = time(11)
    min_gap_days: int = 2
    quiet_days: int = 3
    no_answer_days: int = 14
    max_age_days: int = 60
    needs_release: bool = False
    call_above: Decimal | None = None
    contact_basis: str = "request"
    go_live_on: date | None = None
    zone: ZoneInfo = ZoneInfo("Europe/Zurich")  # noqa: RUF009 - ZoneInfo is immutable and cached by its key


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """A reminder that exists. `at` is when it was sent, or when its mail was built."""

    step: int
    state: StepState
    at: datetime
    retry_at: datetime | None = None
    first_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferHistory:
    """What happened to one offer so far. Instants are aware; days are local.

    `customer_mailed_at` is the newest reminder to the customer about any offer. `asked_at` and
    `ask_again_on` are of the customer's newest "still undecided", `resumed_at` of the person who
    said that reminders go on after a reply.
    """

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
    resumed_at: datetime | None = None
    asked_at: datetime | None = None
    ask_again_on: date | None = None
    steps: tuple[ReminderStep, ...] = ()
    skipped_step: int = 0
    released_step: int = 0
    call_step: int = 0
    send_now: bool = False
    customer_mailed_at: datetime | None = None
    link: LinkState = LinkState.VALID


@dataclass(frozen=True, slots=True)
class NextReminder:
    """The next reminder, or none.

    `at` and `step` are None when no further one will come by itself. `call_at` is set instead of
    `at` when the step is a phone call. `close_at` is when the offer becomes "no answer" by itself.
    """

    because: Because
    step: int | None = None
    at: datetime | None = None
    call_at: datetime | None = None
    close_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """True when the mail may go out right now."""
        return (
            self.at is not None
            and self.at <= now
            and self.because not in (Because.NEEDS_RELEASE, Because.LINK_WAITS)
        )


def decide(  # noqa: C901, PLR0911 - one gate after the other, each with its own answer
    history: OfferHistory, plan: Plan, calendar: Calendar, now: datetime
) -> NextReminder:
    """Return when the next reminder of the offer is due, which step it is, and why, or why none
    will come.

    The instant lies in the plan's window on a working day. It is in the past only within a window
    that is open right now, so a reminder whose day was missed moves to the next window.
    """
    if blocked := _find_block(history, plan):
        return NextReminder(blocked)
    used = [step for step in history.steps if step.state in (StepState.SENT, StepState.IN_DOUBT)]
    step = _next_step(history)
    begun = next((each for each in history.steps if each.step == step), None)
    if begun is not None and begun.state in (StepState.CLAIMED, StepState.TRANSMITTING):
        return NextReminder(Because.SENDING, step=step)
    if step > len(plan.days):
        last = max(history.steps, key=lambda each: each.step, default=None)
        if last is not None and last.state is StepState.FAILED and last.step > history.skipped_step:
            return NextReminder(Because.FAILED, step=last.step)
        return NextReminder(Because.STEPS_DONE, close_at=_close_at(history, used, plan))
    if (
        step == 1
        and begun is None
        and not history.send_now
        and (never := _find_reason_not_to_start(history, plan, now))
    ):
        return NextReminder(never)
    if history.link is LinkState.INVALID:
        return NextReminder(Because.LINK_INVALID)
    if history.send_now:
        because = Because.LINK_WAITS if history.link is LinkState.WAITS else Because.SEND_NOW
        return NextReminder(because, step=step, at=now)
    if begun is not None and begun.state is not StepState.PLANNED:
        begun = None
    at, because = _find_instant(history, plan, calendar, now, step=step, used=used, begun=begun)
    if history.call_step == step or (
        plan.call_above and history.amount and history.amount > plan.call_above
    ):
        return NextReminder(Because.CALL, step=step, call_at=at)
    if plan.needs_release and history.released_step < step:
        return NextReminder(Because.NEEDS_RELEASE, step=step, at=at)
    if history.link is LinkState.WAITS and at <= now:
        because = Because.LINK_WAITS
    return NextReminder(because, step=step, at=at)


def _next_step(history: OfferHistory) -> int:
    """Return the step after the last one that was sent, may have been sent, was refused for good,
    or was skipped.

    A refused step does not stop the later ones: it never reached the customer, and stands in a list
    for a person.
    """
    done = (StepState.SENT, StepState.IN_DOUBT, StepState.FAILED)
    last = history.skipped_step
    for each in history.steps:
        if each.state in done:
            last = max(last, each.step)
    return last + 1


def find_give_up_at(
    history: OfferHistory, plan: Plan, calendar: Calendar, step: int
) -> datetime | None:
    """Return when the step after this one is due by the plan: no second try of this one is worth it
    then.
    """
    if step >= len(plan.days):
        return None
    used = [each for each in history.steps if each.state in (StepState.SENT, StepState.IN_DOUBT)]
    day, _because = _find_day(history, plan, calendar, step + 1, used)
    return _window(calendar.on_or_after(day), plan)


def _find_block(history: OfferHistory, plan: Plan) -> Because | None:
    """Return the first gate that is shut until a person or an event opens it."""
    if history.status != "open":
        return Because(history.status)
    gates = (
        (history.in_review, Because.IN_REVIEW),
        (history.stopped, Because.STOPPED),
        (history.opted_out, Because.OPTED_OUT),
        (history.do_not_contact, Because.DO_NOT_CONTACT),
        ((history.contact_basis or plan.contact_basis) == "none", Because.NO_BASIS),
        (history.bounced, Because.BOUNCED),
        (_has_open_reply(history), Because.REPLIED),
    )
    for is_shut, because in gates:
        if is_shut:
            return because
    return None


def _has_open_reply(history: OfferHistory) -> bool:
    """True when the customer wrote by mail and neither a newer offer mail nor a person said to go
    on.
    """
    if history.replied_at is None or history.replied_at < history.sent_at:
        return False
    return history.resumed_at is None or history.resumed_at < history.replied_at


def _find_reason_not_to_start(history: OfferHistory, plan: Plan, now: datetime) -> Because | None:
    if (
        plan.go_live_on is not None
        and history.sent_at.astimezone(plan.zone).date() < plan.go_live_on
    ):
        return Because.BEFORE_GO_LIVE
    if history.sent_at < now - timedelta(days=plan.max_age_days) and not history.ask_again_on:
        return Because.TOO_OLD
    return None


def _close_at(history: OfferHistory, used: list[ReminderStep], plan: Plan) -> datetime | None:
    """Return when silence becomes "no answer": counted from the last mail, or from the day the
    customer named.
    """
    last = max((step.at for step in used), default=history.sent_at)
    last = max(last, history.sent_at, history.contacted_at or last, history.asked_at or last)
    if history.ask_again_on is not None:
        last = max(last, local_instant(history.ask_again_on, plan.window_from, plan.zone))
    return last + timedelta(days=plan.no_answer_days)


def _find_instant(
    history: OfferHistory,
    plan: Plan,
    calendar: Calendar,
    now: datetime,
    *,
    step: int,
    used: list[ReminderStep],
    begun: ReminderStep | None,
) -> tuple[datetime, Because]:
    """Return the instant of the step and the reason that decided it, the latest of all that
    apply.
    """
    day, because = _find_day(history, plan, calendar, step, used)
    at = _window(calendar.on_or_after(day), plan)
    if history.customer_mailed_at is not None:
        free_at = history.customer_mailed_at + timedelta(days=plan.min_gap_days)
        if free_at > at:
            at, because = _next_window(free_at, plan, calendar), Because.GAP
    if begun is not None and begun.retry_at is not None:
        # A second try may leave the minute it was planned for, but not the window: a night mail
        # looks like a machine.
        at, because = max(at, _next_window(begun.retry_at, plan, calendar)), Because.RETRY
    if at < now:
        open_at = _next_window(now, plan, calendar)
        if open_at > at and open_at.astimezone(plan.zone).date() != at.astimezone(plan.zone).date():
            at, because = open_at, because if because is Because.RETRY else Because.CATCH_UP
    return at, because


def _find_day(
    history: OfferHistory, plan: Plan, calendar: Calendar, step: int, used: list[ReminderStep]
) -> tuple[date, Because]:
    """Return the local day of a step by the plan, moved by what the customer asked for, contacts
    and pauses.

    Days count from the newest mail of the offer: after a revision the clock starts again, but steps
    that were used stay used, so that a customer never gets more mails than the plan has steps. The
    distance to the step before is kept when that one went out late; so there is one mail to catch
    up after an outage, not a burst of them.
    """

    def local(instant: datetime) -> date:
        return instant.astimezone(plan.zone).date()

    def later(day: date, days: int) -> date:
        return (
            calendar.add(day, days)
            if plan.working_days
            else calendar.on_or_after(day + timedelta(days=days))
        )

    used_before = max((each.step for each in used if each.at < history.sent_at), default=0)
    index = step - 1 - used_before
    day, because = later(local(history.sent_at), plan.days[index]), Because.STEP_DUE
    since = [each for each in used if each.at >= history.sent_at]
    if since and index > 0:
        last = max(since, key=lambda each: each.at)
        day = max(day, later(local(last.at), plan.days[index] - plan.days[index - 1]))
    mailed_at = max((each.at for each in used), default=history.sent_at)
    if history.asked_at is not None and history.asked_at > max(mailed_at, history.sent_at):
        if history.ask_again_on is not None:
            day, because = history.ask_again_on, Because.ASK_AGAIN
        else:
            day, because = max(
                (day, because), (later(local(history.asked_at), plan.quiet_days), Because.QUIET)
            )
    if history.contacted_at is not None and history.contacted_at > history.sent_at:
        quiet_until = later(local(history.contacted_at), plan.quiet_days)
        if quiet_until > day:
            day, because = quiet_until, Because.QUIET
    if history.paused_until is not None and history.paused_until > day:
        day, because = history.paused_until, Because.PAUSED
    return day, because


def _window(day: date, plan: Plan) -> datetime:
    return local_instant(day, plan.window_from, plan.zone)


def _next_window(instant: datetime, plan: Plan, calendar: Calendar) -> datetime:
    """Return the first moment at or after the instant that lies in the window of a working day."""
    day = instant.astimezone(plan.zone).date()
    if calendar.is_working_day(day):
        if instant <= (opens_at := _window(day, plan)):
            return opens_at
        if instant < local_instant(day, plan.window_to, plan.zone):
            return instant
    return _window(calendar.on_or_after(day + timedelta(days=1)), plan)


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after the n-th failed try: half an hour, then twice as long each
    time.
    """
    return RETRY_FIRST * (1 << max(attempts, 1) - 1)


def is_given_up(
    first_try_at: datetime, retry_at: datetime, give_up_at: datetime | None = None
) -> bool:
    """True when the next try would come more than four days after the first one, or when the next
    step is due.
    """
    return retry_at - first_try_at > RETRY_FOR or (
        give_up_at is not None and retry_at >= give_up_at
    )
