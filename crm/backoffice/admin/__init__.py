"""The admin pages that join several apps or change offers."""

from __future__ import annotations

from crm.backoffice.admin.answers import AnswerAdmin, InvitationAdmin, RejectedAnswerAdmin
from crm.backoffice.admin.customers import CustomerAdmin
from crm.backoffice.admin.follow_ups import FollowUpAdmin
from crm.backoffice.admin.offers import OfferAdmin
from crm.backoffice.admin.reminders import ReminderAdmin, SendingHoldAdmin
from crm.backoffice.admin.source_files import SourceFileAdmin

__all__ = [
    "AnswerAdmin",
    "CustomerAdmin",
    "FollowUpAdmin",
    "InvitationAdmin",
    "OfferAdmin",
    "RejectedAnswerAdmin",
    "ReminderAdmin",
    "SendingHoldAdmin",
    "SourceFileAdmin",
]
