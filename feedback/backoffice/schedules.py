"""The jobs of the answers."""

from __future__ import annotations

from crm.core.schedules import Job

SCHEDULES = [Job("sync_feedback", "* * * * *")]
