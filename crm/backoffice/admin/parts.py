"""Parts of admin pages, and who looks at them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from crm.accounts.models import User
from offers.models import Offer


def person(request: HttpRequest) -> User | None:
    """Return who is at work."""
    return request.user if isinstance(request.user, User) else None


def tab(title: Any, *fields: str) -> tuple[Any, dict[str, Any]]:
    """Return fields that stand in a tab of their own, for the `fieldsets` of a page."""
    return title, {"fields": fields, "classes": ["tab"]}


def render(template: str, context: dict[str, Any]) -> SafeString:
    """Return a part of a page; the template escapes what it shows."""
    return mark_safe(render_to_string(template, context))  # noqa: S308


def say_paused(until: date) -> str:
    """Return the words for a pause."""
    return gettext("Paused reminders until %s.") % date_format(until, "SHORT_DATE_FORMAT")


def say_sent_now(request: HttpRequest, results: Iterable[tuple[Offer, str]]) -> None:
    """Tell the person whether each reminder was sent, or why not."""
    for offer, why_not in results:
        if why_not:
            words = gettext("The reminder of offer %(offer)s was not sent. %(why)s")
            messages.error(request, words % {"offer": offer, "why": why_not})
        else:
            messages.success(request, gettext("The reminder of offer %s is sent.") % offer)
