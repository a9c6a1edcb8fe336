from __future__ import annotations

from crm.core.schedules import Job

SCHEDULES = [Job("refresh_figures", "* * * * *"), Job("send_digest", "30 7 * * 1-6")]
