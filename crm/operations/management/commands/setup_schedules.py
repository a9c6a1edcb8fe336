from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Write the schedules of all jobs into the queue. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> str:
        if settings.OPERATIONS != "office":
            raise CommandError(
                "Only the office has a queue. On the VPS systemd timers run the commands."
            )
        from crm.operations.schedules import JOBS, write_schedules  # noqa: PLC0415  (needs the queue)

        added, removed = write_schedules(JOBS)
        return f"Done, {added} schedules added, {removed} removed, {len(JOBS) - added} unchanged."
