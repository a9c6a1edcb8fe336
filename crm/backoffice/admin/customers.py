"""Customers in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from crm.core.admin_base import change_url, dialog_action, go_back, go_to, say
from crm.operations import privacy
from crm.operations.person_archive import build_archive, describe_rest
from offers import services
from offers.models import Customer
from offers.resources import CustomerResource
from offers.upload_formats import IMPORT_FORMATS


class ContactFilter(admin.SimpleListFilter):
    """Customers who get no reminders, and why."""

    title = _("gets no reminders")
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("opted_out", _("opted out")),
            ("bounced", _("address bounced")),
            ("blocked", _("do not contact")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        chosen = {
            "opted_out": Q(opted_out_at__isnull=False),
            "bounced": Q(bounced_at__isnull=False),
            "blocked": Q(do_not_contact=True),
        }
        return queryset.filter(chosen[self.value() or ""]) if self.value() in chosen else queryset


@admin.register(Customer)
class CustomerAdmin(ModelAdmin, ImportExportModelAdmin):
    list_display = ["email", "name", "company", "language", "silent_because"]
    list_filter = [ContactFilter, ("language", ChoicesDropdownFilter)]
    list_per_page = 50
    search_fields = ["email", "name", "company"]
    show_full_result_count = False
    actions = ["clear_bounce"]
    actions_row = ["clear_bounce_one"]
    readonly_fields = ["bounce_detail", "created_at"]
    fields = [
        "email", "name", "company", "language", "do_not_contact", "opted_out_at", "paused_until", "bounced_at",
        "bounce_detail", "note", "created_at",
    ]  # fmt: skip
    resource_classes = [CustomerResource]
    import_form_class = ImportForm
    import_formats = IMPORT_FORMATS
    export_form_class = ExportForm
    actions_detail = ["clear_bounce_one", "export_person", "erase_person"]

    @action(description=_("All data of this person"), permissions=["change"], icon="folder_zip")
    def export_person(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Hand out a ZIP file with what is stored."""
        sections = privacy.export_person(get_object_or_404(Customer, pk=object_id).email)
        headers = {"Content-Disposition": f'attachment; filename="person-{int(object_id)}.zip"'}
        return HttpResponse(
            build_archive(sections or {}), content_type="application/zip", headers=headers
        )

    @dialog_action(
        _("Erase this person"),
        _(
            "Names, addresses and words go for good, also from backups; the figures stay. Nobody is written to again."
        ),
        icon="person_remove",
        permission="delete",
    )
    def erase_person(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        customer = get_object_or_404(Customer, pk=object_id)
        try:
            erasure = privacy.erase_person(customer.email, now=timezone.now())
        except privacy.ErasureError as error:
            messages.error(request, str(error))
            return go_to(change_url(customer))
        messages.success(request, _("The person was erased."))
        if erasure and (rest := describe_rest(erasure)):
            messages.warning(request, rest)
        return go_to(change_url(customer))

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        if change:
            services.change_customer(obj, changed=form.changed_data)
        else:
            obj.save()

    @admin.action(description=_("The address works again"), permissions=["change"])
    def clear_bounce(self, request: HttpRequest, rows: QuerySet[Customer]) -> None:
        customers = list(rows.filter(bounced_at__isnull=False))
        for customer in customers:
            customer.bounced_at, customer.bounce_detail = None, ""
            services.change_customer(customer, changed=["bounced_at", "bounce_detail"])
        say(
            request,
            len(customers),
            ngettext_lazy("%d address gets mails again.", "%d addresses get mails again."),
        )

    @dialog_action(
        _("The address works again"),
        _("Reminders to this address go out again."),
        icon="mark_email_read",
    )
    def clear_bounce_one(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        self.clear_bounce(request, Customer.objects.filter(pk=object_id))
        return go_back(request, reverse("admin:offers_customer_changelist"))

    @admin.display(description=_("gets no reminders"))
    def silent_because(self, customer: Customer) -> str:
        """Why the customer gets none, and since when."""
        since = [
            (_("opted out"), customer.opted_out_at),
            (_("address bounced"), customer.bounced_at),
        ]
        words = [
            f"{why} {date_format(timezone.localtime(at), 'SHORT_DATE_FORMAT')}"
            for why, at in since
            if at
        ]
        return ", ".join([*words, *([str(_("do not contact"))] if customer.do_not_contact else [])])
