"""The page Today: what a person must act on. The admin's home shows it, `send_digest` mails it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.backoffice.menu import can_open
from crm.backoffice.questions import find_answered, find_many, find_questions
from crm.core.admin_base import change_url
from crm.operations.job_states import find_job_states
from feedback.backoffice.models import Answer, RejectedAnswer
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
    """A line of a section: one thing to do, and the link to the page to do it on."""

    title: str
    detail: str
    link: str
    at: datetime | None = None


@dataclass(frozen=True)
class Section:
    """Things to do of one kind: their number, the first of them, and the link to all."""

    title: str
    number: int
    rows: list[Row]
    link: str
    empty: str
    # calm, act or alarm
    tone: str
    icon: str


@dataclass(frozen=True)
class Today:
    """All that a person must act on."""

    sections: list[Section]
    ages: list[Row]
    is_own: bool = False
    can_choose: bool = False

    @property
    def is_new(self) -> bool:
        """True when nothing has been imported yet."""
        return not Offer.objects.exists()


def build_today(user: User, *, now: datetime, everyone: bool = False) -> Today:
    """Return what the person must act on: for their own offers if they have any, else for all.

    With `everyone`, for all offers in any case.
    """
    has_own = user.offers.exists()
    is_own = has_own and not everyone
    mine = Q(salesperson=user) if is_own else Q()
    offers = counted_offers().filter(mine)
    sections = []
    # Sections that the person may not open are skipped.
    if can_open(user, "feedback.answer"):
        sections.append(_answers(offers))
    if can_open(user, "offers.offer"):
        sections += [_replies(offers), _bounced(offers)]
    if can_open(user, "reminders.followup"):
        until = find_horizon(now)
        sections += [_calls(offers, until), _due(offers, until)]
    if can_open(user, "reminders.reminder"):
        sections.append(_stuck(offers))
    if can_open(user, "offers.sourcefile"):
        sections.append(_review(user, is_own=is_own))
    # Rare, so that these sections are shown only if they are not empty.
    rare = []
    if can_open(user, "offers.offer"):
        rare.append(_held(offers))
    if can_open(user, "feedback.rejectedanswer"):
        rare.append(_rejected())
    sections += [section for section in rare if section.number]
    return Today(
        sections=sections,
        ages=_ages(offers, now) if can_open(user, "offers.offer") else [],
        is_own=is_own,
        can_choose=has_own,
    )


def add_to_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the page Today on the admin's home. Unfold's DASHBOARD_CALLBACK."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin asks staff to sign in before
    now = timezone.now()
    return context | {
        "today": build_today(request.user, now=now, everyone="everyone" in request.GET),
        "jobs": find_job_states(now),
        "sending_notices": explain_sending(),
        "answered": find_answered(request.GET.get("answered", "")),
    }


def _list_url(name: str, **query: str) -> str:
    return reverse(f"admin:{name}_changelist") + "?" + urlencode(query)


def _belongs_to(offers: QuerySet[Offer]) -> Exists:
    return Exists(offers.filter(pk=OuterRef("offer_id")))


def _offer_row(offer: Offer, detail: str, page_of: Model, at: datetime | None) -> Row:
    customer = offer.customer
    title = " · ".join([offer.number, customer.company or customer.name or customer.email])
    return Row(title, detail, change_url(page_of), at)


def _join(*words: str) -> str:
    return ": ".join(word for word in words if word)


def _build_section(
    waiting: QuerySet[Any],
    build_row: Callable[[Any], Row],
    *,
    title: str,
    link: str,
    icon: str,
    empty: str = "",
    tone: str = "act",
) -> Section:
    rows = [build_row(each) for each in waiting[:ROWS]]
    # Usually there is less than a page, and the query for the count is not needed.
    number = waiting.count() if len(rows) == ROWS else len(rows)
    return Section(title, number, rows, link, empty, tone, icon)


def _answers(offers: QuerySet[Offer]) -> Section:
    waiting = Answer.objects.filter(_belongs_to(offers), handled_at=None)
    return _build_section(
        waiting.select_related("offer__customer", "reason").order_by("-answered_at"),
        _answer_row,
        title=_("New answers to act on"),
        link=_list_url("feedback_answer", handled="todo"),
        icon="forum",
        empty=_("No new answer. Everything has been dealt with."),
    )


def _answer_row(answer: Answer) -> Row:
    words = _join(answer.get_kind_display(), str(answer.reason or ""), answer.comment)
    return _offer_row(answer.offer, words[:160], answer.offer, answer.answered_at)


def _replies(offers: QuerySet[Offer]) -> Section:
    # Whoever reads a reply resumes the reminders or closes the offer.
    return _build_section(
        find_open_replies(offers).select_related("customer").order_by("-replied_at"),
        lambda offer: _offer_row(offer, offer.subject, offer, offer.replied_at),
        title=_("Customers who replied by mail"),
        link=_list_url("offers_offer", to_do="replied"),
        icon="reply",
        empty=_("Nobody has replied by mail to an open offer."),
    )


def _bounced(offers: QuerySet[Offer]) -> Section:
    waiting = offers.filter(status=Offer.Status.OPEN, customer__bounced_at__isnull=False)
    return _build_section(
        waiting.select_related("customer").order_by("-sent_at"),
        _bounced_row,
        title=_("Open offers whose mails came back"),
        link=_list_url("offers_offer", to_do="bounced"),
        icon="block",
        empty=_("Mails reach every customer with an open offer."),
    )


def _bounced_row(offer: Offer) -> Row:
    customer = offer.customer
    return _offer_row(offer, customer.email, customer, customer.bounced_at)


def _calls(offers: QuerySet[Offer], until: datetime) -> Section:
    waiting = FollowUp.objects.filter(_belongs_to(offers), call_at__lt=until)
    return _build_section(
        waiting.select_related("offer__customer").order_by("call_at"),
        lambda call: _offer_row(call.offer, call.offer.subject, call, call.call_at),
        title=_("Phone calls"),
        link=_list_url("reminders_followup", due="calls"),
        icon="call",
        empty=_("No phone call is planned."),
    )


def _due(offers: QuerySet[Offer], until: datetime) -> Section:
    waiting = FollowUp.objects.filter(_belongs_to(offers), next_at__lt=until)
    return _build_section(
        waiting.select_related("offer__customer").order_by("next_at"),
        _due_row,
        title=_("Reminders due by the next working day"),
        link=_list_url("reminders_followup", due="next"),
        icon="event_upcoming",
        empty=_("No reminder goes out by the next working day."),
        tone="calm",
    )


def _due_row(follow_up: FollowUp) -> Row:
    words = _("reminder %(step)s") % {"step": follow_up.next_step or 1}
    if follow_up.because == Because.NEEDS_RELEASE:
        words = _join(words, _("waits for release"))
    return _offer_row(follow_up.offer, words, follow_up, follow_up.next_at)


def _stuck(offers: QuerySet[Offer]) -> Section:
    waiting = Reminder.objects.stuck().filter(_belongs_to(offers))
    return _build_section(
        waiting.select_related("offer__customer").order_by("-mail_date"),
        _stuck_row,
        title=_("Reminders in doubt or failed"),
        link=_list_url("reminders_reminder", state__in="in_doubt,failed"),
        icon="report",
        empty=_("Every reminder went out as planned."),
        tone="alarm",
    )


def _stuck_row(reminder: Reminder) -> Row:
    words = _join(str(reminder.get_state_display()), reminder.server_reply[:120])
    return _offer_row(reminder.offer, words, reminder, reminder.mail_date)


def _review(user: User, *, is_own: bool) -> Section:
    questions = find_questions(user, with_others=not is_own)
    kinds = list(questions.values_list("reason", "first_seen_at"))
    many = find_many(kinds)
    rows = [_many_row(reason, number) for reason, number in many.items()]
    if len(kinds) > many.total():
        rows += [_review_row(file) for file in questions.exclude(reason__in=list(many))[:ROWS]]
    broken = SourceFile.objects.filter(state=SourceFile.State.BROKEN).order_by("-first_seen_at")
    broken_rows = [_review_row(file) for file in broken[:ROWS]]
    return Section(
        _("Mails to check"),
        len(kinds) + (broken.count() if broken_rows else 0),
        [*rows, *broken_rows][: max(ROWS, len(many))],
        _list_url("offers_sourcefile", state__in="review,broken"),
        _("Every imported mail was understood."),
        "act",
        "rule",
    )


def _many_row(reason: str, number: int) -> Row:
    """Return the one line for many questions of one kind."""
    words = SourceFile.Reason(reason).label
    link = _list_url("offers_sourcefile", state__exact="review", reason__exact=reason)
    return Row(_("%(number)d questions of one kind") % {"number": number}, str(words), link)


def _review_row(file: SourceFile) -> Row:
    reason = str(file.get_reason_display())
    return Row(file.subject or file.name, reason, change_url(file), file.sent_at)


def _held(offers: QuerySet[Offer]) -> Section:
    # Of a question about a mail there is a line in its own section.
    questions = SourceFile.objects.filter(state=SourceFile.State.REVIEW, offer=OuterRef("pk"))
    waiting = offers.exclude(needs_review="").exclude(Exists(questions))
    return _build_section(
        waiting.select_related("customer").order_by("-sent_at"),
        lambda offer: _offer_row(offer, offer.needs_review, offer, offer.status_at),
        title=_("Offers to check"),
        link=_list_url("offers_offer", to_do="check"),
        icon="rule",
    )


def _rejected() -> Section:
    return _build_section(
        RejectedAnswer.objects.filter(resolved_at=None).order_by("-received_at"),
        lambda rejected: Row(
            str(rejected.uid), rejected.error[:160], change_url(rejected), rejected.received_at
        ),
        title=_("Answers that could not be stored"),
        link=_list_url("feedback_rejectedanswer", resolved="todo"),
        icon="mark_email_unread",
        tone="alarm",
    )


def _ages(offers: QuerySet[Offer], now: datetime) -> list[Row]:
    # One row for each age class of the open offers; its detail is their number.
    labels = label_ages()
    rows = []
    for name, number in count_open_by_age(offers, now=now).items():
        figures = urlencode({"period": "all", "part": f"age:{name}"})
        rows.append(Row(labels[name], str(number), _list_url("offers_offer", figures=figures)))
    return rows
