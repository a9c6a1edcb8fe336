from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.core.models import JobRun

SILENT_AFTER = timedelta(minutes=10)


class Command(BaseCommand):
    help = "End with 1 when the worker has not run the job heartbeat for ten minutes."

    def handle(self, *args: Any, **options: Any) -> str:
        limit = timezone.now() - SILENT_AFTER
        if JobRun.objects.filter(name="heartbeat", succeeded_at__gt=limit).exists():
            return "Done, the worker runs jobs."
        raise CommandError("The worker has not run the job heartbeat for ten minutes. Restart it.")
