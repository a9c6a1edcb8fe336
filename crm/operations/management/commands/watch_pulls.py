from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from crm.operations.alarms import watch


class Command(BaseCommand):
    help = "Mail the admins when the office has not fetched answers for a day. For an hourly timer."

    def handle(self, *args: Any, **options: Any) -> str:
        # One check is enough: nothing on the VPS fails only for minutes.
        return watch(timezone.now(), told_after=timedelta(0))
