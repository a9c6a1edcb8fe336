"""The three roles of the office and their rights: which pages, figures and exports they may use.

Which role may open which page is tested URL by URL in tests/backoffice/test_permissions.py.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

SALES, LEADERS, ADMINISTRATORS = "Vertrieb", "Leitung", "Administration"


def _rights(verbs: str, *models: str) -> set[str]:
    rights = set()
    for model in models:
        app, _dot, name = model.partition(".")
        for verb in verbs.split():
            rights.add(f"{app}.{verb}_{name}")
    return rights


_SALES = (
    _rights("view add change", "offers.offer", "offers.customer")
    | _rights("view add change", "feedback.answer", "reminders.customerplan")
    | _rights("view change", "offers.sourcefile", "reminders.followup", "reminders.reminder")
    | _rights("view", "feedback.invitation", "feedback.declinereason")
    | _rights("view", "reminders.reminderplan", "reminders.mailtext", "offers.senderrule")
)
_LEADERS = (
    _SALES
    | _rights("view add change", "feedback.declinereason", "reminders.mailtext")
    | _rights("view add change delete", "reminders.reminderplan", "reminders.companyholiday")
    | _rights("delete", "reminders.customerplan", "offers.senderrule")
    | _rights("view change", "reminders.sendinghold")
    | _rights("view", "core.incident", "feedback.rejectedanswer")
    | _rights("view", "accounts.user", "accounts.owncompany", "offers.mailfolder", "core.jobrun")
    # Who may export customers may also export all data of one person.
    | {"offers.export_offer", "offers.export_customer"}
    | {"stats.view_figures", "stats.export_figures", "stats.view_salesperson_figures"}
)
# An administrator has every right of these apps.
_ADMINISTERED = ("accounts", "auth", "core", "offers", "feedback", "reminders", "stats", "django_q")
# Used by IMPORT_EXPORT_EXPORT_PERMISSION_CODE, which needs a permission of the model.
_EXPORTS = {"offer": "Can export offers", "customer": "Can export customers"}
ROLES = {SALES: _SALES, LEADERS: _LEADERS}


def write_roles(**kwargs: Any) -> None:
    """Create the groups of the roles after `migrate` and add the rights that they lack."""
    # Django creates the permissions of an app in its own `post_migrate`, which may come later.
    for label in _ADMINISTERED:
        create_permissions(apps.get_app_config(label), verbosity=0)
    for model, name in _EXPORTS.items():
        content_type = ContentType.objects.get_for_model(apps.get_model("offers", model))
        Permission.objects.get_or_create(
            codename=f"export_{model}", content_type=content_type, defaults={"name": name}
        )
    rights = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    # Rights are only added, so that rights which a site gave to a role remain.
    for name, wanted in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*(rights[right] for right in wanted if right in rights))
    administrators, _created = Group.objects.get_or_create(name=ADMINISTRATORS)
    administrators.permissions.add(
        *(right for right in rights.values() if right.content_type.app_label in _ADMINISTERED)
    )
