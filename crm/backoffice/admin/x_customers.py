"""The page of a customer with the reminders of all open offers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.forms import BaseDialogForm

from crm.backoffice.admin import customers as customer_pages
from crm.backoffice.admin.follow_ups import send_offers_now
from crm.backoffice.admin.parts import render
from crm.core.admin_base import change_url, dialog_action, go_to, once
from offers.models import Customer, Offer
from reminders.explain import explain
from reminders.models import CustomerPlan, FollowUp
from reminders.planning import plan_offers

_Below = customer_pages.CustomerAdmin
# More open offers than anybody reads on a page.
SHOWN = 50

admin.site.unregister(Customer)


class CustomerPlanInline(StackedInline):
    """The customer's own plan, in place of the usual one."""

    model = CustomerPlan
    verbose_name = verbose_name_plural = _("plan of this customer")
    fields = ["plan"]
    hide_title = True
    extra, max_num = 0, 1


@admin.register(Customer)
class CustomerAdmin(_Below):
    """The page of a customer: an own plan, and what comes next about each open offer."""

    inlines = [CustomerPlanInline]
    actions_detail = ["send_reminders", *_Below.actions_detail]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [field for field in super().get_fields(request, obj) if field != "next_reminders"]
        return ["next_reminders", *fields] if obj else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "next_reminders"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        plan_offers(list(form.instance.offers.all()))

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
            "The next reminder of each open offer goes out at once, whatever the plan says. Offers of one salesperson "
            "share a mail."
        ),
        icon="send",
        submit=_("Send"),
    )
    def send_reminders(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        customer = Customer.objects.get(pk=object_id)
        if open_offers := list(customer.offers.filter(status=Offer.Status.OPEN)):
            send_offers_now(request, open_offers)
        else:
            messages.error(request, gettext("The customer has no open offer."))
        return go_to(change_url(customer))
