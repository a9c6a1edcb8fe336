"""Checks mail files again, with what the upper apps know of their offers."""

from __future__ import annotations

from collections.abc import Sequence

from crm.backoffice.changes import follow_changes
from feedback.backoffice.models import Answer
from offers.mail_import.recheck import check_again
from offers.mail_import.store import ImportResult
from offers.models import Offer, SourceFile
from reminders.models import Reminder


def check_files_again(files: Sequence[SourceFile]) -> ImportResult:
    """Decide anew about files of the import log. An offer that was answered or reminded stays."""
    return check_again(files, after_store=follow_changes, has_history=_was_answered_or_reminded)


def _was_answered_or_reminded(offer: Offer) -> bool:
    answers = Answer.objects.filter(offer=offer)
    return answers.exists() or Reminder.objects.filter(offer=offer).exists()
