"""The next reminder of each offer in the admin, with the actions of salespeople on it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.backoffice.admin.filters import ConditionFilter
from crm.backoffice.admin.parts import OfferRowsAdmin, person, say_paused, say_sent_now
from crm.core.admin_base import change_url, dialog_action, go_back, note_acts, one_row, say
from offers.models import Offer
from reminders import services
from reminders.explain import explain, explain_sending
from reminders.forms import OwnTextForm, UntilForm
from reminders.models import FollowUp
from reminders.planning import find_horizon, plan_offers
from reminders.rules import Because
from reminders.sentences import SENTENCES


class DueFilter(ConditionFilter):
    title = _("what is planned")
    parameter_name = "due"

    @cached_property
    def conditions(self) -> list[tuple[str, Any, Q]]:
        by_next_day = Q(next_at__lt=find_horizon(timezone.now()))
        return [
            ("next", _("mails by the end of the next working day"), by_next_day),
            ("mails", _("all mails to come"), Q(next_at__isnull=False)),
            ("release", _("waiting for release"), Q(because=Because.NEEDS_RELEASE)),
            ("calls", _("phone calls"), Q(call_at__isnull=False)),
            ("none", _("no further reminder"), Q(next_at=None, call_at=None)),
        ]


@admin.register(FollowUp)
class FollowUpAdmin(OfferRowsAdmin):
    list_display = ["offer_in_short", "customer_in_short", "next_in_short", "reason", "salesperson"]
    list_before_template = "backoffice/sending_notices.html"
    list_filter = [DueFilter, "offer__salesperson", "because"]
    list_select_related = ["offer__customer", "offer__salesperson"]
    ordering = [F("next_at").asc(nulls_last=True), "call_at", "pk"]
    actions = ["release", "skip", "call_instead", "record_call"]
    _more_actions = ["snooze", "skip_one", "call_one", "call_made"]
    actions_row = ["send_now", "release_one", *_more_actions, "edit_text"]
    actions_detail = [
        "send_now",
        "release_one",
        "edit_text",
        {"title": _("More actions"), "icon": "snooze", "items": _more_actions},
    ]
    fields = ["offer_link", "customer_link", "next_in_words", "plan", "own_text", "computed_at"]
    readonly_fields = ["offer_link", "customer_link", "next_in_words", "own_text", "computed_at"]

    # The plan can be chosen; all other fields are read-only.
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_act_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: FollowUp, form: Any, change: bool) -> None:
        obj.save(update_fields=["plan"])
        plan_offers([obj.offer])
        words = gettext("Chose the usual plan again.")
        if obj.plan:
            words = gettext("Chose the reminder plan “%s”.") % obj.plan
        note_acts(request, [obj.offer], words)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {**(extra_context or {}), "sending_notices": explain_sending()}
        )

    @display(description=_("offer"), ordering="offer__search_text", header=True)
    def offer_in_short(self, follow_up: FollowUp) -> tuple[str, str]:
        # The subject without the number, which is shown already. The topic usually follows the
        # number ("Ihr Angebot 4711: Carport"), and a card on a phone has room for two lines.
        number = follow_up.offer.number
        before, _number, after = " ".join(follow_up.offer.subject.split()).partition(number)
        return number, Truncator(after.strip(" :,-–/") or before.strip(" :,-–/")).chars(30)

    @display(description=_("customer"), ordering="offer__customer__search_text", header=True)
    def customer_in_short(self, follow_up: FollowUp) -> tuple[str, str]:
        customer = follow_up.offer.customer
        return customer.name or customer.email, customer.company

    @admin.display(description=_("salesperson"), ordering="offer__salesperson")
    def salesperson(self, follow_up: FollowUp) -> str:
        return str(follow_up.offer.salesperson or follow_up.offer.sender_name)

    @display(description=_("when"), ordering="next_at", header=True)
    def next_in_short(self, follow_up: FollowUp) -> tuple[str, str]:
        at = follow_up.next_at or follow_up.call_at
        if at is None:
            return "–", ""
        what = gettext("Phone call")
        if not follow_up.call_at:
            what = gettext("Reminder %d") % (follow_up.next_step or 1)
        if follow_up.own_text:
            what = ", ".join([what, gettext("own text")])
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"), what

    @admin.display(description=_("offer"))
    def offer_link(self, follow_up: FollowUp) -> SafeString:
        offer = follow_up.offer
        return format_html('<a href="{}">{}</a> {}', change_url(offer), offer.number, offer.subject)

    @admin.display(description=_("customer"))
    def customer_link(self, follow_up: FollowUp) -> SafeString:
        customer = follow_up.offer.customer
        words = ", ".join(filter(None, (customer.name, customer.company, customer.email)))
        return format_html('<a href="{}">{}</a>', change_url(customer), words)

    @admin.display(description=_("next reminder"))
    def next_in_words(self, follow_up: FollowUp) -> str:
        return explain(follow_up)

    @admin.display(description=_("because"), ordering="because")
    def reason(self, follow_up: FollowUp) -> str:
        return str(SENTENCES[Because(follow_up.because)]) if follow_up.because else "–"

    @admin.action(description=_("Release"), permissions=["change"])
    def release(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        offer_ids = services.release(rows, now=timezone.now())
        counted = ngettext_lazy("%d reminder released.", "%d reminders released.")
        _report(request, offer_ids, gettext("Released the next reminder."), counted)

    @admin.action(description=_("Skip the next reminder"), permissions=["change"])
    def skip(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        offer_ids = services.skip(rows, now=timezone.now())
        counted = ngettext_lazy("%d reminder skipped.", "%d reminders skipped.")
        _report(request, offer_ids, gettext("Skipped the next reminder."), counted)

    @admin.action(description=_("Call instead of the mail"), permissions=["change"])
    def call_instead(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        offer_ids = services.call_instead(rows, now=timezone.now())
        counted = ngettext_lazy(
            "%d phone call planned instead of a mail.", "%d phone calls planned instead of mails."
        )
        words = gettext("Planned a phone call instead of the next reminder.")
        _report(request, offer_ids, words, counted)

    @admin.action(description=_("The call was made"), permissions=["change"])
    def record_call(self, request: HttpRequest, rows: QuerySet[FollowUp]) -> None:
        offer_ids = services.record_call(rows, by=person(request), now=timezone.now())
        words = ngettext_lazy("%d phone call recorded.", "%d phone calls recorded.")
        say(request, len(offer_ids), words)

    @dialog_action(
        _("Send now"),
        _(
            "The next reminder is sent at once, regardless of the plan. If the public service does not "
            "know the feedback link yet, it waits until it does."
        ),
        icon="send",
        submit=_("Send"),
    )
    def send_now(self, request: HttpRequest, form: Any, follow_up: FollowUp) -> HttpResponse:
        note_acts(request, [follow_up.offer], gettext("Asked to send the reminder now."))
        say_sent_now(request, services.send_now([follow_up.offer], now=timezone.now()))
        return go_back(request, follow_up)

    @dialog_action(
        _("Later"),
        _("No reminder of this offer goes out before that day."),
        icon="snooze",
        submit=_("Move"),
        form=UntilForm,
    )
    def snooze(self, request: HttpRequest, form: UntilForm, follow_up: FollowUp) -> HttpResponse:
        until = form.cleaned_data["until"]
        offer_ids = services.snooze(FollowUp.objects.filter(pk=follow_up.pk), until=until)
        counted = ngettext_lazy("%d reminder moved.", "%d reminders moved.")
        _report(request, offer_ids, say_paused(until), counted)
        return go_back(request, follow_up)

    release_one = one_row(
        release, _("It goes out at the time that the plan says."), icon="play_arrow"
    )
    skip_one = one_row(
        skip,
        _("This reminder is left out; the next step of the plan follows."),
        icon="skip_next",
        title=_("Skip"),
    )
    call_one = one_row(
        call_instead,
        _("A phone call replaces this reminder."),
        icon="call",
        title=_("Call instead"),
    )
    call_made = one_row(record_call, _("The step is done, and the quiet days begin."), icon="check")

    @dialog_action(
        _("Write the text"),
        _("Your own words in the next reminder, in place of the text of the plan."),
        icon="edit_note",
        submit=_("Save text"),
        form=OwnTextForm,
    )
    def edit_text(
        self, request: HttpRequest, form: OwnTextForm, follow_up: FollowUp
    ) -> HttpResponse:
        text, rows = form.cleaned_data["text"], FollowUp.objects.filter(pk=follow_up.pk)
        offer_ids = services.write_own_text(rows, text, now=timezone.now())
        if not offer_ids:
            messages.error(request, SENTENCES[Because.SENDING])
        elif text:
            _note(request, offer_ids, gettext("Wrote the text of the next reminder."))
            messages.success(request, gettext("The next reminder of this offer uses your text."))
        else:
            _note(request, offer_ids, gettext("Took back the own text of the next reminder."))
            messages.success(
                request, gettext("The next reminder of this offer uses the mail text.")
            )
        return go_back(request, follow_up)


def _note(request: HttpRequest, offer_ids: Collection[int], act: str) -> None:
    """Record in the timeline of each offer what was done to its next reminder."""
    note_acts(request, Offer.objects.filter(pk__in=offer_ids), act)


def _report(request: HttpRequest, offer_ids: Collection[int], act: str, counted: Any) -> None:
    _note(request, offer_ids, act)
    say(request, len(offer_ids), counted)
