"""Shared parts of all admin pages: dialogs, redirects, messages, log, read-only pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
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
    """Make a method `(request, form, row)` an action on one row, with a dialog before it.

    The label of the button is `submit`, or the title. Afterwards the response of the method is
    returned; if it is None, the browser goes to the page of the row.
    """
    dialog = {
        "title": title,
        "description": description,
        "form_class": form,
        "form_submit_text": submit or title,
    }

    def decorate(method: Callable[..., HttpResponse | None]) -> Any:
        @wraps(method)
        def act(model_admin: Any, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
            row = get_object_or_404(model_admin.model, pk=object_id)
            return method(model_admin, request, form, row) or go_to(change_url(row))

        return action(description=title, permissions=[permission], icon=icon, dialog=dialog)(act)

    return decorate


def one_row(bulk_action: Any, description: Any, *, icon: str, title: Any = "") -> Any:
    """Return an action behind a dialog that runs an action of the list on one row.

    The title is that of the action of the list unless another one is given.
    """
    (permission,) = bulk_action.allowed_permissions
    title = title or bulk_action.short_description

    @dialog_action(title, description, icon=icon, permission=permission)
    def act(model_admin: Any, request: HttpRequest, form: Any, row: Model) -> HttpResponse:
        bulk_action(model_admin, request, model_admin.model.objects.filter(pk=row.pk))
        return go_back(request, row)

    return act


def once(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Make a column `(admin, row)` compute its value once for each row."""

    # Unfold's templates read a value five times.
    @wraps(make)
    def cached(model_admin: Any, row: Any) -> Any:
        values = row.__dict__.setdefault("_admin_columns", {})
        if make.__name__ not in values:
            values[make.__name__] = make(model_admin, row)
        return values[make.__name__]

    return cached


def go_to(url: str) -> HttpResponse:
    """Send the browser from a dialog to a page."""
    # htmx posted the dialog: it would load the target of a 302 into the dialog.
    return HttpResponse(headers={"HX-Redirect": url})


def go_back(request: HttpRequest, row: Model) -> HttpResponse:
    """Send the browser from a dialog to the page, with its filters, on which it was opened."""
    url = request.headers.get("HX-Current-URL", "")
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}):
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    return go_to(url)


def change_url(row: Any) -> str:
    """Return the address of the page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def say(request: HttpRequest, count: int, words: Any) -> None:
    """Report how many rows an action changed; none is a warning."""
    messages.add_message(request, messages.SUCCESS if count else messages.WARNING, words % count)


def note_acts(request: HttpRequest, rows: Iterable[Model], words: str) -> None:
    """Record in the admin's log what the user did to each of the rows."""
    LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, words)  # type: ignore[arg-type]  # signed in


def find_acts(row: Model) -> QuerySet[LogEntry]:
    """Return what people did to the row, from the admin's log."""
    kind = ContentType.objects.get_for_model(row)
    acts = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk), action_flag=CHANGE)
    # Entries that were erased, and forms that were saved unchanged, say nothing.
    return acts.exclude(change_message__in=["", "[]"]).select_related("user")


class ReadOnly:
    """Mixin of admin pages and inlines whose rows people never add, edit or delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """Admin pages of rows that people view and run actions on."""

    # The count of all rows would be a query over the whole table on each page.
    show_full_result_count = False

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may run the actions of the page."""
        return bool(ModelAdmin.has_change_permission(self, request, obj))
