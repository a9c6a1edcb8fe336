from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from crm.core.alarms import watch


class Command(BaseCommand):
    help = "Look at everything and mail the admins what began and what is over. Run it every five minutes by a timer."

    def handle(self, *args: Any, **options: Any) -> str:
        seen = watch(timezone.now())
        return f"Done, {len(seen.problems)} problems, {len(seen.begun)} told as begun, {len(seen.over)} told as over."
