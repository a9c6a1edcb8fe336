from __future__ import annotations

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    name = "crm.backoffice"
    label = "backoffice"
    verbose_name = _("Back office")

    def ready(self) -> None:
        from crm.backoffice.roles import write_roles

        # Django sends no signal for an app without models, such as this one.
        post_migrate.connect(
            write_roles, sender=apps.get_app_config("accounts"), dispatch_uid="backoffice.roles"
        )
