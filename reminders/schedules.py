"""When the reminders' jobs run."""

from __future__ import annotations

from crm.core.schedules import Job

SCHEDULES = [Job("send_reminders", "*/5 * * * *"), Job("plan_reminders", "15 4 * * *")]
