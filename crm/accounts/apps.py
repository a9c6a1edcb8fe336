from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "crm.accounts"
    verbose_name = _("Company and people")

    def ready(self) -> None:
        from crm.accounts.roles import write_roles

        post_migrate.connect(write_roles, sender=self, dispatch_uid="accounts.roles")
