"""Customers in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action

from crm.backoffice.admin.filters import ConditionFilter
from crm.backoffice.admin.parts import UploadAdmin, render, say_sent_now
from crm.backoffice.changes import changing_offers, follow_changes
from crm.core.admin_base import change_url, dialog_action, note_acts, once, one_row, say
from crm.core.search import further_lines
from crm.operations import privacy
from crm.operations.person_archive import build_archive, describe_rest
from offers import services
from offers.models import Customer, Offer
from offers.resources import CustomerResource
from reminders import services as reminder_services
from reminders.explain import explain
from reminders.models import CustomerPlan, FollowUp

# The most open offers that the page of a customer lists.
SHOWN = 50


class ContactFilter(ConditionFilter):
    title = _("gets no reminders")
    parameter_name = "silent"

    @cached_property
    def conditions(self) -> list[tuple[str, Any, Q]]:
        return [
            ("opted_out", _("opted out"), Q(opted_out_at__isnull=False)),
            ("bounced", _("address bounced"), Q(bounced_at__isnull=False)),
            ("blocked", _("do not contact"), Q(do_not_contact=True)),
        ]


class CustomerPlanInline(StackedInline):
    model = CustomerPlan
    verbose_name = verbose_name_plural = _("plan of this customer")
    fields = ["plan"]
    hide_title = True
    extra, max_num = 0, 1


@admin.register(Customer)
class CustomerAdmin(UploadAdmin):
    list_display = ["email", "full_name", "company_name", "language", "silent_because"]
    list_filter = [ContactFilter, ("language", ChoicesDropdownFilter)]
    list_per_page = 50
    actions = ["clear_bounce"]
    actions_row = ["clear_bounce_one"]
    readonly_fields = ["next_reminders", "bounce_detail", "created_at"]
    inlines = [CustomerPlanInline]
    fields = [
        "next_reminders",
        "email", "name", "company", "language", "do_not_contact", "opted_out_at", "paused_until", "bounced_at",
        "bounce_detail", "note", "created_at",
    ]  # fmt: skip
    resource_classes = [CustomerResource]
    # Grouped, because all of them side by side leave no room for the name.
    actions_detail: list[Any] = [
        "send_reminders",
        "clear_bounce_one",
        {"title": _("More actions"), "icon": "more", "items": ["export_person", "erase_person"]},
    ]

    @action(description=_("All data of this person"), permissions=["export_all"], icon="folder_zip")
    def export_person(self, request: HttpRequest, object_id: str) -> HttpResponse:
        sections = privacy.export_person(get_object_or_404(Customer, pk=object_id).email)
        headers = {"Content-Disposition": f'attachment; filename="person-{int(object_id)}.zip"'}
        return HttpResponse(
            build_archive(sections or {}), content_type="application/zip", headers=headers
        )

    # Unfold would look up a right that the action names in the database at each system check, also
    # before the first `migrate`.
    def has_export_all_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Return whether the user may export all data of a person: who may export the list."""
        return bool(self.has_export_permission(request))

    @dialog_action(
        _("Erase this person"),
        _(
            "Names, addresses and texts are deleted for good, also from restored backups; the figures "
            "stay. The person gets no more mails."
        ),
        icon="person_remove",
        permission="delete",
    )
    def erase_person(self, request: HttpRequest, form: Any, customer: Customer) -> None:
        try:
            erasure = privacy.erase_person(customer.email, now=timezone.now())
        except privacy.ErasureError as error:
            messages.error(request, str(error))
            return
        messages.success(request, _("The person was erased."))
        if erasure and (rest := describe_rest(erasure)):
            messages.warning(request, rest)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in self.fields if obj or name != "next_reminders"]

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        if change:
            services.change_customer(obj, changed=form.changed_data)
        else:
            obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Update plans after the customer and the customer's own plan are stored."""
        super().save_related(request, form, formsets, change)
        follow_changes(list(form.instance.offers.all()))

    @admin.action(description=_("The address works again"), permissions=["change"])
    def clear_bounce(self, request: HttpRequest, rows: QuerySet[Customer]) -> None:
        customers = list(rows.filter(bounced_at__isnull=False))
        with changing_offers() as changed:
            for customer in customers:
                customer.bounced_at = None
                changed.extend(services.change_customer(customer, changed=["bounced_at"]))
        words = ngettext_lazy("%d address gets mails again.", "%d addresses get mails again.")
        say(request, len(customers), words)

    clear_bounce_one = one_row(
        clear_bounce, _("Reminders to this address go out again."), icon="mark_email_read"
    )

    @admin.display(description=_("name"), ordering=further_lines())
    def full_name(self, customer: Customer) -> str:
        return customer.name

    @admin.display(description=_("company"), ordering="search_text")
    def company_name(self, customer: Customer) -> str:
        return customer.company

    @admin.display(description=_("gets no reminders"))
    def silent_because(self, customer: Customer) -> str:
        words = []
        opted_out, bounced = _("opted out"), _("address bounced")
        for why, at in [(opted_out, customer.opted_out_at), (bounced, customer.bounced_at)]:
            if at:
                words.append(f"{why} {date_format(timezone.localtime(at), 'SHORT_DATE_FORMAT')}")
        if customer.do_not_contact:
            words.append(gettext("do not contact"))
        return ", ".join(words)

    @admin.display(description=_("next reminders"))
    @once
    def next_reminders(self, customer: Customer) -> SafeString:
        rows = FollowUp.objects.filter(offer__customer=customer, offer__status=Offer.Status.OPEN)
        newest = rows.select_related("offer").order_by("-offer__sent_at")[:SHOWN]
        lines = [(row.offer, change_url(row.offer), explain(row)) for row in newest]
        return render("backoffice/customer_reminders.html", {"lines": lines})

    @dialog_action(
        _("Send reminders now"),
        _(
            "The next reminder of each open offer is sent at once, regardless of the plan. Offers of "
            "one salesperson share a mail."
        ),
        icon="send",
        submit=_("Send"),
    )
    def send_reminders(self, request: HttpRequest, form: Any, customer: Customer) -> None:
        if open_offers := list(customer.offers.filter(status=Offer.Status.OPEN)):
            note_acts(request, open_offers, gettext("Asked to send the reminder now."))
            say_sent_now(request, reminder_services.send_now(open_offers, now=timezone.now()))
        else:
            messages.error(request, gettext("The customer has no open offer."))
