"""Customers in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from offers import services
from offers.lists import IMPORT_FORMATS
from offers.models import Customer
from offers.resources import CustomerResource


class ContactFilter(admin.SimpleListFilter):
    """Customers who get no reminders, and why."""

    title = _("gets no reminders")
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("opted_out", _("opted out")), ("bounced", _("address bounced")), ("blocked", _("do not contact"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        chosen = {
            "opted_out": Q(opted_out_at__isnull=False),
            "bounced": Q(bounced_at__isnull=False),
            "blocked": Q(do_not_contact=True),
        }
        return queryset.filter(chosen[self.value() or ""]) if self.value() in chosen else queryset


@admin.register(Customer)
class CustomerAdmin(ModelAdmin, ImportExportModelAdmin):
    list_display = ["email", "name", "company", "language", "is_silent"]
    list_filter = [ContactFilter, ("language", ChoicesDropdownFilter)]
    list_per_page = 50
    search_fields = ["email", "name", "company"]
    show_full_result_count = False
    readonly_fields = ["bounce_detail", "created_at"]
    fields = [
        "email", "name", "company", "language", "do_not_contact", "opted_out_at", "paused_until", "bounced_at",
        "bounce_detail", "note", "created_at",
    ]  # fmt: skip
    resource_classes = [CustomerResource]
    import_form_class = ImportForm
    import_formats = IMPORT_FORMATS
    export_form_class = ExportForm

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        if change:
            services.change_customer(obj, changed=form.changed_data)
        else:
            obj.save()

    @admin.display(description=_("gets no reminders"), boolean=True)
    def is_silent(self, customer: Customer) -> bool:
        return bool(customer.do_not_contact or customer.opted_out_at or customer.bounced_at)
