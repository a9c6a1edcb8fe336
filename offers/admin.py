"""Mail folders in the admin, with a page to try a number pattern on; the rules about senders."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from crm.core.admin_base import change_url
from offers.forms import MailFolderForm, PatternForm
from offers.mail_import.read_message import find_pattern
from offers.models import MailFolder, SenderRule
from offers.parsing.numbers import find_number
from offers.parsing.patterns import PatternError
from offers.patterns import explain_pattern_error

SUBJECTS = 50


@admin.register(MailFolder)
class MailFolderAdmin(ModelAdmin):
    form = MailFolderForm
    list_display = ["name", "path", "direction", "is_active", "scanned_at", "error"]
    readonly_fields = ["scanned_at", "error"]
    actions_detail = ["try_pattern"]

    @action(
        description=_("Try a pattern"),
        permissions=["change"],
        icon="regular_expression",
        url_path="try-pattern",
    )
    def try_pattern(self, request: HttpRequest, object_id: str) -> HttpResponse:
        folder = get_object_or_404(MailFolder, pk=object_id)
        if not self.has_change_permission(request, folder):
            raise PermissionDenied
        form = PatternForm({"pattern": find_pattern(folder), **request.GET.dict()})
        rows: list[tuple[str, str | None]] = []
        if form.is_valid():
            files = folder.files.exclude(subject="").order_by("-pk")
            try:
                for subject in files.values_list("subject", flat=True)[:SUBJECTS]:
                    rows.append((subject, find_number(subject, form.cleaned_data["pattern"])))
            except PatternError as error:
                form.add_error("pattern", explain_pattern_error(error))
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": gettext("Try a pattern on %s") % folder,
            "opts": self.model._meta,
            "form": form,
            "rows": rows,
            "found": sum(number is not None for _subject, number in rows),
            "back": change_url(folder),
        }
        return TemplateResponse(request, "offers/try_pattern.html", context)


@admin.register(SenderRule)
class SenderRuleAdmin(ModelAdmin):
    """Rules are made with an answer to a question, and removed here."""

    list_display = ["address", "kind", "wording", "created_by", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["created_by"]
    search_fields = ["address", "wording"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
