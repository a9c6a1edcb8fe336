"""Jobs, incidents and the queue in the admin."""

from __future__ import annotations

from django.contrib import admin
from django_q import admin as queue
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin

from crm.core.admin_base import ReadOnlyAdmin
from crm.core.models import Incident, JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """What each job did last."""

    list_display = ["name", "started_at", "succeeded_at", "failed_at", "summary", "error"]


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """What went wrong in a job, and when it was over."""

    list_display = ["title", "began_at", "ended_at", "detail"]
    list_filter = ["title"]


# The pages of Django-Q2 in the look of Unfold.


class FailureAdmin(queue.FailAdmin, ModelAdmin):
    pass


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
    # Django-Q2 has no page of waiting tasks where they wait in Redis.
    if admin.site.is_registered(model):
        admin.site.unregister(model)
        admin.site.register(model, model_admin)
