"""Plans, holidays and mail texts in the admin."""

from __future__ import annotations

from reminders.admin.plans import CompanyHolidayAdmin, CustomerPlanAdmin, ReminderPlanAdmin
from reminders.admin.texts import MailTextAdmin

__all__ = [
    "CompanyHolidayAdmin",
    "CustomerPlanAdmin",
    "MailTextAdmin",
    "ReminderPlanAdmin",
]
