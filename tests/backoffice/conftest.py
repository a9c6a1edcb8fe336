from __future__ import annotations

from tests.reminders.conftest import receiver, smtp_process, staff

__all__ = ["receiver", "smtp_process", "staff"]
