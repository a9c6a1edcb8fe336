"""A run of the sending at a time of the test's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reminders.sending.run import send_due
from reminders.sentences import SendSums
from tests.make import NOW, make_fresh


def send(now: datetime = NOW, *, fresh: bool = True, **arguments: Any) -> SendSums:
    """Run the sending with the clock at `now`, the answers pulled a minute before unless not
    `fresh`.
    """
    if fresh:
        make_fresh(now)
    return send_due(lambda: now, **arguments)
