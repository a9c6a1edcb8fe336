from __future__ import annotations

from typing import Any

from django.utils import timezone

from crm.core.jobs import JobCommand
from reminders.planning import plan_all


class Command(JobCommand):
    help = "Compute anew when the next reminder of every open offer is due, and close those that stayed silent."

    def run(self, **options: Any) -> str:
        sums = plan_all(timezone.now())
        return f"Done, {sums.offers} offers planned, {sums.no_answer} closed without an answer."
