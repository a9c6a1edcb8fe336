from __future__ import annotations

from tests.reminders.conftest import receiver, staff

__all__ = ["receiver", "staff"]
