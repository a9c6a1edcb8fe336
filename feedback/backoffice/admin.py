"""Answers, links and reasons in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from feedback.backoffice import intake, services
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer, SyncState


class FactAdmin(ModelAdmin):
    """Records of fact: looked at, acted upon, never written or removed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Answer)
class AnswerAdmin(ModelAdmin):
    list_display = ["offer", "kind", "reason", "comment", "answered_at", "channel", "is_suspect", "handled_at"]
    list_filter = [("handled_at", admin.EmptyFieldListFilter), "kind", "channel", "is_suspect", "reason"]
    search_fields = ["offer__number", "offer__customer__email", "offer__customer__company", "comment"]
    list_select_related = ["offer", "reason"]
    date_hierarchy = "answered_at"
    actions = ["mark_handled"]
    readonly_fields = [
        field.name for field in Answer._meta.fields if field.name not in {"id", "seller_reason", "sealed_comment"}
    ]
    fields = [*readonly_fields, "seller_reason"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Dealt with"), permissions=["change"])
    def mark_handled(self, request: HttpRequest, queryset: QuerySet[Answer]) -> None:
        done = services.mark_handled(list(queryset), at=timezone.now())
        messages.success(request, ngettext("%s answer is dealt with.", "%s answers are dealt with.", done) % done)


@admin.register(Invitation)
class InvitationAdmin(FactAdmin):
    list_display = ["offer", "state", "expires_at", "registered_at", "mailed_at"]
    list_filter = ["state", ("registered_at", admin.EmptyFieldListFilter)]
    search_fields = ["offer__number", "offer__customer__email", "offer__customer__company"]
    list_select_related = ["offer"]
    fields = ["offer", "url", "state", "expires_at", "registered_at", "mailed_at", "created_at"]


@admin.register(DeclineReason)
class DeclineReasonAdmin(ModelAdmin):
    list_display = ["label_de", "group", "asks_for_comment", "order", "is_active"]
    list_editable = ["order", "is_active"]
    list_filter = ["is_active", "group"]
    search_fields = ["code", "label_de", "label_en", "label_fr", "label_it"]


@admin.register(RejectedAnswer)
class RejectedAnswerAdmin(FactAdmin):
    list_display = ["uid", "error", "received_at", "resolved_at"]
    list_filter = [("resolved_at", admin.EmptyFieldListFilter)]
    actions = ["retry", "resolve"]

    @admin.action(description=_("Try again"), permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[RejectedAnswer]) -> None:
        for rejected in queryset.filter(resolved_at=None):
            try:
                intake.retry(rejected, now=timezone.now())
            except intake.UnreadableAnswerError as error:
                messages.error(request, f"{rejected}: {error}")
            else:
                messages.success(request, _("The answer %s is stored.") % rejected)

    @admin.action(description=_("Dealt with"), permissions=["view"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[RejectedAnswer]) -> None:
        for rejected in queryset.filter(resolved_at=None):
            intake.resolve(rejected, now=timezone.now())
            messages.success(request, _("The answer %s is dealt with.") % rejected)


@admin.register(SyncState)
class SyncStateAdmin(FactAdmin):
    list_display = ["pulled_at", "form_sent_at"]
