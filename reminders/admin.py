"""Plans, holidays and mail texts in the admin, these with a preview and a test mail."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from crm.core.admin_base import dialog_action, go_to
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError
from offers.models import Offer
from reminders import services
from reminders.forms import PreviewForm, ReminderPlanForm
from reminders.mail.compose import build_example, find_example_offer
from reminders.mail.rendering import write_parts
from reminders.mail.templating import PLACEHOLDERS, MailTextError
from reminders.mail.templating import render as render_text
from reminders.models import CompanyHoliday, CustomerPlan, MailText, ReminderPlan
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
    _days = ["name", "is_default", "days", "working_days", ("window_from", "window_to")]
    _limits = ["min_gap_days", "quiet_days", "max_age_days", "no_answer_days"]
    fieldsets = [
        (None, {"fields": _days}),
        (_("Region of the holidays"), {"fields": [("country", "subdivision")]}),
        (_("Gaps and quiet days"), {"fields": _limits}),
        (_("Who decides"), {"fields": ["release", "call_above", "contact_basis"]}),
    ]

    def save_model(self, request: HttpRequest, obj: ReminderPlan, form: Any, change: bool) -> None:
        with transaction.atomic():
            if obj.is_default:
                ReminderPlan.objects.exclude(pk=obj.pk).update(is_default=False)
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


@admin.register(MailText)
class MailTextAdmin(ModelAdmin):
    list_display = ["__str__", "in_short"]
    list_filter = ["language", "step"]
    fields = [("step", "language"), "subject", "text", "known_placeholders"]
    readonly_fields = ["known_placeholders"]
    actions_detail = ["preview", "test_mail"]

    @admin.display(description=_("text"))
    def in_short(self, text: MailText) -> str:
        """How the text goes on after its greeting, with dots for what is filled in."""
        values = {**dict.fromkeys(PLACEHOLDERS, "…"), "several": False, "count": 1}
        try:
            words = render_text(text.text, values)
        except MailTextError as error:
            return str(error)
        _greeting, _gap, rest = words.partition("\n")
        return Truncator(" ".join((rest or words).split())).chars(120)

    @admin.display(description=_("placeholders"))
    def known_placeholders(self, text: MailText) -> SafeString:
        rows = ((f"{{{{ {name} }}}}", meaning) for name, meaning in PLACEHOLDERS.items())
        entries = format_html_join("", "<li><code>{}</code> – {}</li>", rows)
        return format_html("<ul>{}</ul>", entries)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_page)
        page = path("<int:pk>/shown/", view, name="reminders_mailtext_preview_page")
        return [page, *super().get_urls()]

    @dialog_action(
        _("Preview"),
        _("Shows the mail that this text makes of a real offer."),
        icon="visibility",
        submit=_("Show"),
        form=PreviewForm,
        permission="view",
    )
    def preview(self, request: HttpRequest, form: PreviewForm, text: MailText) -> HttpResponse:
        url = reverse("admin:reminders_mailtext_preview_page", args=[text.pk])
        return go_to(f"{url}?offer={form.cleaned_data['number']}")

    def preview_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the mail as text and, with `?as=html`, as the customer's mail program shows it."""
        text = get_object_or_404(MailText, pk=pk)
        offer = find_example_offer(text, request.GET.get("offer", ""))
        if offer is None:
            messages.error(
                request, gettext("There is no offer yet that the text could be tried with.")
            )
            return redirect("admin:reminders_mailtext_change", pk)
        try:
            parts = write_parts(build_example(text, offer, now=timezone.now()))
        except MailTextError as error:
            messages.error(request, str(error))
            return redirect("admin:reminders_mailtext_change", pk)
        if request.GET.get("as") == "html":
            return HttpResponse(parts.html)
        context = {"title": gettext("Preview"), "parts": parts, "text": text, "offer": offer}
        common = self.admin_site.each_context(request)
        return render(request, "reminders/preview.html", common | context)

    @dialog_action(
        _("Test mail to me"),
        _("Goes to your own address. Its links lead nowhere."),
        icon="outgoing_mail",
        submit=_("Send"),
        form=PreviewForm,
        permission="view",
    )
    def test_mail(self, request: HttpRequest, form: PreviewForm, text: MailText) -> None:
        offer = find_example_offer(text, form.cleaned_data["number"])
        address = getattr(request.user, "email", "")
        if offer is None or not address:
            messages.error(
                request,
                gettext("A test mail needs an offer, and an e-mail address in your own account."),
            )
            return
        try:
            result = services.send_test_mail(text, offer, to=address, now=timezone.now())
        except (MailTextError, SmtpUnavailableError) as error:
            messages.error(request, gettext("The test mail was not sent: %s") % error)
        else:
            if result.outcome is SendOutcome.ACCEPTED:
                messages.success(request, gettext("The test mail is on its way to %s.") % address)
            else:
                messages.error(
                    request, gettext("The test mail was not sent: %s") % result.reply_text
                )
