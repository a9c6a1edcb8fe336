"""The state of the jobs and of the queue in the admin."""

from __future__ import annotations

from django.contrib import admin
from django_q import admin as queue
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin

from crm.core.admin_base import FactAdmin
from crm.core.models import JobRun


@admin.register(JobRun)
class JobRunAdmin(FactAdmin):
    """What each job did last."""

    list_display = ["name", "started_at", "succeeded_at", "failed_at", "summary", "error"]


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
