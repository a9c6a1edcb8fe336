"""The list of offers and the page of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)

import offers.services
from crm.backoffice.admin.filters import BehindTheFigures, ToDoFilter
from crm.backoffice.admin.forms import NoteContactForm, OfferForm
from crm.backoffice.admin.origins import find_origins
from crm.backoffice.admin.parts import (
    UploadAdmin,
    choice_label,
    person,
    render,
    say_paused,
    say_sent_now,
    tab,
)
from crm.backoffice.changes import changing_offers, follow_changes
from crm.backoffice.timeline import build_timeline
from crm.core.admin_base import ReadOnly, change_url, dialog_action, note_acts, once
from crm.core.search import further_lines
from feedback.backoffice import answers, links
from feedback.backoffice.forms import RecordAnswerForm
from feedback.backoffice.models import Answer, Invitation
from offers import new_offers
from offers.models import Customer, Offer, SourceFile
from offers.resources import OfferExportResource, OfferImportResource
from offers.status import note_contact
from reminders import services as reminder_services
from reminders.explain import explain, explain_sending
from reminders.forms import UntilForm
from reminders.models import FollowUp


class ReadOnlyInline(ReadOnly, TabularInline):
    tab = True
    extra = 0
    show_change_link = True


class AnswerInline(ReadOnlyInline):
    model = Answer
    fields = ["kind", "channel", "reason", "comment", "answered_at", "handled_at"]


class InvitationInline(ReadOnlyInline):
    model = Invitation
    fields = readonly_fields = ["url", "state", "expires_at", "registered_at"]


@admin.register(Offer)
class OfferAdmin(UploadAdmin):
    form = OfferForm
    inlines = [AnswerInline, InvitationInline]
    list_display = [
        "number",
        "customer",
        "company",
        "mail_subject",
        "sent_at",
        "status_label",
        "salesperson",
    ]
    list_filter = [
        BehindTheFigures,
        ToDoFilter,
        ("status", ChoicesDropdownFilter),
        ("salesperson", RelatedDropdownFilter),
        ("sent_at", RangeDateFilter),
    ]
    list_filter_submit = True
    list_select_related = ["customer", "salesperson"]
    list_per_page = 25
    search_help_text = _("Number, customer, company or subject.")
    autocomplete_fields = ["customer", "salesperson", "superseded_by"]
    readonly_fields = [
        "next_reminder", "company", "first_sent_at", "revision", "source", "status_at", "status_by", "contacted_at",
        "replied_at", "mails", "timeline",
    ]  # fmt: skip
    add_fieldsets = (
        (None, {"fields": ("number", "customer", "sent_at", "subject", "salesperson")}),
        (_("More"), {"fields": ("amount", "currency", "language", "note")}),
    )
    fieldsets = (
        (_("Reminders"), {"fields": ("next_reminder",)}),
        (
            None,
            {"fields": ("number", "customer", "company", "subject", "salesperson", "needs_review")},
        ),
        (_("Timeline"), {"fields": ("timeline",)}),
        tab(_("Status"), "status", "status_channel", "status_at", "status_by", "superseded_by"),
        tab(
            _("Reminders"),
            "paused_until",
            "reminders_stopped",
            "contact_basis",
            "contacted_at",
            "replied_at",
        ),
        tab(
            _("Details"),
            "sent_at",
            "first_sent_at",
            "revision",
            "amount",
            "currency",
            "language",
            "sender_email",
            "sender_name",
            "source",
            "note",
        ),
        tab(_("Mails"), "mails"),
    )
    # Grouped, because all of them side by side would need twice the width of a screen.
    _link_actions = ["new_link", "extend_link", "revoke_link"]
    _reminder_actions = ["send_reminder", "pause", "stop", "resume"]
    actions_detail: list[Any] = [
        "note_contact",
        "record_answer",
        {"title": _("Feedback links"), "icon": "link", "items": _link_actions},
        {"title": _("Reminders"), "icon": "send", "items": _reminder_actions},
    ]
    actions_row = ["note_contact", "record_answer", "new_link", "pause", "send_reminder"]
    resource_classes = [OfferImportResource]

    status_label = choice_label(
        Offer,
        "status",
        open="info",
        interested="success",
        ordered="success",
        declined="danger",
        no_answer="warning",
    )

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[OfferExportResource]]:
        return [OfferExportResource]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"after_store": follow_changes}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Offer:
        offer: Offer = super().save_form(request, form, change)
        if change:
            return offer
        # Built here as the import does it, because Django reads the object before `save_model`.
        fields = dict(form.cleaned_data)
        customer: Customer = fields.pop("customer")
        people = new_offers.load_people([customer.email])
        return new_offers.build_offer(
            people, email=customer.email, source=Offer.Source.MANUAL, **fields
        )

    def save_model(self, request: HttpRequest, obj: Offer, form: Any, change: bool) -> None:
        with changing_offers(obj):
            if change:
                offers.services.change_offer(
                    obj, changed=form.changed_data, by=person(request), at=timezone.now()
                )
            else:
                offers.services.add_offers([obj], at=timezone.now())

    @admin.display(description=_("company"), ordering="customer__search_text")
    def company(self, offer: Offer) -> str:
        return offer.customer.company

    @admin.display(description=_("subject"), ordering=further_lines())
    def mail_subject(self, offer: Offer) -> str:
        return offer.subject

    @admin.display(description=_("next reminder"))
    @once
    def next_reminder(self, offer: Offer) -> SafeString:
        """Return time and reason of the next reminder, holds on sending, and a link to its page."""
        follow_up = FollowUp.objects.filter(offer=offer).first()
        words = explain(follow_up)
        if follow_up is None:
            return format_html("{}", words)
        if follow_up.next_at is not None:
            words = " ".join([words, *explain_sending()])
        more = gettext("Release, skip, write, call or choose a plan")
        links = [(change_url(follow_up), more)]
        for file in offer.files.filter(state=SourceFile.State.REVIEW):
            links.insert(0, (change_url(file), gettext("Answer the question about a mail")))
        link = '<a class="underline" href="{}">{}</a>'
        return format_html("{} {}", words, format_html_join(" · ", link, links))

    @admin.display(description=_("timeline"))
    @once
    def timeline(self, offer: Offer) -> SafeString:
        return render("backoffice/timeline.html", {"events": build_timeline(offer)})

    @admin.display(description=_("mails"))
    @once
    def mails(self, offer: Offer) -> SafeString:
        files = offer.files.select_related("folder").order_by("-sent_at")
        rows = [(file, change_url(file), find_origins(file)) for file in files]
        return render("backoffice/offer_mails.html", {"rows": rows})

    @dialog_action(
        _("Note a contact"),
        _("A call or a visit. The next reminder waits until the quiet days after it are over."),
        icon="call",
        submit=_("Note"),
        form=NoteContactForm,
    )
    def note_contact(self, request: HttpRequest, form: NoteContactForm, offer: Offer) -> None:
        with changing_offers(offer):
            note = form.cleaned_data["note"]
            note_contact(offer, at=timezone.now(), by=person(request), note=note)
        messages.success(request, gettext("The contact about offer %s is noted.") % offer)

    @dialog_action(
        _("Record an answer"),
        _("What the customer said by phone or mail."),
        icon="call",
        submit=_("Record"),
        form=RecordAnswerForm,
    )
    def record_answer(self, request: HttpRequest, form: RecordAnswerForm, offer: Offer) -> None:
        answer = Answer(
            offer=offer,
            kind=form.kind,
            channel=form.chosen_channel,
            reason=form.cleaned_data["reason"],
            comment=form.cleaned_data["comment"],
            ask_again_on=form.cleaned_data["ask_again_on"],
            answered_at=timezone.now(),
            recorded_by=person(request),
        )
        with changing_offers() as changed:
            changed.extend(answers.record_answer(answer))
        messages.success(request, gettext("The answer of offer %s is recorded.") % offer)

    @dialog_action(
        _("New link"),
        _("The offer gets a fresh feedback link. The old one stops working within a minute."),
        icon="link",
    )
    def new_link(self, request: HttpRequest, form: Any, offer: Offer) -> None:
        with changing_offers(offer):
            links.renew_link(offer)
        self.log_change(request, offer, gettext("Issued a new feedback link."))
        messages.success(request, gettext("Offer %s has a new feedback link.") % offer)

    @dialog_action(
        _("Extend the link"),
        _("The feedback link works longer, counted from today."),
        icon="update",
        submit=_("Extend"),
    )
    def extend_link(self, request: HttpRequest, form: Any, offer: Offer) -> None:
        words = gettext("The feedback link of offer %s was extended.")
        self._with_active_link(request, offer, links.extend_link, words)

    @dialog_action(
        _("Revoke the link"),
        _("The feedback link stops working within a minute, without a new one."),
        icon="link_off",
        submit=_("Revoke"),
    )
    def revoke_link(self, request: HttpRequest, form: Any, offer: Offer) -> None:
        words = gettext("The feedback link of offer %s was revoked.")
        self._with_active_link(request, offer, links.revoke_link, words)

    def _with_active_link(
        self, request: HttpRequest, offer: Offer, act: Callable[[Invitation], bool], done: str
    ) -> None:
        invitation = offer.invitations.filter(state=Invitation.State.ACTIVE).first()
        with changing_offers(offer):
            is_done = invitation is not None and act(invitation)
        if is_done:
            self.log_change(request, offer, done % offer)
            messages.success(request, done % offer)
        else:
            messages.error(request, gettext("Offer %s has no active feedback link.") % offer)

    @dialog_action(
        _("Send the reminder now"),
        _(
            "It is sent at once, regardless of the plan. If the public service does not know the "
            "feedback link yet, it waits until it does."
        ),
        icon="send",
        submit=_("Send"),
    )
    def send_reminder(self, request: HttpRequest, form: Any, offer: Offer) -> None:
        note_acts(request, [offer], gettext("Asked to send the reminder now."))
        say_sent_now(request, reminder_services.send_now([offer], now=timezone.now()))

    @dialog_action(
        _("Pause reminders"),
        _("No reminder goes out before that day."),
        icon="pause",
        submit=_("Pause"),
        form=UntilForm,
    )
    def pause(self, request: HttpRequest, form: UntilForm, offer: Offer) -> None:
        until = form.cleaned_data["until"]
        reminder_services.pause(Offer.objects.filter(pk=offer.pk), until=until)
        self._changed(request, offer, say_paused(until))

    @dialog_action(
        _("Stop reminders"),
        _("No further reminder of this offer goes out."),
        icon="notifications_off",
        submit=_("Stop"),
    )
    def stop(self, request: HttpRequest, form: Any, offer: Offer) -> None:
        if reminder_services.stop(Offer.objects.filter(pk=offer.pk)):
            self._changed(request, offer, gettext("Stopped reminders."))
        else:
            messages.warning(request, gettext("Reminders of this offer were stopped before."))

    @dialog_action(
        _("Resume reminders"),
        _("Ends a pause or a stop, also one after a reply of the customer."),
        icon="notifications_active",
        submit=_("Resume"),
    )
    def resume(self, request: HttpRequest, form: Any, offer: Offer) -> None:
        reminder_services.resume(Offer.objects.filter(pk=offer.pk), now=timezone.now())
        self._changed(request, offer, gettext("Resumed reminders."))

    def _changed(self, request: HttpRequest, offer: Offer, words: str) -> None:
        note_acts(request, [offer], words)
        messages.success(request, words)
