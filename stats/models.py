"""Permissions for the figures. The numbers themselves are counted from the offers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Figure(models.Model):
    """No table: a place for the permissions of the stats pages."""

    class Meta:
        managed = False
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        default_permissions = ()
        permissions = [
            ("view_figures", _("Can see the figures")),
            ("export_figures", _("Can export the offers behind the figures")),
            ("view_salesperson_figures", _("Can see the figures of single salespeople")),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
