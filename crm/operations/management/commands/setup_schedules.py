from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.operations.profile import get_operations


class Command(BaseCommand):
    help = "Write the schedules of all jobs into the queue. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> str:
        jobs = get_operations().jobs
        if not jobs:
            raise CommandError(
                "Only the office has a queue. On the public side systemd timers run the commands."
            )
        from crm.operations.schedules import write_schedules  # noqa: PLC0415  (needs the queue)

        changes = write_schedules(jobs)
        return (
            f"Done, {changes.added} schedules added, {changes.changed} changed, "
            f"{changes.unchanged} unchanged, {changes.removed} removed."
        )
