"""Incidents in the admin."""

from __future__ import annotations

from django.contrib import admin

from crm.core.admin_base import FactAdmin
from reminders.models import Incident


@admin.register(Incident)
class IncidentAdmin(FactAdmin):
    list_display = ["kind", "began_at", "ended_at", "detail"]
    list_filter = ["kind"]
