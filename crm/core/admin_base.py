"""What the admin pages of all apps share: dialogs in front of actions, pages of records, words
about what was done.

What people do to a row is noted in the admin's own log, which the story of an offer reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import BaseDialogForm


def dialog_action(
    title: Any,
    description: Any,
    *,
    icon: str,
    submit: Any = "",
    form: type[BaseDialogForm] = BaseDialogForm,
    permission: str = "change",
) -> Callable[[Any], Any]:
    """Make a method `(request, form, object_id) -> HttpResponse` an action behind a dialog.

    Everything that changes something is asked for and POSTed. The button says `submit`, or the
    title.
    """
    dialog = {
        "title": title,
        "description": description,
        "form_class": form,
        "form_submit_text": submit or title,
    }
    decorate: Callable[[Any], Any] = action(
        description=title, permissions=[permission], icon=icon, dialog=dialog
    )
    return decorate


def once(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Keep what a column `(admin, row)` says with the row: unfold's templates ask for each field
    five times.
    """

    @wraps(make)
    def say_again(model_admin: Any, row: Any) -> Any:
        said = row.__dict__.setdefault("_said", {})
        if make.__name__ not in said:
            said[make.__name__] = make(model_admin, row)
        return said[make.__name__]

    return say_again


def go_to(url: str) -> HttpResponse:
    """Lead the browser from a dialog to a page."""
    return HttpResponse(headers={"HX-Redirect": url})


def go_back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Lead the browser from a dialog to the page on which it was opened, filters and all."""
    url = request.headers.get("HX-Current-URL", "")
    return go_to(url if url_has_allowed_host_and_scheme(url, {request.get_host()}) else otherwise)


def change_url(row: Any) -> str:
    """Return the address of the page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def say(request: HttpRequest, count: int, words: Any) -> None:
    """Report how many rows an action changed; none is a warning."""
    messages.add_message(request, messages.SUCCESS if count else messages.WARNING, words % count)


def note_acts(request: HttpRequest, rows: Iterable[Model], words: str) -> None:
    """Note in the admin's log what the person at work did to each of the rows."""
    LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, words)  # type: ignore[arg-type]  # signed in


def find_acts(row: Model) -> QuerySet[LogEntry]:
    """Return what people did to the row, as the admin noted it; without what was erased and forms
    saved unchanged.
    """
    kind = ContentType.objects.get_for_model(row)
    acts = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk), action_flag=CHANGE)
    return acts.exclude(change_message__in=["", "[]"]).select_related("user")


class ReadOnlyAdmin(ModelAdmin):
    """Records of fact: looked at and acted upon, never written or removed by hand."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may act on what the row tells, although nobody may write it."""
        return bool(super().has_change_permission(request, obj))
