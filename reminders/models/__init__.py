"""Plans, what they mean for each offer, and every reminder with its state."""

from __future__ import annotations

from reminders.models.mail_texts import MailText
from reminders.models.plans import CompanyHoliday, CustomerPlan, ReminderPlan
from reminders.models.reminders import FollowUp, Reminder, SendingHold

__all__ = [
    "CompanyHoliday",
    "CustomerPlan",
    "FollowUp",
    "MailText",
    "Reminder",
    "ReminderPlan",
    "SendingHold",
]
