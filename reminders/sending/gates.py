"""The gates that are shut for all mails at once: a hold on sending, and answers of the customers
that could not be fetched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.incidents import begin_incident, end_incident
from feedback.backoffice.sync import ensure_fresh
from reminders import holds
from reminders.incidents import IncidentKind
from reminders.planning import plan_offers
from reminders.rules import Because

# Who answers while a long run is under way must not be reminded by its end, and who holds sending
# means now.
ASK_AGAIN_SECONDS = 10


class Gates:
    """The gates for one run, looked at again while it lasts. Once one is shut, the run is over."""

    def __init__(self, due_count: int, clock: Callable[[], datetime]) -> None:
        self.due_count, self.clock = due_count, clock
        self._shut: Because | None = None
        self._ask_at = time.monotonic()

    def find_shut(self) -> Because | None:
        """Return why nothing may be sent now, or None. Tells the admins of a gate that has shut."""
        if self._shut is None and time.monotonic() >= self._ask_at:
            self._shut = _find_shut(self.due_count, self.clock())
            self._ask_at = time.monotonic() + ASK_AGAIN_SECONDS
        return self._shut

    def ask_soon(self) -> None:
        """Have the gates looked at before the next mail."""
        self._ask_at = time.monotonic()


def _find_shut(due_count: int, now: datetime) -> Because | None:
    if holds.check(due_count, now):
        return Because.HELD
    if ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now, after_store=plan_offers):
        end_incident(IncidentKind.STALE_ANSWERS, now)
        return None
    detail = _(
        "%d reminders are due, but the customers' answers could not be fetched. Nothing is sent until they are."
    )
    begin_incident(IncidentKind.STALE_ANSWERS, detail % due_count, now)
    return Because.STALE_ANSWERS
