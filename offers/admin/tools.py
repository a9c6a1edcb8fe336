"""What the pages of this app share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from unfold.forms import BaseDialogForm

from crm.accounts.models import User


def dialog(title: Any, description: Any, submit: Any, form_class: type[BaseDialogForm] = BaseDialogForm) -> Any:
    """Return what unfold shows before it runs an action: everything that changes something is asked for and POSTed."""
    return {"title": title, "description": description, "form_class": form_class, "form_submit_text": submit}


def go_to(url: str) -> HttpResponse:
    """Lead the browser from a dialog to a page."""
    return HttpResponse(headers={"HX-Redirect": url})


def change_url(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def person(request: HttpRequest) -> User | None:
    """Return who is at work."""
    return request.user if isinstance(request.user, User) else None


def render(template: str, context: dict[str, Any]) -> SafeString:
    """Return a part of a page; the template escapes what it shows."""
    return mark_safe(render_to_string(template, context))  # noqa: S308
