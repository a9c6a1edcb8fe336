from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.core.models import JobRun

SILENT_AFTER = timedelta(minutes=10)


class Command(BaseCommand):
    help = "End with 1 when the worker has given no sign of life for ten minutes, so that it can be restarted."

    def handle(self, *args: Any, **options: Any) -> str:
        if JobRun.objects.filter(
            name="heartbeat", succeeded_at__gt=timezone.now() - SILENT_AFTER
        ).exists():
            return "Done, the worker is alive."
        raise CommandError("The worker has given no sign of life for ten minutes. Restart it.")
