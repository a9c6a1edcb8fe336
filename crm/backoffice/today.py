"""The page Today: what waits for a person. It is the admin's home, and `send_digest` mails it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.backoffice.menu import can_open, new_answers
from crm.operations.job_states import JobState, find_job_states
from crm.operations.office import JOBS
from feedback.backoffice.models import Answer, DeclineReason, RejectedAnswer
from offers.models import Offer, SourceFile
from reminders.explain import explain_sending
from reminders.models import FollowUp, Reminder
from reminders.planning import find_horizon, find_open_replies
from reminders.rules import Because
from stats.charts import label_ages
from stats.figures import count_open_by_age, counted_offers

ROWS = 6


@dataclass(frozen=True)
class Row:
    """One thing to do: what it is about, its detail, since when, and where to do it."""

    title: str
    detail: str
    link: str
    at: datetime | None = None


@dataclass(frozen=True)
class Section:
    """Things of one kind that wait: how many, the first of them, and where all are. `tone`: calm,
    act or alarm.
    """

    title: str
    number: int
    rows: list[Row]
    link: str
    empty: str
    tone: str = "calm"
    icon: str = "inbox"


@dataclass(frozen=True)
class Today:
    """Everything that waits for a person, and how the machine is doing."""

    sections: list[Section]
    ages: list[Row]
    jobs: list[JobState] = field(default_factory=list)
    is_own: bool = False
    can_choose: bool = False

    @property
    def is_new(self) -> bool:
        """True when nothing has been imported yet."""
        return not Offer.objects.exists()

    @property
    def has_work(self) -> bool:
        return any(section.number for section in self.sections)


def add_to_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the page Today on the admin's home. Unfold's DASHBOARD_CALLBACK."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin asks staff to sign in before
    today = build_today(request.user, now=timezone.now(), everyone="everyone" in request.GET)
    return context | {"today": today, "sending_notices": explain_sending()}


def build_today(user: User, *, now: datetime, everyone: bool = False) -> Today:
    """Return what waits for a person: of the own offers where there are any (unless `everyone`),
    else of all.
    """
    has_own = user.offers.exists()
    is_own = has_own and not everyone
    mine = Q(salesperson=user) if is_own else Q()
    offers = counted_offers().filter(mine)
    sections = []
    if can_open(user, "feedback.answer"):
        sections.append(_answers(offers, now))
    if can_open(user, "offers.offer"):
        sections += [_replies(offers), _bounced(offers)]
    if can_open(user, "reminders.followup"):
        until = find_horizon(now)
        sections += [_calls(offers, until), _due(offers, until)]
    if can_open(user, "reminders.reminder"):
        sections.append(_stuck(offers))
    if can_open(user, "offers.sourcefile"):
        sections.append(_review())
    if can_open(user, "feedback.rejectedanswer"):
        sections += _rejected()
    return Today(
        sections=sections,
        ages=_ages(offers, now) if can_open(user, "offers.offer") else [],
        jobs=find_job_states(JOBS, now),
        is_own=is_own,
        can_choose=has_own,
    )


def _list(name: str, **query: Any) -> str:
    url = reverse(f"admin:{name}_changelist")
    return f"{url}?{urlencode(query)}" if query else url


def _change(name: str, pk: int) -> str:
    return reverse(f"admin:{name}_change", args=[pk])


def _of(offers: QuerySet[Offer]) -> Exists:
    """Return the condition that a row belongs to one of the offers. Asked per row: the offers may
    be a million.
    """
    return Exists(offers.filter(pk=OuterRef("offer_id")))


def _who(offer: Offer) -> str:
    customer = offer.customer
    return " · ".join(
        filter(None, [offer.number, customer.company or customer.name or customer.email])
    )


def _answers(offers: QuerySet[Offer], now: datetime) -> Section:
    rows = (
        new_answers()
        .filter(_of(offers))
        .select_related("offer__customer", "reason")
        .order_by("-answered_at")
    )

    def detail(answer: Answer) -> str:
        reason: DeclineReason | None = answer.reason
        words = [str(answer.get_kind_display()), str(reason) if reason else "", answer.comment]
        return ": ".join(filter(None, words))[:160]

    return Section(
        _("New answers to act on"),
        rows.count(),
        [
            Row(_who(a.offer), detail(a), _change("offers_offer", a.offer_id), a.answered_at)
            for a in rows[:ROWS]
        ],
        _list("feedback_answer", handled="todo"),
        _("No new answer. Everything has been dealt with."),
        tone="act",
        icon="forum",
    )


def _replies(offers: QuerySet[Offer]) -> Section:
    """Replies that nobody has dealt with: whoever reads one resumes the reminders or closes the
    offer.
    """
    rows = find_open_replies(offers).select_related("customer")
    return Section(
        _("Customers who replied by mail"),
        rows.count(),
        [
            Row(_who(offer), offer.subject, _change("offers_offer", offer.pk), offer.replied_at)
            for offer in rows.order_by("-replied_at")[:ROWS]
        ],
        _list("offers_offer", to_do="replied"),
        _("Nobody has replied by mail to an open offer."),
        tone="act",
        icon="reply",
    )


def _bounced(offers: QuerySet[Offer]) -> Section:
    rows = offers.filter(
        status=Offer.Status.OPEN, customer__bounced_at__isnull=False
    ).select_related("customer")
    return Section(
        _("Open offers whose mails came back"),
        rows.count(),
        [
            Row(
                _who(offer),
                offer.customer.email,
                _change("offers_customer", offer.customer_id),
                offer.customer.bounced_at,
            )
            for offer in rows.order_by("-sent_at")[:ROWS]
        ],
        _list("offers_offer", to_do="bounced"),
        _("Mails reach every customer with an open offer."),
        tone="act",
        icon="block",
    )


def _calls(offers: QuerySet[Offer], until: datetime) -> Section:
    rows = FollowUp.objects.filter(_of(offers), call_at__lt=until).select_related("offer__customer")
    return Section(
        _("Phone calls"),
        rows.count(),
        [
            Row(
                _who(row.offer),
                row.offer.subject,
                _change("reminders_followup", row.pk),
                row.call_at,
            )
            for row in rows.order_by("call_at")[:ROWS]
        ],
        _list("reminders_followup", due="calls"),
        _("No call takes the place of a mail."),
        tone="act",
        icon="call",
    )


def _due(offers: QuerySet[Offer], until: datetime) -> Section:
    rows = FollowUp.objects.filter(_of(offers), next_at__lt=until).select_related("offer__customer")

    def detail(follow_up: FollowUp) -> str:
        words = _("reminder %(step)s") % {"step": follow_up.next_step or 1}
        return (
            f"{words}: {_('waits for release')}"
            if follow_up.because == Because.NEEDS_RELEASE
            else words
        )

    return Section(
        _("Reminders due by the next working day"),
        rows.count(),
        [
            Row(_who(row.offer), detail(row), _change("reminders_followup", row.pk), row.next_at)
            for row in rows.order_by("next_at")[:ROWS]
        ],
        _list("reminders_followup", due="next"),
        _("No reminder goes out by the next working day."),
        icon="event_upcoming",
    )


def _stuck(offers: QuerySet[Offer]) -> Section:
    rows = (
        Reminder.objects.stuck()
        .filter(_of(offers))
        .select_related("offer__customer")
        .order_by("-mail_date")
    )

    def detail(reminder: Reminder) -> str:
        return ": ".join(
            filter(None, [str(reminder.get_state_display()), reminder.server_reply[:120]])
        )

    return Section(
        _("Reminders in doubt or failed"),
        rows.count(),
        [
            Row(_who(row.offer), detail(row), _change("reminders_reminder", row.pk), row.mail_date)
            for row in rows[:ROWS]
        ],
        _list("reminders_reminder", state__in="in_doubt,failed"),
        _("Every reminder went out as planned."),
        tone="alarm",
        icon="report",
    )


def _review() -> Section:
    rows = SourceFile.objects.filter(state__in=[SourceFile.State.REVIEW, SourceFile.State.BROKEN])
    return Section(
        _("Mails to check"),
        rows.count(),
        [
            Row(
                file.subject or file.name,
                str(file.get_reason_display()),
                _change("offers_sourcefile", file.pk),
                file.sent_at,
            )
            for file in rows.order_by("-first_seen_at")[:ROWS]
        ],
        _list("offers_sourcefile", state__in="review,broken"),
        _("Every imported mail was understood."),
        tone="act",
        icon="rule",
    )


def _rejected() -> list[Section]:
    rows = RejectedAnswer.objects.filter(resolved_at=None).order_by("-received_at")
    found = [
        Row(
            str(row.uid),
            row.error[:160],
            _change("feedback_rejectedanswer", row.pk),
            row.received_at,
        )
        for row in rows[:ROWS]
    ]
    if not found:
        return []
    title = _("Answers that could not be stored")
    link = _list("feedback_rejectedanswer", resolved="todo")
    return [Section(title, rows.count(), found, link, "", tone="alarm", icon="mark_email_unread")]


def _ages(offers: QuerySet[Offer], now: datetime) -> list[Row]:
    """Return one row per age class of the open offers, `detail` being the number."""
    labels = label_ages()
    ages = count_open_by_age(offers, now=now)
    return [
        Row(
            labels[name],
            str(number),
            _list("offers_offer", figures=urlencode({"period": "all", "part": f"age:{name}"})),
        )
        for name, number in ages.items()
    ]
