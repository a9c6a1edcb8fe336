from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from crm.core.schedules import find_jobs, write_schedules


class Command(BaseCommand):
    help = "Write the schedules of all jobs into the queue. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> str:
        if not apps.is_installed("django_q"):
            raise CommandError(
                "Only the office has a queue. On the public side systemd timers run the commands."
            )
        changes = write_schedules(find_jobs())
        return (
            f"Done, {changes.added} schedules added, {changes.changed} changed, {changes.unchanged} unchanged,"
            f" {changes.removed} removed."
        )
