"""The sidebar of the office: by task, with what waits behind each entry."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, IntegerField, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from feedback.backoffice.models import Answer
from offers.models import SourceFile
from reminders.models import Reminder

# title, icon, model, query of the list, badge
_MENU: list[tuple[Any, list[tuple[Any, str, str, str, str]]]] = [
    (
        _("Offers"),
        [
            (_("Answers"), "forum", "feedback.Answer", "", "answers"),
            (_("Offers"), "request_quote", "offers.Offer", "", ""),
            (_("Customers"), "groups", "offers.Customer", "", ""),
        ],
    ),
    (
        _("Follow up"),
        [
            (_("Due next"), "event_upcoming", "reminders.FollowUp", "due=next", ""),
            (_("All follow-ups"), "checklist", "reminders.FollowUp", "", ""),
            (_("Reminders sent"), "send", "reminders.Reminder", "", ""),
            (_("Phone calls"), "call", "reminders.FollowUp", "due=calls", ""),
            (
                _("In doubt or failed"),
                "report",
                "reminders.Reminder",
                "state__in=in_doubt,failed",
                "stuck",
            ),
            (_("Addresses that bounced"), "block", "offers.Customer", "silent=bounced", ""),
        ],
    ),
    (
        _("Import"),
        [
            (_("To check"), "rule", "offers.SourceFile", "state__exact=review", "review"),
            (_("Import log"), "history", "offers.SourceFile", "", ""),
            (_("Mail folders"), "folder_open", "offers.MailFolder", "", ""),
        ],
    ),
    (
        _("Settings"),
        [
            (_("Reminder plans"), "calendar_month", "reminders.ReminderPlan", "", ""),
            (_("Mail texts"), "edit_note", "reminders.MailText", "", ""),
            (_("Plans of customers"), "person_check", "reminders.CustomerPlan", "", ""),
            (_("Company holidays"), "celebration", "reminders.CompanyHoliday", "", ""),
            (_("Decline reasons"), "list_alt", "feedback.DeclineReason", "", ""),
            (_("Own company"), "apartment", "accounts.OwnCompany", "", ""),
            (_("People"), "person", "accounts.User", "", ""),
            (_("Roles"), "shield_person", "auth.Group", "", ""),
        ],
    ),
    (
        _("Operation"),
        [
            (_("Jobs"), "schedule", "core.JobRun", "", ""),
            (_("Failed tasks"), "error", "django_q.Failure", "", ""),
            (_("Incidents"), "warning", "core.Incident", "", ""),
            (_("Hold on sending"), "pause_circle", "reminders.SendingHold", "", ""),
            (_("Feedback links"), "link", "feedback.Invitation", "", ""),
            (_("Rejected answers"), "mark_email_unread", "feedback.RejectedAnswer", "", ""),
        ],
    ),
]


def stylesheet(request: HttpRequest) -> str:
    """Return the address of what unfold's own style lacks."""
    return static("backoffice/office.css")


def script(request: HttpRequest) -> str:
    """Return the address of the names that unfold's widgets lack."""
    return static("backoffice/office.js")


def favicon(request: HttpRequest) -> str:
    """Return the address of the icon in the browser's tab."""
    return static("backoffice/favicon.svg")


def build(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar that this person may open, as unfold wants them."""
    badges = count_waiting(request.user)
    home = {"title": _("Today"), "icon": "home", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    if request.user.has_perm("stats.view_figures"):
        groups[0]["items"].append(
            {"title": _("Figures"), "icon": "monitoring", "link": reverse("stats:show")}
        )
    for title, entries in _MENU:
        items = [item for entry in entries if (item := _build_item(request, entry, badges))]
        if items:
            groups.append({"title": title, "items": items, "separator": True})
    return groups


def _build_item(
    request: HttpRequest, entry: tuple[Any, str, str, str, str], badges: dict[str, int]
) -> dict[str, Any] | None:
    title, icon, label, query, badge = entry
    model = apps.get_model(label)
    if not can_open(request.user, label):
        return None
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    item = {"title": title, "icon": icon, "link": f"{url}?{query}" if query else url}
    # Two entries lead to one list: the one with the query is marked where the query stands in the
    # address.
    here = request.path.startswith(url)
    item["active"] = here and (_asks_for(request, query) if query else not _is_other(request, url))
    if badge and badges.get(badge):
        item |= {
            "badge": badges[badge],
            "badge_variant": "danger" if badge == "stuck" else "primary",
        }
    return item


def can_open(user: Any, label: str) -> bool:
    """True when the admin has a list of these rows and the person may look at it."""
    model = apps.get_model(label)
    right = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return admin.site.is_registered(model) and bool(user.has_perm(right))


def _asks_for(request: HttpRequest, query: str) -> bool:
    """True where the address asks for the rows of an entry or for some of them, as one state of
    several.
    """
    name, _equals, values = query.partition("=")
    field = name.partition("__")[0]
    asked = {
        value
        for key, text in request.GET.items()
        if key.partition("__")[0] == field
        for value in str(text).split(",")
    }
    return bool(asked) and asked <= set(values.split(","))


def _is_other(request: HttpRequest, url: str) -> bool:
    queries = {query for _title, entries in _MENU for *_rest, query, _badge in entries if query}
    return request.path == url and any(_asks_for(request, query) for query in queries)


def count_waiting(user: Any) -> dict[str, int]:
    """Return how much waits for a person: new answers, mails to check, reminders that are stuck.
    One query.
    """
    waiting = {
        "answers": new_answers(),
        "review": SourceFile.objects.filter(state=SourceFile.State.REVIEW),
        "stuck": Reminder.objects.stuck(),
    }
    numbers: dict[str, Any] = {name: _number(rows) for name, rows in waiting.items()}
    row = User.objects.filter(pk=user.pk).annotate(**numbers).values_list(*numbers).first() or ()
    return {name: number or 0 for name, number in zip(waiting, row, strict=False)}


def new_answers() -> QuerySet[Answer]:
    """Return the answers nobody has dealt with."""
    return Answer.objects.filter(handled_at=None)


def _number(rows: QuerySet[Any]) -> Subquery:
    grouped = (
        rows.order_by()
        .annotate(one=Value(1))
        .values("one")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Subquery(grouped, output_field=IntegerField())
