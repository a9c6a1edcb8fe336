"""Plans, mail texts, what is due, what was sent and what needs a person, in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

import feedback.backoffice.admin
from crm.core.smtp import Outcome, SmtpUnavailableError
from feedback.backoffice.admin import FactAdmin, change_url, dialog, go_to, person
from offers.models import Offer
from offers.timeline import Event
from reminders import holds, services
from reminders.emails import write_parts
from reminders.explain import explain
from reminders.forms import OwnTextForm, PreviewForm, ReminderPlanForm, UntilForm
from reminders.letters import build_example, find_example_offer
from reminders.models import (
    CompanyHoliday,
    CustomerPlan,
    FollowUp,
    Incident,
    MailText,
    Reminder,
    ReminderPlan,
    SendingHold,
)
from reminders.planning import plan_all
from reminders.reasons import SENTENCES
from reminders.rules import Because
from reminders.texts import PLACEHOLDERS, MailTextError

# Unfold shows the code instead of the label for a state that has no entry here.
STATE_COLOURS = dict.fromkeys(Reminder.State.values, "") | {
    "sent": "success", "failed": "danger", "in_doubt": "danger", "planned": "warning",
}  # fmt: skip
# Planning so many offers takes seconds; more are left to the night.
PLAN_AT_ONCE = 5000


def say(request: HttpRequest, count: int, words: Any) -> None:
    """Report how many rows an action changed; none is a warning."""
    messages.add_message(request, messages.SUCCESS if count else messages.WARNING, words % count)


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
        (None, {"fields": ["name", "is_default", "days", "working_days", ("window_from", "window_to")]}),
        (_("Region of the holidays"), {"fields": [("country", "subdivision")]}),
        (_("Consideration"), {"fields": ["min_gap_days", "quiet_days", "max_age_days", "no_answer_days"]}),
        (_("Who decides"), {"fields": ["release", "call_above", "contact_basis"]}),
    ]

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
    list_display = ["__str__", "step", "language", "subject"]
    list_filter = ["language", "step"]
    fields = [("step", "language"), "subject", "text", "known_placeholders"]
    readonly_fields = ["known_placeholders"]
    actions_detail = ["preview", "test_mail"]

    @admin.display(description=_("placeholders"))
    def known_placeholders(self, text: MailText) -> SafeString:
        rows = ((f"{{{{ {name} }}}}", meaning) for name, meaning in PLACEHOLDERS.items())
        return format_html("<ul>{}</ul>", format_html_join("", "<li><code>{}</code> – {}</li>", rows))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_page)
        return [path("<int:pk>/shown/", view, name="reminders_mailtext_preview_page"), *super().get_urls()]

    @action(
        description=_("Preview"),
        permissions=["view"],
        icon="visibility",
        dialog=dialog(_("Preview"), _("Shows the mail that this text makes of a real offer."), _("Show"), PreviewForm),
    )
    def preview(self, request: HttpRequest, form: PreviewForm, object_id: str) -> HttpResponse:
        url = reverse("admin:reminders_mailtext_preview_page", args=[object_id])
        return go_to(f"{url}?offer={form.cleaned_data['number']}")

    def preview_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the mail as text and, with `?as=html`, as the customer's mail program shows it."""
        text = get_object_or_404(MailText, pk=pk)
        offer = find_example_offer(text, request.GET.get("offer", ""))
        if offer is None:
            messages.error(request, gettext("There is no offer yet that the text could be tried with."))
            return redirect("admin:reminders_mailtext_change", pk)
        try:
            parts = write_parts(build_example(text, offer, now=timezone.now()))
        except MailTextError as error:
            messages.error(request, str(error))
            return redirect("admin:reminders_mailtext_change", pk)
        if request.GET.get("as") == "html":
            return HttpResponse(parts.html)
        context = {**self.admin_site.each_context(request), "title": gettext("Preview"), "parts": parts}
        return render(request, "reminders/preview.html", {**context, "text": text, "offer": offer})

    @action(
        description=_("Test mail to me"),
        permissions=["view"],
        icon="outgoing_mail",
        dialog=dialog(
            _("Test mail to me"), _("Goes to your own address. Its links lead nowhere."), _("Send"), PreviewForm
        ),
    )
    def test_mail(self, request: HttpRequest, form: PreviewForm, object_id: str) -> HttpResponse:
        text = MailText.objects.get(pk=object_id)
        offer = find_example_offer(text, form.cleaned_data["number"])
        address = getattr(request.user, "email", "")
        if offer is None or not address:
            messages.error(request, gettext("A test mail needs an offer, and an e-mail address in your own account."))
            return go_to(change_url(text))
        try:
            result = services.send_test_mail(text, offer, to=address, now=timezone.now())
        except (MailTextError, SmtpUnavailableError) as error:
            messages.error(request, gettext("The test mail was not sent: %s") % error)
        else:
            if result.outcome is Outcome.ACCEPTED:
                messages.success(request, gettext("The test mail is on its way to %s.") % address)
            else:
                messages.error(request, gettext("The test mail was not sent: %s") % result.words)
        return go_to(change_url(text))


class DueFilter(admin.SimpleListFilter):
    """What comes when, and what waits for a person."""

    title = _("what comes")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("tomorrow", _("mails by the end of tomorrow")),
            ("mails", _("all mails to come")),
            ("release", _("waiting for release")),
            ("calls", _("phone calls")),
            ("none", _("no reminder comes")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        day_after = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        conditions = {
            "tomorrow": Q(next_at__lt=day_after),
            "mails": Q(next_at__isnull=False),
            "release": Q(because=Because.NEEDS_RELEASE),
            "calls": Q(call_at__isnull=False),
            "none": Q(next_at=None, call_at=None),
        }
        return queryset.filter(conditions[value]) if (value := self.value()) in conditions else queryset


@admin.register(FollowUp)
class FollowUpAdmin(FactAdmin):
    """The list of what will go out, where a salesperson sends, skips, moves, edits or calls."""

    list_display = ["offer", "customer", "company", "next_line", "step", "why", "salesperson"]
    list_filter = [DueFilter, ("offer__salesperson", admin.RelatedOnlyFieldListFilter), "because"]
    list_select_related = ["offer__customer", "offer__salesperson"]
    search_fields = ["offer__number", "offer__customer__email", "offer__customer__company"]
    ordering = [F("next_at").asc(nulls_last=True), "call_at", "pk"]
    actions = ["release", "skip", "call_instead", "record_call"]
    actions_row = ["send_now", "snooze", "skip_one", "call_one", "edit_text"]
    actions_detail = ["send_now", "snooze", "skip_one", "call_one", "edit_text"]
    fields = ["offer", "next_line", "why", "plan", "own_text", "computed_at"]
    readonly_fields = ["offer", "next_line", "why", "own_text", "computed_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_act_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: FollowUp, form: Any, change: bool) -> None:
        obj.save(update_fields=["plan"])
        services.plan_offers([obj.offer])

    @admin.display(description=_("customer"), ordering="offer__customer__email")
    def customer(self, follow_up: FollowUp) -> str:
        return follow_up.offer.customer.name or follow_up.offer.customer.email

    @admin.display(description=_("company"), ordering="offer__customer__company")
    def company(self, follow_up: FollowUp) -> str:
        return follow_up.offer.customer.company

    @admin.display(description=_("salesperson"), ordering="offer__salesperson")
    def salesperson(self, follow_up: FollowUp) -> str:
        return str(follow_up.offer.salesperson or follow_up.offer.sender_name)

    @admin.display(description=_("when"), ordering="next_at")
    def next_line(self, follow_up: FollowUp) -> str:
        at = follow_up.next_at or follow_up.call_at
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else "–"

    @admin.display(description=_("step"), ordering="next_step")
    def step(self, follow_up: FollowUp) -> str:
        return str(follow_up.next_step or "–")

    @admin.display(description=_("because"), ordering="because")
    def why(self, follow_up: FollowUp) -> str:
        return str(SENTENCES[Because(follow_up.because)]) if follow_up.because else "–"

    @admin.action(description=_("Release"), permissions=["change"])
    def release(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        count = services.release(rows, now=timezone.now())
        say(request, count, ngettext_lazy("%d reminder released.", "%d reminders released."))

    @admin.action(description=_("Skip the next reminder"), permissions=["change"])
    def skip(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        say(
            request,
            services.skip(rows, now=timezone.now()),
            ngettext_lazy("%d reminder skipped.", "%d reminders skipped."),
        )

    @admin.action(description=_("Call instead of the mail"), permissions=["change"])
    def call_instead(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        count = services.call_instead(rows, now=timezone.now())
        say(
            request,
            count,
            ngettext_lazy("%d call takes the place of a mail.", "%d calls take the place of mails."),
        )

    @admin.action(description=_("The call was made"), permissions=["change"])
    def record_call(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        count = services.record_call(rows, now=timezone.now())
        say(request, count, ngettext_lazy("%d phone call recorded.", "%d phone calls recorded."))

    @action(
        description=_("Send now"),
        permissions=["change"],
        icon="send",
        dialog=dialog(_("Send now"), _("The next reminder goes out at once, whatever the plan says."), _("Send")),
    )
    def send_now(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        send_offer_now(request, FollowUp.objects.select_related("offer").get(pk=object_id).offer)
        return self._back()

    @action(
        description=_("Later"),
        permissions=["change"],
        icon="snooze",
        dialog=dialog(_("Later"), _("No reminder of this offer goes out before that day."), _("Move"), UntilForm),
    )
    def snooze(self, request: HttpRequest, form: UntilForm, object_id: str) -> HttpResponse:
        count = services.snooze(FollowUp.objects.filter(pk=object_id), until=form.cleaned_data["until"])
        say(request, count, ngettext_lazy("%d reminder moved.", "%d reminders moved."))
        return self._back()

    @action(
        description=_("Skip"),
        permissions=["change"],
        icon="skip_next",
        dialog=dialog(_("Skip"), _("This reminder is left out; the next step of the plan follows."), _("Skip")),
    )
    def skip_one(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self.skip(request, FollowUp.objects.filter(pk=object_id))
        return self._back()

    @action(
        description=_("Call instead"),
        permissions=["change"],
        icon="call",
        dialog=dialog(_("Call instead"), _("A phone call takes the place of this reminder."), _("Call instead")),
    )
    def call_one(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self.call_instead(request, FollowUp.objects.filter(pk=object_id))
        return self._back()

    @action(
        description=_("Write the text"),
        permissions=["change"],
        icon="edit_note",
        dialog=dialog(
            _("Write the text"), _("Your own words in the next reminder, in place of the text of the plan."), _("Keep"),
            OwnTextForm,
        ),
    )  # fmt: skip
    def edit_text(self, request: HttpRequest, form: OwnTextForm, object_id: str) -> HttpResponse:
        FollowUp.objects.filter(pk=object_id).update(own_text=form.cleaned_data["text"])
        messages.success(request, gettext("The next reminder of this offer uses your text."))
        return self._back()

    def _back(self) -> HttpResponse:
        return go_to(reverse("admin:reminders_followup_changelist"))


def send_offer_now(request: HttpRequest, offer: Offer) -> None:
    """Send the next reminder of the offer and say what became of it."""
    sums = services.send_now(offer, now=timezone.now())
    if sums is None:
        messages.error(request, explain(FollowUp.objects.filter(offer=offer).first()))
    elif sums.sent:
        messages.success(request, gettext("The reminder of offer %s is sent.") % offer)
    else:
        messages.error(request, gettext("The reminder of offer %(offer)s was not sent. %(why)s") % {
            "offer": offer, "why": sums
        })  # fmt: skip


@admin.register(Reminder)
class ReminderAdmin(FactAdmin):
    """Every reminder mail; those in doubt or failed wait for a person."""

    list_display = ["offer", "step", "state_label", "recipient", "claimed_at", "sent_at", "retry_at", "words"]
    list_filter = ["state", "step"]
    list_select_related = ["offer"]
    search_fields = ["offer__number", "recipient", "message_id"]
    date_hierarchy = None
    actions = ["was_sent", "send_again"]
    actions_detail = ["was_sent_one", "send_again_one"]
    fields = [
        "offer", ("step", "state"), "recipient", "subject", ("mail_date", "message_id"), ("claimed_at", "sent_at"),
        ("attempts", "retry_at"), "server_reply", "resolved_by",
    ]  # fmt: skip

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def state_label(self, reminder: Reminder) -> tuple[str, str]:
        return reminder.state, reminder.get_state_display()

    @admin.display(description=_("the mail server's words"))
    def words(self, reminder: Reminder) -> str:
        return reminder.server_reply[:80]

    @admin.action(description=_("Was sent"), permissions=["act"])
    def was_sent(self, request: HttpRequest, rows: QuerySet[Reminder]) -> None:
        count = services.resolve_as_sent(rows, by=person(request), now=timezone.now())
        say(
            request,
            count,
            ngettext_lazy("%d reminder counts as sent now.", "%d reminders count as sent now."),
        )

    @admin.action(description=_("Send again"), permissions=["act"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Reminder]) -> None:
        count = services.send_again(rows, by=person(request), now=timezone.now())
        say(
            request,
            count,
            ngettext_lazy("%d reminder goes out with the next run.", "%d reminders go out with the next run."),
        )

    @action(
        description=_("Was sent"),
        permissions=["act"],
        icon="mark_email_read",
        dialog=dialog(_("Was sent"), _("You have seen that the customer got the mail."), _("Was sent")),
    )
    def was_sent_one(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self.was_sent(request, Reminder.objects.filter(pk=object_id))
        return go_to(reverse("admin:reminders_reminder_change", args=[object_id]))

    @action(
        description=_("Send again"),
        permissions=["act"],
        icon="forward_to_inbox",
        dialog=dialog(
            _("Send again"), _("The customer gets the mail again if it did arrive after all."), _("Send again")
        ),
    )
    def send_again_one(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self.send_again(request, Reminder.objects.filter(pk=object_id))
        return go_to(reverse("admin:reminders_reminder_change", args=[object_id]))


@admin.register(Incident)
class IncidentAdmin(FactAdmin):
    list_display = ["kind", "began_at", "ended_at", "detail"]
    list_filter = ["kind"]


@admin.register(SendingHold)
class SendingHoldAdmin(FactAdmin):
    """Whether sending waits for a person."""

    list_display = ["__str__", "held_at", "due_count", "allowed_until", "released_by"]
    actions_detail = ["release", "hold"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SendingHold]:
        SendingHold.get()
        queryset: QuerySet[SendingHold] = super().get_queryset(request)
        return queryset

    @action(
        description=_("Release"),
        permissions=["act"],
        icon="play_arrow",
        dialog=dialog(_("Release"), _("What is due goes out with the next run."), _("Release")),
    )
    def release(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        if services.release_hold(by=person(request), now=timezone.now()):
            messages.success(request, gettext("Sending goes on with the next run."))
        else:
            messages.warning(request, gettext("Sending is not held."))
        return go_to(reverse("admin:reminders_sendinghold_change", args=[object_id]))

    @action(
        description=_("Hold"),
        permissions=["act"],
        icon="pause",
        dialog=dialog(_("Hold"), _("No reminder goes out until someone releases sending."), _("Hold")),
    )
    def hold(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        holds.hold_sending(SendingHold.Reason.PERSON, timezone.now())
        messages.success(request, gettext("Sending is held."))
        return go_to(reverse("admin:reminders_sendinghold_change", args=[object_id]))


_Below = feedback.backoffice.admin.OfferAdmin

admin.site.unregister(Offer)


@admin.register(Offer)
class OfferAdmin(_Below):
    """The page of an offer with its reminders: when the next one comes and why, and what was sent."""

    actions_row = [*_Below.actions_row, "pause", "send_reminder"]
    actions_detail = [
        *_Below.actions_detail,
        {"title": _("Reminders"), "icon": "send", "items": ["send_reminder", "pause", "stop", "resume"]},
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first = [(_("Reminders"), {"fields": ["next_reminder"]})] if obj else []
        return [*first, *super().get_fieldsets(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "next_reminder"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field for field in super().get_fields(request, obj) if field != "next_reminder"]

    def save_model(self, request: HttpRequest, obj: Offer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.plan_offers([obj])

    @admin.display(description=_("next reminder"))
    def next_reminder(self, offer: Offer) -> str:
        return explain(FollowUp.objects.filter(offer=offer).first())

    def get_events(self, offer: Offer) -> list[Event]:
        if offer.pk is None:
            return []
        reminders = [
            Event(
                row.sent_at or row.claimed_at or row.mail_date,
                gettext("Reminder %(step)d: %(state)s") % {"step": row.step, "state": row.get_state_display()},
                "\n".join(filter(None, (row.recipient, "" if row.state == "sent" else row.server_reply))),
                "reminder",
                change_url(row),
            )
            for row in offer.reminders.all()
        ]
        return [*super().get_events(offer), *reminders]

    @action(
        description=_("Send the reminder now"),
        permissions=["change"],
        icon="send",
        dialog=dialog(_("Send the reminder now"), _("It goes out at once, whatever the plan says."), _("Send")),
    )
    def send_reminder(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        offer = Offer.objects.get(pk=object_id)
        send_offer_now(request, offer)
        self.log_change(request, offer, gettext("Asked to send the reminder now."))
        return go_to(change_url(offer))

    @action(
        description=_("Pause reminders"),
        permissions=["change"],
        icon="pause",
        dialog=dialog(_("Pause reminders"), _("No reminder goes out before that day."), _("Pause"), UntilForm),
    )
    def pause(self, request: HttpRequest, form: UntilForm, object_id: str) -> HttpResponse:
        until = form.cleaned_data["until"]
        services.pause(Offer.objects.filter(pk=object_id), until=until)
        words = gettext("Paused reminders until %s.") % date_format(until, "SHORT_DATE_FORMAT")
        return self._changed(request, object_id, words)

    @action(
        description=_("Stop reminders"),
        permissions=["change"],
        icon="notifications_off",
        dialog=dialog(_("Stop reminders"), _("No further reminder of this offer goes out."), _("Stop")),
    )
    def stop(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        services.stop(Offer.objects.filter(pk=object_id))
        return self._changed(request, object_id, gettext("Stopped reminders."))

    @action(
        description=_("Resume reminders"),
        permissions=["change"],
        icon="notifications_active",
        dialog=dialog(
            _("Resume reminders"), _("Ends a pause or a stop, also one after a reply of the customer."), _("Resume")
        ),
    )
    def resume(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        services.resume(Offer.objects.filter(pk=object_id), now=timezone.now())
        return self._changed(request, object_id, gettext("Resumed reminders."))

    def _changed(self, request: HttpRequest, object_id: str, words: str) -> HttpResponse:
        offer = Offer.objects.get(pk=object_id)
        self.log_change(request, offer, words)
        messages.success(request, words)
        return go_to(change_url(offer))
