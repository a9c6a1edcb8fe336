"""Parts that several admin pages share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import display

from crm.accounts.models import User
from crm.core.admin_base import ReadOnlyAdmin
from crm.core.search import FoldedSearch
from offers.models import Offer
from offers.resources import IMPORT_FORMATS


class OfferRowsAdmin(FoldedSearch, ReadOnlyAdmin):
    """Read-only pages of rows that belong to an offer and are found by its words."""

    list_per_page = 50
    search_fields = ["offer__search_text"]
    search_help_text = _("Number, customer, company or subject of the offer.")


class UploadAdmin(FoldedSearch, ModelAdmin, ImportExportModelAdmin):
    """Base of pages with search, export, and upload of a list."""

    search_fields = ["search_text"]
    show_full_result_count = False
    import_form_class = ImportForm
    import_formats = IMPORT_FORMATS
    export_form_class = ExportForm


def person(request: HttpRequest) -> User | None:
    """Return the signed-in person."""
    return request.user if isinstance(request.user, User) else None


def choice_label(model: type[Model], field: str, **colours: str) -> Any:
    """Return a list column with the label of a choice; `colours` are unfold's names by value."""
    column: Any = model._meta.get_field(field)

    # Unfold shows the code instead of the label for a value that has no entry.
    @display(
        description=column.verbose_name,
        ordering=field,
        label=dict.fromkeys(dict(column.choices), "") | colours,
    )
    def label(model_admin: Any, row: Model) -> tuple[str, str]:
        return getattr(row, field), getattr(row, f"get_{field}_display")()

    return label


def tab(title: Any, *fields: str) -> tuple[Any, dict[str, Any]]:
    """Return an entry of `fieldsets` that is shown as a tab."""
    return title, {"fields": fields, "classes": ["tab"]}


def render(template: str, context: dict[str, Any]) -> SafeString:
    """Render a part of a page. The template escapes its values, so the result is safe."""
    return mark_safe(render_to_string(template, context))  # noqa: S308


def say_paused(until: date) -> str:
    """Return the text that describes a pause."""
    return gettext("Paused reminders until %s.") % date_format(until, "SHORT_DATE_FORMAT")


def say_sent_now(request: HttpRequest, results: Iterable[tuple[Offer, str]]) -> None:
    """Show for each offer whether its reminder was sent, or why not."""
    for offer, why_not in results:
        if why_not:
            words = gettext("The reminder of offer %(offer)s was not sent. %(why)s")
            messages.error(request, words % {"offer": offer, "why": why_not})
        else:
            messages.success(request, gettext("The reminder of offer %s is sent.") % offer)
