from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from crm.operations.alarms import watch


class Command(BaseCommand):
    help = (
        "Run the health checks and mail the admins what began and what is over. "
        "Run it every five minutes by a timer."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        return watch(timezone.now())
