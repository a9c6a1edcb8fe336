"""Whether anything may be sent at all: sending is not held, and what the customers answered is
here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.incidents import begin_incident, end_incident
from feedback.backoffice.sync import ensure_fresh
from reminders import holds
from reminders.incidents import IncidentKind
from reminders.rules import Because

# Who answers while a long run is under way must not be reminded by its end, and who holds sending
# means now.
ASK_AGAIN_SECONDS = 10


def find_shut_gate(due_count: int, now: datetime) -> Because | None:
    """Return why nothing at all may be sent now, telling the admins, or None."""
    if holds.check(due_count, now):
        return Because.HELD
    return None if _has_fresh_answers(due_count, now) else Because.STALE_ANSWERS


def _has_fresh_answers(due_count: int, now: datetime) -> bool:
    """Return whether the customers' answers are here, fetching them if need be, and tell the admins
    if they are not.
    """
    if not ensure_fresh(settings.REMINDERS_MAX_SYNC_AGE, now):
        detail = _(
            "%d reminders are due, but the customers' answers could not be fetched. Nothing is sent until they are."
        )
        begin_incident(IncidentKind.STALE_ANSWERS, detail % due_count, now)
        return False
    end_incident(IncidentKind.STALE_ANSWERS, now)
    return True


class Gate:
    """Whether anything may be sent at all, which a run asks again while it lasts, for all its
    connections.

    `shut` says why not. Once it is shut, the run is over.
    """

    def __init__(self, due_count: int, clock: Callable[[], datetime]) -> None:
        self.due_count, self.clock = due_count, clock
        self.shut: Because | None = None
        self.ask_at = time.monotonic() + ASK_AGAIN_SECONDS
        self.lock = threading.Lock()

    @property
    def wants_asking(self) -> bool:
        """True when it is time to ask again."""
        return self.shut is None and time.monotonic() >= self.ask_at

    def ask_soon(self) -> None:
        """Let it be asked before the next mail."""
        self.ask_at = time.monotonic()

    def ask(self) -> None:
        """Ask again, unless another connection just did."""
        with self.lock:
            if self.wants_asking:
                self.shut = find_shut_gate(self.due_count, self.clock())
                self.ask_at = time.monotonic() + ASK_AGAIN_SECONDS
