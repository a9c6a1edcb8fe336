"""The admin site of the office."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class OfficeAdminSite(UnfoldAdminSite):
    index_title = _("Today")


class OfficeAdminConfig(AdminConfig):
    default_site = "crm.core.admin_site.OfficeAdminSite"
