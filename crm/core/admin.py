"""The state of the jobs and of the queue in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q import admin as queue
from django_q.models import Failure, OrmQ, Schedule, Success
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


class FailureAdmin(queue.FailAdmin, ModelAdmin):
    """Django-Q2's list in unfold's clothes, as the ones below."""


class SuccessAdmin(queue.TaskAdmin, ModelAdmin):
    pass


class ScheduleAdmin(queue.ScheduleAdmin, ModelAdmin):
    pass


class WaitingAdmin(queue.QueueAdmin, ModelAdmin):
    pass


for model, model_admin in (
    (Failure, FailureAdmin),
    (Success, SuccessAdmin),
    (Schedule, ScheduleAdmin),
    (OrmQ, WaitingAdmin),
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
        admin.site.register(model, model_admin)
