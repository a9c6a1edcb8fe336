"""Plans, mail texts, what is due, what was sent and what needs a person, in the admin."""

from __future__ import annotations

from reminders.admin.customers import CustomerAdmin
from reminders.admin.follow_ups import FollowUpAdmin
from reminders.admin.offers import OfferAdmin
from reminders.admin.operation import IncidentAdmin, SendingHoldAdmin
from reminders.admin.plans import CompanyHolidayAdmin, CustomerPlanAdmin, ReminderPlanAdmin
from reminders.admin.sent import ReminderAdmin
from reminders.admin.texts import MailTextAdmin

__all__ = [
    "CompanyHolidayAdmin",
    "CustomerAdmin",
    "CustomerPlanAdmin",
    "FollowUpAdmin",
    "IncidentAdmin",
    "MailTextAdmin",
    "OfferAdmin",
    "ReminderAdmin",
    "ReminderPlanAdmin",
    "SendingHoldAdmin",
]
