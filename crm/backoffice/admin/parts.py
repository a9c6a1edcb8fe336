"""Parts of admin pages, and who looks at them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from crm.accounts.models import User


def person(request: HttpRequest) -> User | None:
    """Return who is at work."""
    return request.user if isinstance(request.user, User) else None


def tab(title: Any, *fields: str) -> tuple[Any, dict[str, Any]]:
    """Return fields that stand in a tab of their own, for the `fieldsets` of a page."""
    return title, {"fields": fields, "classes": ["tab"]}


def render(template: str, context: dict[str, Any]) -> SafeString:
    """Return a part of a page; the template escapes what it shows."""
    return mark_safe(render_to_string(template, context))  # noqa: S308
