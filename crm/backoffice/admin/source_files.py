"""The import log in the admin: the state of each mail file, and actions to correct it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from crm.backoffice.admin.forms import AttachForm, MakeOfferForm
from crm.backoffice.admin.mail_head import build_head
from crm.backoffice.admin.parts import choice_label, render, tab
from crm.backoffice.admin.question_pages import (
    QuestionPages,
    carry_out,
    has_history,
    undo_answer,
)
from crm.backoffice.changes import follow_changes
from crm.core.admin_base import ReadOnlyAdmin, change_url, dialog_action, go_to, one_row, say
from crm.core.search import KeysFirstPaginator
from offers import answering, services
from offers.mail_import import recheck
from offers.mail_import.result import ImportResult
from offers.message_view import explain_defects, read_mail_view
from offers.models import SourceFile

MOST_AT_ONCE = 5_000
IGNORABLE = (SourceFile.State.REVIEW, SourceFile.State.BROKEN)


@admin.register(SourceFile)
class SourceFileAdmin(QuestionPages, ReadOnlyAdmin):
    """One row per file. Actions change the decision about it; nobody adds or deletes a row."""

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
    paginator = KeysFirstPaginator
    search_fields = ["name", "subject", "message_id", "number"]
    actions = ["check_files_again", "make_offers", "ignore"]
    actions_detail = ["make_offer", "attach", "check_again", "ignore_one", "undo"]
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
        tab(_("File"), "folder", "name", "size", "first_seen_at", "message_id", "defects_text"),
    )
    readonly_fields = ["mail", "defects_text"]

    state_label = choice_label(
        SourceFile,
        "state",
        offer="success",
        revision="success",
        follow_up="info",
        review="warning",
        waiting="warning",
        broken="danger",
    )

    @display(description=_("subject, and why"), ordering="subject", header=True)
    def mail_in_short(self, file: SourceFile) -> tuple[str, str]:
        return file.subject, str(file.get_reason_display())

    @admin.display(description=_("what was wrong with the mail"))
    def defects_text(self, file: SourceFile) -> str:
        return "\n".join(explain_defects(file.defects))

    @admin.display(description=_("mail"))
    def mail(self, file: SourceFile) -> SafeString:
        view = read_mail_view(file)
        return render("backoffice/mail.html", {"rows": build_head(file, view), "view": view})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        # Fields without a value are left out.
        fieldsets = []
        for name, options in super().get_fieldsets(request, obj):
            fields = [field for field in options["fields"] if _has_value(obj, field)]
            fieldsets.append((name, {**options, "fields": fields}))
        return fieldsets

    @admin.action(description=_("Check again"), permissions=["act"])
    def check_files_again(self, request: HttpRequest, queryset: QuerySet[SourceFile]) -> None:
        files = list(queryset.select_related("folder")[: MOST_AT_ONCE + 1])
        if len(files) > MOST_AT_ONCE:
            messages.error(request, gettext("Choose at most %d files at once.") % MOST_AT_ONCE)
            return
        _show_result(request, check_files_again(files))

    @admin.action(description=_("Make it an offer"), permissions=["act"])
    def make_offers(self, request: HttpRequest, queryset: QuerySet[SourceFile]) -> None:
        made = skipped = 0
        for file in queryset.filter(state=SourceFile.State.REVIEW).select_related("folder"):
            customer = services.find_customer_of(file)
            if not (file.number and customer):
                skipped += 1
                continue
            number, email = file.number, customer.email
            made += carry_out(request, file, answering.make_offer, number=number, email=email)
        say(request, made, ngettext_lazy("%d offer was made.", "%d offers were made."))
        if skipped:
            text = ngettext(
                "%d mail lacks a number or a certain recipient. Open it and enter them.",
                "%d mails lack a number or a certain recipient. Open them and enter them.",
                skipped,
            )
            messages.warning(request, text % skipped)

    @admin.action(description=_("Ignore"), permissions=["act"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[SourceFile]) -> None:
        count = 0
        for file in queryset.filter(state__in=IGNORABLE).select_related("folder"):
            count += carry_out(request, file, answering.dismiss)
        say(request, count, ngettext_lazy("%d mail is ignored.", "%d mails are ignored."))

    @dialog_action(
        _("Make it an offer"),
        _("The mail counts as an offer of this number."),
        icon="request_quote",
        permission="act",
        form=MakeOfferForm,
    )
    def make_offer(
        self, request: HttpRequest, form: MakeOfferForm, file: SourceFile
    ) -> HttpResponse | None:
        customer = services.find_customer_of(file)
        email = form.cleaned_data["email"] or (customer.email if customer else "")
        number = form.cleaned_data["number"] or file.number
        if not (number and email):
            words = gettext("The mail lacks the offer number or the customer. Enter them.")
            messages.error(request, words)
            return None
        if carry_out(request, file, answering.make_offer, number=number, email=email):
            messages.success(request, gettext("The mail belongs to offer %s now.") % file.offer)
        return go_to(change_url(file.offer or file))

    @dialog_action(
        _("It belongs to an offer"),
        _(
            "A received mail counts as the customer's reply and stops the reminders; a sent one as a follow-up."
        ),
        icon="link",
        submit=_("Assign"),
        permission="act",
        form=AttachForm,
    )
    def attach(self, request: HttpRequest, form: AttachForm, file: SourceFile) -> HttpResponse:
        offer = form.cleaned_data["number"]
        if carry_out(request, file, answering.attach, offer=offer):
            messages.success(request, gettext("The mail belongs to offer %s now.") % offer)
        return go_to(change_url(offer))

    check_again = one_row(
        check_files_again, _("The mail is checked again with today's settings."), icon="refresh"
    )

    @dialog_action(
        _("Ignore"),
        _("The mail is no offer and needs nobody's attention."),
        icon="block",
        permission="act",
    )
    def ignore_one(self, request: HttpRequest, form: Any, file: SourceFile) -> None:
        if file.state in IGNORABLE:
            if carry_out(request, file, answering.dismiss):
                messages.success(request, gettext("The mail is ignored."))
        else:
            messages.error(request, gettext("Only mails that are to be checked can be ignored."))

    @dialog_action(
        _("Take the decision back"),
        _("The mail, its offer and its reminders become as they were before."),
        icon="undo",
        permission="undo",
    )
    def undo(self, request: HttpRequest, form: Any, file: SourceFile) -> None:
        undo_answer(request, file)

    def has_undo_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may take back the decision about this entry, given by its key."""
        undoable = SourceFile.objects.filter(pk=obj, undo__isnull=False)
        return self.has_act_permission(request) and undoable.exists()


def check_files_again(files: Sequence[SourceFile]) -> ImportResult:
    """Decide again about files of the import log; keep offers with an answer or a reminder."""
    return recheck.check_again(files, after_store=follow_changes, has_history=has_history)


def _has_value(file: SourceFile, field: str) -> bool:
    if field == "mail":
        return True
    value = file.defects if field == "defects_text" else getattr(file, field)
    return value not in (None, "", [])


def _show_result(request: HttpRequest, result: ImportResult) -> None:
    if result.states:
        messages.success(request, gettext("Checked again: %s.") % result.describe_states())
    for problem in result.problems:
        messages.warning(request, problem)
