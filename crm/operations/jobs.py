"""The list of the office's jobs with their schedules, which the queue runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """When the command `name` runs: a cron expression in local time."""

    name: str
    cron: str


# Fixed times keep out of 02:00 to 03:00, which happens twice on the day summer time ends.
JOBS = [
    Job("heartbeat", "* * * * *"),
    Job("backup", "30 0 * * *"),
    Job("prune", "30 3 * * *"),
    Job("import_offers", "* * * * *"),
    Job("sync_feedback", "* * * * *"),
    Job("send_reminders", "*/5 * * * *"),
    Job("plan_reminders", "15 4 * * *"),
    Job("send_digest", "30 7 * * 1-6"),
]
