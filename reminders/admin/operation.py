"""Incidents, and whether sending waits for a person."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm

from crm.core.admin_tools import FactAdmin, dialog_action, go_to
from offers.admin.tools import person
from reminders import holds, services
from reminders.models import Incident, SendingHold


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

    @dialog_action(
        _("Release"),
        _("What is due goes out with the next run."),
        icon="play_arrow",
        permission="act",
    )
    def release(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        try:
            released = services.release_hold(by=person(request), now=timezone.now())
        except services.MailsUnreadError as error:
            messages.error(request, str(error))
        else:
            words = (
                gettext("Sending goes on with the next run.")
                if released
                else gettext("Sending is not held.")
            )
            messages.add_message(request, messages.SUCCESS if released else messages.WARNING, words)
        return go_to(reverse("admin:reminders_sendinghold_change", args=[object_id]))

    @dialog_action(
        _("Hold"),
        _("No reminder goes out until someone releases sending."),
        icon="pause",
        permission="act",
    )
    def hold(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        holds.hold_sending(SendingHold.Reason.PERSON, timezone.now())
        messages.success(request, gettext("Sending is held."))
        return go_to(reverse("admin:reminders_sendinghold_change", args=[object_id]))
