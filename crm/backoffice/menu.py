"""The menu of the office, with the number of rows to act on beside some entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from feedback.backoffice.models import Answer
from offers.models import SourceFile
from reminders.models import Reminder


@dataclass(frozen=True)
class Entry:
    """An entry of the menu: it opens the list of a model, filtered by `query`."""

    title: Any  # translated when it is shown
    icon: str
    model: str
    query: str = ""
    # A key of `count_waiting`, whose number is shown beside the entry.
    badge: str = ""


_OFFERS = [
    Entry(_("Answers"), "forum", "feedback.Answer", badge="answers"),
    Entry(_("Offers"), "request_quote", "offers.Offer"),
    Entry(_("Customers"), "groups", "offers.Customer"),
]
_FOLLOW_UP = [
    Entry(_("Due next"), "event_upcoming", "reminders.FollowUp", "due=next"),
    Entry(_("All follow-ups"), "checklist", "reminders.FollowUp"),
    Entry(_("Reminders sent"), "send", "reminders.Reminder"),
    Entry(_("Phone calls"), "call", "reminders.FollowUp", "due=calls"),
    Entry(
        _("In doubt or failed"),
        "report",
        "reminders.Reminder",
        "state__in=in_doubt,failed",
        "stuck",
    ),
    Entry(_("Addresses that bounced"), "block", "offers.Customer", "silent=bounced"),
]
_IMPORT = [
    Entry(_("To check"), "rule", "offers.SourceFile", "state__exact=review", badge="review"),
    Entry(_("Import log"), "history", "offers.SourceFile"),
    Entry(_("Mail folders"), "folder_open", "offers.MailFolder"),
    Entry(_("Rules about senders"), "route", "offers.SenderRule"),
]
_SETTINGS = [
    Entry(_("Reminder plans"), "calendar_month", "reminders.ReminderPlan"),
    Entry(_("Mail texts"), "edit_note", "reminders.MailText"),
    Entry(_("Plans of customers"), "person_check", "reminders.CustomerPlan"),
    Entry(_("Company holidays"), "celebration", "reminders.CompanyHoliday"),
    Entry(_("Decline reasons"), "list_alt", "feedback.DeclineReason"),
    Entry(_("Own company"), "apartment", "accounts.OwnCompany"),
    Entry(_("People"), "person", "accounts.User"),
    Entry(_("Roles"), "shield_person", "auth.Group"),
]
_OPERATION = [
    Entry(_("Jobs"), "schedule", "core.JobRun"),
    Entry(_("Failed tasks"), "error", "django_q.Failure"),
    Entry(_("Incidents"), "warning", "core.Incident"),
    Entry(_("Hold on sending"), "pause_circle", "reminders.SendingHold"),
    Entry(_("Feedback links"), "link", "feedback.Invitation"),
    Entry(_("Rejected answers"), "mark_email_unread", "feedback.RejectedAnswer"),
]
_MENU = [
    (_("Offers"), _OFFERS),
    (_("Follow up"), _FOLLOW_UP),
    (_("Import"), _IMPORT),
    (_("Settings"), _SETTINGS),
    (_("Operation"), _OPERATION),
]


def build_menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar that this person may open. Unfold's SIDEBAR navigation."""
    badges = count_waiting()
    home = {"title": _("Today"), "icon": "home", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    if request.user.has_perm("stats.view_figures"):
        figures = {"title": _("Figures"), "icon": "monitoring", "link": reverse("stats:show")}
        groups[0]["items"].append(figures)
    for title, entries in _MENU:
        items = [
            _build_item(request, entry, badges)
            for entry in entries
            if can_open(request.user, entry.model)
        ]
        if items:
            groups.append({"title": title, "items": items, "separator": True})
    return groups


def _build_item(request: HttpRequest, entry: Entry, badges: dict[str, int]) -> dict[str, Any]:
    meta = apps.get_model(entry.model)._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    item: dict[str, Any] = {
        "title": entry.title,
        "icon": entry.icon,
        "link": f"{url}?{entry.query}" if entry.query else url,
        "active": _is_active(request, entry, url),
    }
    if number := badges.get(entry.badge):
        item["badge"] = number
        item["badge_variant"] = "danger" if entry.badge == "stuck" else "primary"
    return item


def _is_active(request: HttpRequest, entry: Entry, url: str) -> bool:
    # Several entries lead to the same list; unfold would mark all of them as active.
    if not request.path.startswith(url):
        return False
    if entry.query:
        return _matches(request, entry.query)
    return request.path != url or not _matches_another(request)


def can_open(user: Any, label: str) -> bool:
    """True when the admin has a list of these rows and the person may look at it."""
    model = apps.get_model(label)
    right = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return admin.site.is_registered(model) and bool(user.has_perm(right))


def _matches(request: HttpRequest, query: str) -> bool:
    # A list narrowed to one of the states that the entry shows still belongs to the entry.
    name, _equals, values = query.partition("=")
    asked: set[str] = set()
    for key, text in request.GET.items():
        if key.partition("__")[0] == name.partition("__")[0]:
            asked.update(str(text).split(","))
    return bool(asked) and asked <= set(values.split(","))


def _matches_another(request: HttpRequest) -> bool:
    for _title, entries in _MENU:
        for entry in entries:
            if entry.query and _matches(request, entry.query):
                return True
    return False


def count_waiting() -> dict[str, int]:
    """Return the numbers of rows that the person must act on, by badge of the menu."""
    return {
        "answers": Answer.objects.filter(handled_at=None).count(),
        "review": SourceFile.objects.filter(state=SourceFile.State.REVIEW).count(),
        "stuck": Reminder.objects.stuck().count(),
    }
