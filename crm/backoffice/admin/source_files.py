"""The import log in the admin: what became of each mail file, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from crm.backoffice.admin.forms import AttachForm, MakeOfferForm
from crm.backoffice.admin.parts import person, render
from crm.backoffice.changes import changing_offers
from crm.backoffice.recheck import check_files_again
from crm.core.admin_base import change_url, dialog_action, go_to
from offers import services
from offers.defects import explain_defects
from offers.mail_import.store import ImportResult
from offers.message_view import MailView, read_mail_view
from offers.models import Offer, SourceFile, number_key

# Unfold shows the code instead of the label for a state that has no entry here.
STATE_COLOURS = dict.fromkeys(SourceFile.State.values, "") | {
    "offer": "success", "revision": "success", "follow_up": "info", "review": "warning", "waiting": "warning",
    "broken": "danger",
}  # fmt: skip
MOST_AT_ONCE = 5_000


@admin.register(SourceFile)
class SourceFileAdmin(ModelAdmin):
    """One row per file. The rows are facts: actions change what became of a file, nobody writes or
    removes them.
    """

    list_display = ["name", "folder", "state_label", "mail_in_short", "sender", "sent_at", "offer"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("folder", RelatedDropdownFilter),
        ("first_seen_at", RangeDateTimeFilter),
    ]
    list_filter_submit = True
    list_select_related = ["folder", "offer"]
    list_per_page = 50
    search_fields = ["name", "subject", "message_id", "number"]
    show_full_result_count = False
    actions = ["check_files_again", "make_offers", "ignore"]
    actions_detail = ["make_offer", "attach", "check_again", "ignore_one"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "state",
                    "reason",
                    "detail",
                    "offer",
                    "number",
                    "duplicate_of",
                    "decided_by",
                    "decided_at",
                )
            },
        ),
        (_("Mail"), {"fields": ("mail",)}),
        (
            _("File"),
            {
                "fields": ("folder", "name", "size", "first_seen_at", "message_id", "defects_text"),
                "classes": ["tab"],
            },
        ),
    )
    readonly_fields = [
        "state", "reason", "detail", "offer", "number", "duplicate_of", "decided_by", "decided_at", "mail", "folder",
        "name", "size", "first_seen_at", "message_id", "defects_text",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def state_label(self, file: SourceFile) -> tuple[str, str]:
        return file.state, file.get_state_display()

    @display(description=_("subject, and why"), ordering="subject", header=True)
    def mail_in_short(self, file: SourceFile) -> tuple[str, str]:
        return file.subject, str(file.get_reason_display())

    @admin.display(description=_("what was wrong with the mail"))
    def defects_text(self, file: SourceFile) -> str:
        return "\n".join(explain_defects(file.defects))

    @admin.display(description=_("mail"))
    def mail(self, file: SourceFile) -> SafeString:
        view = read_mail_view(file)
        return render("backoffice/mail.html", {"rows": _head_of(file, view), "view": view})

    def get_fieldsets(self, request: HttpRequest, obj: SourceFile | None = None) -> Any:
        """Leave out what has nothing to say about this file."""
        fieldsets = []
        for name, options in super().get_fieldsets(request, obj):
            fields = [field for field in options["fields"] if obj is None or _says(obj, field)]
            fieldsets.append((name, {**options, "fields": fields}))
        return fieldsets

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        nothing_to_save = {"show_save": False, "show_save_and_continue": False}
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, {**nothing_to_save, **(extra_context or {})}
        )
        return response

    @admin.action(description=_("Check again"), permissions=["change"])
    def check_files_again(self, request: HttpRequest, queryset: QuerySet[SourceFile]) -> None:
        files = list(queryset.select_related("folder")[: MOST_AT_ONCE + 1])
        if len(files) > MOST_AT_ONCE:
            messages.error(request, gettext("Choose at most %d files at once.") % MOST_AT_ONCE)
            return
        _show(request, check_files_again(files))

    @admin.action(description=_("Make it an offer"), permissions=["change"])
    def make_offers(self, request: HttpRequest, queryset: QuerySet[SourceFile]) -> None:
        made = skipped = 0
        for file in queryset.filter(state=SourceFile.State.REVIEW).select_related("folder"):
            customer = services.find_customer_of(file)
            if not (file.number and customer):
                skipped += 1
                continue
            email, name = customer
            with changing_offers() as changed:
                offer = services.make_offer_of_file(
                    file,
                    number=file.number,
                    email=email,
                    name=name,
                    by=person(request),
                    at=timezone.now(),
                )
                changed.append(offer)
            made += 1
        messages.success(
            request, ngettext("%d offer was made.", "%d offers were made.", made) % made
        )
        if skipped:
            text = ngettext(
                "%d mail lacks a number or a certain recipient. Open it and enter them.",
                "%d mails lack a number or a certain recipient. Open them and enter them.",
                skipped,
            )
            messages.warning(request, text % skipped)

    @admin.action(description=_("Ignore"), permissions=["change"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[SourceFile]) -> None:
        count = services.ignore_files(list(queryset), by=person(request), at=timezone.now())
        messages.success(
            request, ngettext("%d mail is ignored.", "%d mails are ignored.", count) % count
        )

    @dialog_action(
        _("Make it an offer"),
        _("The mail counts as an offer of this number."),
        icon="request_quote",
        form=MakeOfferForm,
    )
    def make_offer(self, request: HttpRequest, form: MakeOfferForm, object_id: str) -> HttpResponse:
        file = SourceFile.objects.select_related("folder").get(pk=object_id)
        email, name = services.find_customer_of(file) or ("", "")
        entered = form.cleaned_data["email"]
        if entered and entered != email:
            email, name = entered, ""
        number = form.cleaned_data["number"] or file.number
        if not (number and email):
            messages.error(
                request,
                gettext("The mail does not say it: enter the offer number and the customer."),
            )
            return go_to(change_url(file))
        with changing_offers() as changed:
            offer = services.make_offer_of_file(
                file, number=number, email=email, name=name, by=person(request), at=timezone.now()
            )
            changed.append(offer)
        messages.success(request, gettext("The mail belongs to offer %s now.") % offer)
        return go_to(change_url(offer))

    @dialog_action(
        _("It belongs to an offer"),
        _(
            "A received mail counts as the customer's reply and stops the reminders; a sent one as a follow-up."
        ),
        icon="link",
        submit=_("Assign"),
        form=AttachForm,
    )
    def attach(self, request: HttpRequest, form: AttachForm, object_id: str) -> HttpResponse:
        file = SourceFile.objects.get(pk=object_id)
        offer = Offer.objects.get(number_key=number_key(form.cleaned_data["number"]))
        with changing_offers(offer):
            services.attach_file(file, offer, by=person(request), at=timezone.now())
        messages.success(request, gettext("The mail belongs to offer %s now.") % offer)
        return go_to(change_url(offer))

    @dialog_action(
        _("Check again"), _("The mail is decided anew with today's settings."), icon="refresh"
    )
    def check_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        file = SourceFile.objects.select_related("folder").get(pk=object_id)
        _show(request, check_files_again([file]))
        return go_to(change_url(file))

    @dialog_action(
        _("Ignore"), _("The mail is no offer and needs nobody's attention."), icon="block"
    )
    def ignore_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        file = SourceFile.objects.get(pk=object_id)
        if services.ignore_files([file], by=person(request), at=timezone.now()):
            messages.success(request, gettext("The mail is ignored."))
        else:
            messages.error(request, gettext("Only mails that are to be checked can be ignored."))
        return go_to(change_url(file))


def _says(file: SourceFile, field: str) -> bool:
    """Return whether a field of the page has something to say about the file."""
    if field == "mail":
        return True
    value = file.defects if field == "defects_text" else getattr(file, field)
    return value not in (None, "", [])


def _head_of(file: SourceFile, view: MailView) -> list[tuple[str, Sequence[str]]]:
    """Return the lines above the text of a mail, as pairs of label and values; those without values
    are left out.
    """
    labels = {
        "to": pgettext("mail", "To"),
        "cc": pgettext("mail", "Cc"),
        "bcc": pgettext("mail", "Bcc"),
    }
    lines: list[tuple[str, Sequence[str]]] = [(gettext("Subject"), [file.subject])]
    if file.sender:
        lines.append((gettext("From"), [_name_address(file.sender_name, file.sender)]))
    for field, label in labels.items():
        people = [
            _name_address(each["name"], each["email"])
            for each in file.recipients
            if each["field"] == field
        ]
        lines.append((label, people))
    if file.sent_at:
        sent_at = date_format(timezone.localtime(file.sent_at), "SHORT_DATETIME_FORMAT")
        lines.append((gettext("Sent"), [sent_at]))
    lines.append((gettext("Attachments"), view.attachments))
    return [(label, values) for label, values in lines if any(values)]


def _name_address(name: str, email: str) -> str:
    return f"{name} <{email}>".strip()


def _show(request: HttpRequest, result: ImportResult) -> None:
    states = ", ".join(
        f"{count} {SourceFile.State(state).label}" for state, count in sorted(result.states.items())
    )
    if states:
        messages.success(request, gettext("Checked again: %s.") % states)
    for problem in result.problems:
        messages.warning(request, problem)
