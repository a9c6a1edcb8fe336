"""Decline reasons and the state of the exchange with the public service in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from crm.core.admin_base import ReadOnlyAdmin
from feedback.backoffice.models import DeclineReason, SyncState


@admin.register(DeclineReason)
class DeclineReasonAdmin(ModelAdmin):
    list_display = ["label_de", "group", "asks_for_comment", "order", "is_active"]
    list_editable = ["order", "is_active"]
    list_filter = ["is_active", "group"]
    search_fields = ["code", "label_de", "label_en", "label_fr", "label_it"]
    fields = [
        ("code", "group"),
        ("label_de", "label_en"),
        ("label_fr", "label_it"),
        ("asks_for_comment", "order", "is_active"),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Answers name the reason by its code; with another code those under way would not find it.
        return ["code"] if obj else []


@admin.register(SyncState)
class SyncStateAdmin(ReadOnlyAdmin):
    list_display = ["pulled_at", "form_sent_at"]
    fields = ["pulled_at", "form_sent_at"]
