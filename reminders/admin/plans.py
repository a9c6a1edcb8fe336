"""What decides when reminders go: plans, those of customers, and company holidays."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from offers.models import Offer
from reminders.forms import ReminderPlanForm
from reminders.models import CompanyHoliday, CustomerPlan, ReminderPlan
from reminders.planning import plan_all

# Planning so many offers takes seconds; more are left to the night.
PLAN_AT_ONCE = 5000


class PlanningAdmin(ModelAdmin):
    """What decides when reminders go: a change reaches the offers that exist."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._plan(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self._plan(request)

    def _plan(self, request: HttpRequest) -> None:
        if Offer.objects.filter(status=Offer.Status.OPEN).count() <= PLAN_AT_ONCE:
            plan_all(timezone.now())
        else:
            messages.info(request, gettext("There are many offers: they are planned anew tonight."))


@admin.register(ReminderPlan)
class ReminderPlanAdmin(PlanningAdmin):
    form = ReminderPlanForm
    list_display = ["name", "is_default", "days_line", "window", "region", "release"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    "is_default",
                    "days",
                    "working_days",
                    ("window_from", "window_to"),
                ]
            },
        ),
        (_("Region of the holidays"), {"fields": [("country", "subdivision")]}),
        (
            _("Consideration"),
            {"fields": ["min_gap_days", "quiet_days", "max_age_days", "no_answer_days"]},
        ),
        (_("Who decides"), {"fields": ["release", "call_above", "contact_basis"]}),
    ]

    def save_model(self, request: HttpRequest, obj: ReminderPlan, form: Any, change: bool) -> None:
        with transaction.atomic():
            if obj.is_default:
                ReminderPlan.objects.exclude(pk=obj.pk).filter(is_default=True).update(
                    is_default=False
                )
            super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect the default plan, without which nothing is sent."""
        to_delete, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        defaults = [gettext("%s, the default plan") % plan for plan in objs if plan.is_default]
        return to_delete, counts, perms_needed, [*protected, *defaults]

    @admin.display(description=_("days after the offer"))
    def days_line(self, plan: ReminderPlan) -> str:
        return ", ".join(str(day) for day in plan.days)

    @admin.display(description=_("window"))
    def window(self, plan: ReminderPlan) -> str:
        return f"{plan.window_from:%H:%M}–{plan.window_to:%H:%M}"

    @admin.display(description=_("region"))
    def region(self, plan: ReminderPlan) -> str:
        return "-".join(filter(None, (plan.country, plan.subdivision)))


@admin.register(CompanyHoliday)
class CompanyHolidayAdmin(PlanningAdmin):
    list_display = ["date", "name"]


@admin.register(CustomerPlan)
class CustomerPlanAdmin(PlanningAdmin):
    list_display = ["customer", "plan"]
    list_select_related = ["customer", "plan"]
    autocomplete_fields = ["customer"]
    search_fields = ["customer__email", "customer__company"]
