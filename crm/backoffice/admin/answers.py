"""Answers, links and reasons in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.backoffice.admin.filters import ConditionFilter
from crm.backoffice.admin.parts import OfferRowsAdmin, choice_label, person
from crm.backoffice.changes import changing_offers
from crm.core.admin_base import ReadOnlyAdmin, change_url, dialog_action, go_to, say
from feedback.backoffice import answers, links, receive
from feedback.backoffice.models import Answer, Invitation, RejectedAnswer
from offers.models import Offer


class OpenFilter(ConditionFilter):
    """Rows on which somebody must still act: those where a time is empty."""

    field = ""
    todo = _("to do")
    done = _("dealt with")

    @cached_property
    def conditions(self) -> list[tuple[str, Any, Q]]:
        is_open = Q(**{f"{self.field}__isnull": True})
        return [("todo", self.todo, is_open), ("done", self.done, ~is_open)]


class HandledFilter(OpenFilter):
    title = _("dealt with")
    parameter_name = "handled"
    field = "handled_at"


class ResolvedFilter(OpenFilter):
    title = _("resolved")
    parameter_name = "resolved"
    field = "resolved_at"


class RegisteredFilter(OpenFilter):
    title = _("known to the public service")
    parameter_name = "registered"
    field = "registered_at"
    todo = _("not yet")
    done = _("yes")


@admin.register(Answer)
class AnswerAdmin(OfferRowsAdmin):
    list_display = [
        "offer",
        "customer",
        "kind_label",
        "reason_and_comment",
        "answered_at",
        "to_check",
        "is_handled",
    ]
    list_filter = [HandledFilter, "kind", "is_suspect", "channel", "reason"]
    list_select_related = ["offer__customer", "reason"]
    actions = ["mark_handled", "open_words"]
    actions_row = actions_detail = ["handle", "confirm", "dismiss", "undo"]
    fields: list[Any] = [
        ("offer", "customer"),
        ("kind", "channel"),
        "reason",
        "comment",
        "phone",
        "ask_again_on",
        ("is_suspect", "note"),
        ("answered_at", "received_at"),
        ("recorded_by", "handled_at", "notified_at"),
        "salesperson_reason",
    ]
    readonly_fields = flatten(fields[:-1])

    kind_label = choice_label(
        Answer,
        "kind",
        interested="success",
        declined="danger",
        undecided="warning",
        opted_out="danger",
    )

    # The salesperson's own reason can be chosen; all other fields are read-only.
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_act_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Answer, form: Any, change: bool) -> None:
        with changing_offers(obj.offer):
            answers.change_salesperson_reason(obj)

    @admin.display(description=_("customer"), ordering="offer__customer__search_text")
    def customer(self, answer: Answer) -> str:
        return str(answer.offer.customer)

    @admin.display(description=_("reason and comment"))
    def reason_and_comment(self, answer: Answer) -> str:
        return ": ".join(filter(None, [str(answer.reason or ""), answer.comment[:120]]))

    @display(description=_("to check"), ordering="is_suspect", label="warning")
    def to_check(self, answer: Answer) -> str:
        if (answer.is_suspect and not answer.dismissed_at) or answer.note:
            return gettext("to check")
        return ""

    @admin.display(description=_("dealt with"), boolean=True, ordering="handled_at")
    def is_handled(self, answer: Answer) -> bool:
        return answer.handled_at is not None

    @admin.action(description=_("Dealt with"), permissions=["change"])
    def mark_handled(self, request: HttpRequest, queryset: QuerySet[Answer]) -> None:
        done = answers.mark_handled(list(queryset), at=timezone.now())
        say(request, done, ngettext_lazy("%s answer is dealt with.", "%s answers are dealt with."))

    @admin.action(description=_("Open sealed comments again"), permissions=["change"])
    def open_words(self, request: HttpRequest, queryset: QuerySet[Answer]) -> None:
        done = sum(map(receive.open_sealed_comment, queryset.exclude(sealed_comment="")))
        say(request, done, ngettext_lazy("%s answer was opened.", "%s answers were opened."))

    @dialog_action(
        _("Dealt with"), _("Take this answer off the list of new answers."), icon="check"
    )
    def handle(self, request: HttpRequest, form: Any, answer: Answer) -> HttpResponse:
        if answers.mark_handled([answer], at=timezone.now()):
            messages.success(request, gettext("The answer is dealt with."))
        return go_to(reverse("admin:feedback_answer_changelist") + "?handled=todo")

    @dialog_action(
        _("It was a person"),
        _("The answer is no longer suspect and counts in all figures."),
        icon="person_check",
        submit=_("Confirm"),
    )
    def confirm(self, request: HttpRequest, form: Any, answer: Answer) -> None:
        if answers.confirm_answer(answer):
            messages.success(request, gettext("The answer counts."))
        else:
            messages.error(request, gettext("The answer was not marked as suspect."))

    @dialog_action(
        _("It was a robot"),
        _("What the answer did is taken back, the offer is open again and gets a fresh link."),
        icon="robot_2",
        submit=_("Take back"),
    )
    def dismiss(self, request: HttpRequest, form: Any, answer: Answer) -> HttpResponse:
        done = gettext("Took back the answer of a robot.")
        if answer.channel != Offer.Channel.LINK or not self._take_back(request, answer, done):
            messages.error(request, gettext("The answer was not marked as suspect."))
        return go_to(change_url(answer.offer))

    @dialog_action(
        _("Undo"), _("Take back an answer that was recorded here by mistake."), icon="undo"
    )
    def undo(self, request: HttpRequest, form: Any, answer: Answer) -> HttpResponse:
        done = gettext("Took back the answer “%s”.") % answer.get_kind_display()
        if answer.channel == Offer.Channel.LINK or not self._take_back(request, answer, done):
            messages.error(
                request, gettext("What the customer said through the link cannot be taken back.")
            )
        return go_to(change_url(answer.offer))

    def _take_back(self, request: HttpRequest, answer: Answer, done: str) -> bool:
        with changing_offers() as changed:
            changed.extend(answers.take_back_answer(answer, by=person(request), at=timezone.now()))
        if changed:
            self.log_change(request, answer.offer, done)
            messages.success(request, gettext("The answer was taken back."))
        return bool(changed)


@admin.register(Invitation)
class InvitationAdmin(OfferRowsAdmin):
    list_display = ["offer", "state_label", "expires_at", "registered_at", "mailed_at"]
    list_filter = ["state", RegisteredFilter]
    list_select_related = ["offer"]
    # Newest first by the key, which needs no sorting of all rows.
    ordering = ["-pk"]
    actions = ["extend", "revoke"]
    fields = readonly_fields = [
        "offer",
        "url",
        "state",
        "expires_at",
        "registered_at",
        "mailed_at",
        "created_at",
    ]

    state_label = choice_label(
        Invitation, "state", active="success", answered="info", revoked="danger"
    )

    @admin.action(description=_("Extend"), permissions=["act"])
    def extend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        with changing_offers(*Offer.objects.filter(invitations__in=queryset)):
            done = sum(map(links.extend_link, queryset))
        say(request, done, ngettext_lazy("%s link was extended.", "%s links were extended."))

    @admin.action(description=_("Revoke"), permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        with changing_offers(*Offer.objects.filter(invitations__in=queryset)):
            done = sum(map(links.revoke_link, queryset))
        say(request, done, ngettext_lazy("%s link was revoked.", "%s links were revoked."))


@admin.register(RejectedAnswer)
class RejectedAnswerAdmin(ReadOnlyAdmin):
    list_display = ["uid", "error", "received_at", "resolved_at"]
    list_filter = [ResolvedFilter]
    actions = ["retry", "resolve"]

    @admin.action(description=_("Try again"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[RejectedAnswer]) -> None:
        for rejected in queryset.filter(resolved_at=None):
            # Each in its own transaction: one that still fails must not undo the others.
            try:
                with changing_offers() as changed:
                    changed.extend(receive.retry_rejected(rejected, now=timezone.now()))
            except receive.UnreadableAnswerError as error:
                messages.error(request, f"{rejected}: {error}")
            else:
                messages.success(request, gettext("The answer %s is stored.") % rejected)

    @admin.action(description=_("Dealt with"), permissions=["act"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[RejectedAnswer]) -> None:
        for rejected in queryset.filter(resolved_at=None):
            with changing_offers() as changed:
                changed.extend(receive.resolve_rejected(rejected, now=timezone.now()))
            messages.success(request, gettext("The answer %s is dealt with.") % rejected)
