"""Plans, what they mean for each offer, and every reminder with its state."""

from __future__ import annotations

from reminders.models.holds import SendingHold
from reminders.models.plans import CompanyHoliday, CustomerPlan, ReminderPlan
from reminders.models.reminders import FollowUp, Reminder
from reminders.models.texts import MailText

__all__ = [
    "CompanyHoliday",
    "CustomerPlan",
    "FollowUp",
    "MailText",
    "Reminder",
    "ReminderPlan",
    "SendingHold",
]
