"""The customers' pages. GET, HEAD and OPTIONS change nothing."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from feedback.public import services, stamps
from feedback.public.content import FormTexts, get_texts
from feedback.public.forms import AnswerForm, Days
from feedback.public.limits import seconds_to_wait
from feedback.public.models import RegisteredLink
from feedback.public.rendering import (
    choose_language,
    format_day,
    gone,
    render,
    render_notice,
    too_many,
)
from feedback.public.robots import looks_like_robot
from feedback.public.services import Submission, SubmissionOutcome
from feedback.sealing import Card, SealError, open_card, seal_message

logger = logging.getLogger(__name__)

METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
# Programs that find links in plain text often include a full stop or a bracket after it.
_TOKEN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[^0-9a-z-]*", re.IGNORECASE)
UNDECIDED_WAIT = 24 * 3600


@dataclass(frozen=True)
class Visit:
    """One request for a link that works. `card` is None when it cannot be opened."""

    request: HttpRequest
    token: UUID
    link: RegisteredLink
    card: Card | None
    texts: FormTexts
    language: str
    now: datetime

    def render(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """Return the page, with the offer on it."""
        context = {"path": f"/feedback/{self.token}", **self._describe_offer(), **context}
        return render(template, context, texts=self.texts, language=self.language, status=status)

    def _describe_offer(self) -> dict[str, str]:
        if self.card is None:
            return {}
        day = date.fromisoformat(self.card.offered_on)
        return {**vars(self.card), "offered_on": format_day(day, self.language)}


@require_http_methods(METHODS)
def feedback(request: HttpRequest, text: str) -> HttpResponse:
    """Show the form of a link, or store the answer that is posted."""
    if refusal := _refuse(request, "answer"):
        return refusal
    visit = _visit(request, text)
    if visit is None:
        return gone(request)
    if request.method == "POST":
        return _take_answer(visit, request.POST)
    if visit.link.is_answered:
        return _show_decision(visit, status=200)
    stamp = stamps.make_stamp(visit.link.digest, now=visit.now)
    return _show_form(visit, stamp=stamp, wanted=request.GET.get("a", ""))


@require_http_methods(METHODS)
def opt_out(request: HttpRequest, text: str) -> HttpResponse:
    """Show the button that stops all reminders, or on POST stop them (RFC 8058)."""
    if refusal := _refuse(request, "opt_out"):
        return refusal
    token = _parse_token(text)
    link = services.find_link(token) if token else None
    if link is None:
        return gone(request)
    page = "opt_out"
    if request.method == "POST" and _is_wish_to_opt_out(request.POST):
        services.opt_out(link.digest, now=timezone.now())
        page = "opted_out"
    language = choose_language(request, link.language)
    return render(page, {"path": f"/feedback/{token}"}, texts=get_texts(), language=language)


def _refuse(request: HttpRequest, post_limit: str) -> HttpResponse | None:
    """Return the response to a request that exceeds a limit or cannot be read, else None."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(METHODS)})
    wait = seconds_to_wait(request, post_limit if request.method == "POST" else "form")
    if wait is not None:
        return too_many(request, wait)
    try:
        # Read here, so that the errors of a form too large or unreadable are handled in one place.
        request.POST  # noqa: B018  (read on access)
    except RequestDataTooBig:
        return render_notice(request, "error", status=413, code=413)
    except (MultiPartParserError, TooManyFieldsSent, UnicodeError):
        return render_notice(request, "error", status=400, code=400)
    return None


def _parse_token(text: str) -> UUID | None:
    match = _TOKEN.fullmatch(text)
    return UUID(match[1]) if match else None


def _visit(request: HttpRequest, text: str) -> Visit | None:
    """Return the visit of a valid link, None for one that is unknown, expired or revoked."""
    token, now = _parse_token(text), timezone.now()
    if token is None:
        return None
    link = services.find_link(token)
    if link is None or not link.is_valid(now):
        return None
    try:
        card = open_card(link.card, token)
    except SealError:
        logger.warning("The card of the link %s cannot be opened; the form names no offer.", link)
        card = None
    language = choose_language(request, link.language)
    return Visit(request, token, link, card, get_texts(), language, now)


def _take_answer(visit: Visit, data: QueryDict) -> HttpResponse:
    """Store the answer of a valid form, else show the form again."""
    form = AnswerForm(data, texts=visit.texts, days=_days(visit))
    with translation.override(visit.language):
        is_complete = form.is_valid()
    if visit.link.is_answered and not is_complete:
        return _show_decision(visit, status=409)
    stamp = data.get("stamp", "")
    age = stamps.stamp_age(stamp, visit.link.digest, now=visit.now)
    if age is None or age > stamps.MAX_AGE:
        stamp = stamps.make_stamp(visit.link.digest, now=visit.now)
    if not visit.link.is_answered and (problem := _find_problem(age, data)):
        return _show_again(visit, form, stamp=stamp, problem=problem)
    if not is_complete:
        return _show_again(visit, form, stamp=stamp)
    submission = Submission(
        kind=form.cleaned_data["answer"],
        reason=form.cleaned_data.get("reason", ""),
        sealed_comment=seal_message(form.message, visit.texts.public_key),
        ask_again_on=form.cleaned_data.get("ask_again_on"),
        suspect=looks_like_robot(visit.request, age=age or timedelta()),
        form_id=stamp,
    )
    outcome = services.store_answer(visit.link.digest, submission, now=visit.now)
    return _show_outcome(visit, outcome, submission)


def _find_problem(age: timedelta | None, data: QueryDict) -> str:
    """Return why even a valid form is shown again: its stamp or the honeypot; "" if neither."""
    if age is None or age > stamps.MAX_AGE:
        return "expired"
    if age < stamps.MIN_AGE:
        return "too_early"
    # People do not see the field "website"; robots fill it in.
    return "honeypot" if data.get("website") else ""


def _show_form(visit: Visit, *, status: int = 200, **context: Any) -> HttpResponse:
    days = _days(visit)
    default_day = format_day(days.default, visit.language)
    return visit.render("form", status=status, days=days, default_day=default_day, **context)


def _show_again(visit: Visit, form: AnswerForm, *, stamp: str, problem: str = "") -> HttpResponse:
    """Show the form with the entered values and the errors."""
    with translation.override(visit.language):
        errors = {name: str(sentences[0]) for name, sentences in form.errors.items()}
    return _show_form(
        visit, status=422, stamp=stamp, problem=problem, typed=form.data, errors=errors
    )


def _show_outcome(visit: Visit, outcome: SubmissionOutcome, submission: Submission) -> HttpResponse:
    if outcome is SubmissionOutcome.GONE:
        return gone(visit.request)
    if outcome is SubmissionOutcome.CONFLICT:
        return _show_decision(visit, status=409)
    if outcome is SubmissionOutcome.TOO_MANY:
        response = visit.render("too_many", status=429, is_undecided=True)
        response.headers["Retry-After"] = str(UNDECIDED_WAIT)
        return response
    if submission.ask_again_on:
        return visit.render("thanks", day=format_day(submission.ask_again_on, visit.language))
    return visit.render("thanks", kind=submission.kind)


def _show_decision(visit: Visit, *, status: int) -> HttpResponse:
    recorded = services.find_decision(visit.link.digest)
    if recorded is None:
        return gone(visit.request)
    reason = visit.texts.find_reason(recorded.reason)
    return visit.render(
        "answered",
        status=status,
        reason=reason.label(visit.language) if reason else "",
        day=format_day(timezone.localdate(recorded.submitted_at), visit.language),
        kind=recorded.kind,
        is_conflict=status == 409,
    )


def _days(visit: Visit) -> Days:
    return Days(timezone.localdate(visit.now))


def _is_wish_to_opt_out(data: QueryDict) -> bool:
    """Return whether the POST is an RFC 8058 one-click or comes from our button.

    The empty POST of a link scanner is neither.
    """
    return data.get("List-Unsubscribe") == "One-Click" or (
        data.get("opt_out") == "yes" and not data.get("website")
    )
