"""The page of an offer with its reminders."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm

from crm.backoffice.admin import answers as answer_pages
from crm.backoffice.admin import offers as offer_pages
from crm.backoffice.admin.follow_ups import say_paused, send_offers_now
from crm.backoffice.story import Event, Kind
from crm.core.admin_base import change_url, dialog_action, go_to, note_acts, once
from offers.models import Offer
from reminders import services
from reminders.explain import explain, explain_sending
from reminders.forms import UntilForm
from reminders.models import FollowUp, Reminder
from reminders.planning import find_open_replies, plan_offers

_Below = answer_pages.OfferAdmin


class ToDoFilter(offer_pages.ToDoFilter):
    """Replies that somebody has dealt with are no longer to do."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        if self.value() == "replied":
            return find_open_replies(queryset)
        return super().queryset(request, queryset)


admin.site.unregister(Offer)


@admin.register(Offer)
class OfferAdmin(_Below):
    """The page of an offer with its reminders: when the next one comes and why, and what was
    sent.
    """

    list_filter = [
        ToDoFilter if each is offer_pages.ToDoFilter else each for each in _Below.list_filter
    ]
    actions_row = [*_Below.actions_row, "pause", "send_reminder"]
    actions_detail = [
        *_Below.actions_detail,
        {
            "title": _("Reminders"),
            "icon": "send",
            "items": ["send_reminder", "pause", "stop", "resume"],
        },
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
        plan_offers([obj])

    @admin.display(description=_("next reminder"))
    @once
    def next_reminder(self, offer: Offer) -> SafeString:
        """When the next one comes and why, what keeps all of them back, and where more can be done
        about it.
        """
        follow_up = FollowUp.objects.filter(offer=offer).first()
        if follow_up is None or follow_up.next_at is None:
            words = explain(follow_up)
        else:
            words = " ".join([explain(follow_up), *explain_sending()])
        if follow_up is None:
            return format_html("{}", words)
        more = gettext("Release, skip, write, call or choose a plan")
        return format_html(
            '{} <a class="underline" href="{}">{}</a>', words, change_url(follow_up), more
        )

    def get_events(self, offer: Offer) -> list[Event]:
        if offer.pk is None:
            return []
        reminders = [
            Event(
                row.sent_at or row.claimed_at or row.mail_date,
                gettext("Reminder %(step)d: %(state)s")
                % {"step": row.step, "state": row.get_state_display()},
                _describe(row),
                Kind.REMINDER,
                change_url(row),
            )
            for row in offer.reminders.select_related("resolved_by")
        ]
        return [*super().get_events(offer), *reminders]

    @dialog_action(
        _("Send the reminder now"),
        _(
            "It goes out at once, whatever the plan says. If the public page does not know the feedback link yet, it "
            "waits until it does."
        ),
        icon="send",
        submit=_("Send"),
    )
    def send_reminder(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        offer = Offer.objects.get(pk=object_id)
        send_offers_now(request, [offer])
        return go_to(change_url(offer))

    @dialog_action(
        _("Pause reminders"),
        _("No reminder goes out before that day."),
        icon="pause",
        submit=_("Pause"),
        form=UntilForm,
    )
    def pause(self, request: HttpRequest, form: UntilForm, object_id: str) -> HttpResponse:
        until = form.cleaned_data["until"]
        services.pause(Offer.objects.filter(pk=object_id), until=until)
        return self._changed(request, object_id, say_paused(until))

    @dialog_action(
        _("Stop reminders"),
        _("No further reminder of this offer goes out."),
        icon="notifications_off",
        submit=_("Stop"),
    )
    def stop(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        if not services.stop(Offer.objects.filter(pk=object_id)):
            messages.warning(request, gettext("Reminders of this offer were stopped before."))
            return go_to(change_url(Offer.objects.get(pk=object_id)))
        return self._changed(request, object_id, gettext("Stopped reminders."))

    @dialog_action(
        _("Resume reminders"),
        _("Ends a pause or a stop, also one after a reply of the customer."),
        icon="notifications_active",
        submit=_("Resume"),
    )
    def resume(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        services.resume(Offer.objects.filter(pk=object_id), now=timezone.now())
        return self._changed(request, object_id, gettext("Resumed reminders."))

    def _changed(self, request: HttpRequest, object_id: str, words: str) -> HttpResponse:
        offer = Offer.objects.get(pk=object_id)
        note_acts(request, [offer], words)
        messages.success(request, words)
        return go_to(change_url(offer))


def _describe(row: Reminder) -> str:
    """Return to whom a reminder went, what the mail server said if it did not take it, and who
    decided about it.
    """
    words = "" if row.state == Reminder.State.SENT else row.server_reply
    decided = gettext("decided by %s") % row.resolved_by if row.resolved_by else ""
    return "\n".join(filter(None, (row.recipient, words, decided)))
