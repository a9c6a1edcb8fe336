# ruff: noqa: I001 - each replaces the page of the one before
"""The admin pages that join several apps or change offers."""

from __future__ import annotations

from crm.backoffice.admin import offers
from crm.backoffice.admin import customers
from crm.backoffice.admin import source_files
from crm.backoffice.admin import answers
from crm.backoffice.admin import follow_ups
from crm.backoffice.admin import reminders
from crm.backoffice.admin import x_offers
from crm.backoffice.admin import x_customers
from crm.backoffice.admin import figures_filter

__all__ = [
    "answers",
    "customers",
    "figures_filter",
    "follow_ups",
    "offers",
    "reminders",
    "source_files",
    "x_customers",
    "x_offers",
]
