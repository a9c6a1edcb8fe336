"""The state of the jobs in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from crm.core.models import JobRun


@admin.register(JobRun)
class JobRunAdmin(ModelAdmin):
    """What each job did last: a record, nothing to write."""

    list_display = ["name", "started_at", "succeeded_at", "failed_at", "summary", "error"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
