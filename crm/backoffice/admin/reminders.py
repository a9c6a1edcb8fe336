"""Reminder mails in the admin, with actions on those in doubt or failed, and the sending hold."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.backoffice.admin.parts import OfferRowsAdmin, choice_label, person
from crm.core.admin_base import ReadOnlyAdmin, dialog_action, one_row, say
from reminders import holds, services
from reminders.explain import explain, explain_doubts
from reminders.models import Reminder, ReminderPlan, SendingHold


class StepFilter(admin.SimpleListFilter):
    title = _("step")
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        # The steps of the plans: finding those of the reminders would scan all of them.
        longest = max(map(len, ReminderPlan.objects.values_list("days", flat=True)), default=0)
        return [(str(step), str(step)) for step in range(1, longest + 1)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        value = self.value() or ""
        return queryset.filter(step=value) if value.isdecimal() else queryset


@admin.register(Reminder)
class ReminderAdmin(OfferRowsAdmin):
    list_display = ["offer", "step", "state_label", "recipient", "tried_at", "outcome"]
    list_before_template = "backoffice/sending_notices.html"
    list_filter = ["state", StepFilter]
    list_select_related = ["offer__follow_up", "resolved_by"]
    # Newest first by the key, which needs no sorting of all rows.
    ordering = ["-pk"]
    actions = ["was_sent", "send_again", "set_aside"]
    actions_row = actions_detail = ["was_sent_one", "send_again_one", "set_aside_one"]
    fields = [
        "offer", ("step", "state"), "recipient", "subject", ("mail_date", "message_id"), ("claimed_at", "sent_at"),
        ("attempts", "retry_at"), "server_reply", "resolved_by",
    ]  # fmt: skip

    state_label = choice_label(
        Reminder, "state", sent="success", failed="danger", in_doubt="danger", planned="warning"
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {**(extra_context or {}), "sending_notices": explain_doubts()}
        )

    @admin.display(description=_("when"), ordering="claimed_at")
    def tried_at(self, reminder: Reminder) -> str:
        at = reminder.sent_at or reminder.claimed_at or reminder.mail_date
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("outcome"))
    def outcome(self, reminder: Reminder) -> str:
        """Return the mail server's reply and, for a planned retry, whether it will still be sent."""
        if reminder.state == Reminder.State.FAILED and reminder.resolved_by:
            by = gettext("Dealt with by %s.") % reminder.resolved_by
            return f"{reminder.server_reply[:120]} {by}".strip()
        if reminder.state != Reminder.State.PLANNED:
            return reminder.server_reply[:120]
        follow_up = getattr(reminder.offer, "follow_up", None)
        return f"{reminder.server_reply[:120]} {explain(follow_up)}".strip()

    @admin.action(description=_("Was sent"), permissions=["act"])
    def was_sent(self, request: HttpRequest, rows: QuerySet[Reminder]) -> None:
        count = services.resolve_as_sent(rows, by=person(request), now=timezone.now())
        words = ngettext_lazy("%d reminder counts as sent now.", "%d reminders count as sent now.")
        say(request, count, words)

    @admin.action(description=_("Send again"), permissions=["act"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Reminder]) -> None:
        chosen = rows.count()
        count = services.send_again(rows, by=person(request), now=timezone.now())
        words = ngettext_lazy(
            "%d reminder goes out with the next run.", "%d reminders go out with the next run."
        )
        say(request, count, words)
        if count < chosen:
            rest = gettext(
                "The others are not sent again: they were sent, their offer is closed or stopped, or a "
                "later step was sent, skipped or done by phone. “Dealt with” removes a failed "
                "reminder from Today."
            )
            messages.warning(request, rest)

    @admin.action(description=_("Dealt with"), permissions=["act"])
    def set_aside(self, request: HttpRequest, rows: QuerySet[Reminder]) -> None:
        count = services.resolve_failed(rows, by=person(request))
        words = ngettext_lazy(
            "%d failed reminder is dealt with.", "%d failed reminders are dealt with."
        )
        say(request, count, words)

    was_sent_one = one_row(
        was_sent, _("You have seen that the customer got the mail."), icon="mark_email_read"
    )
    send_again_one = one_row(
        send_again,
        _("The customer gets the mail again if it did arrive after all."),
        icon="forward_to_inbox",
    )
    set_aside_one = one_row(
        set_aside,
        _("Marks a failed reminder as dealt with. It is then no longer listed under Today."),
        icon="done",
    )


@admin.register(SendingHold)
class SendingHoldAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "held_at", "due_count", "allowed_until", "released_by"]
    actions_detail = ["release", "hold"]

    def get_queryset(self, request: HttpRequest) -> Any:
        # Creates the one row if nobody has held sending yet, so that the list is never empty.
        SendingHold.get()
        return super().get_queryset(request)

    @dialog_action(
        _("Release"),
        _("What is due goes out with the next run."),
        icon="play_arrow",
        permission="act",
    )
    def release(self, request: HttpRequest, form: Any, hold: SendingHold) -> None:
        try:
            released = services.release_hold(by=person(request), now=timezone.now())
        except services.MailsUnreadError as error:
            messages.error(request, str(error))
            return
        if released:
            messages.success(request, gettext("Sending goes on with the next run."))
        else:
            messages.warning(request, gettext("Sending is not held."))

    @dialog_action(
        _("Hold"),
        _("No reminder goes out until someone releases sending."),
        icon="pause",
        permission="act",
    )
    def hold(self, request: HttpRequest, form: Any, hold: SendingHold) -> None:
        holds.hold_sending(SendingHold.Reason.PERSON, timezone.now())
        messages.success(request, gettext("Sending is held."))
