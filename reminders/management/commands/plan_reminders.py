from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.jobs import JobCommand
from reminders.planning import plan_all


class Command(JobCommand):
    help = "Compute anew when the next reminder of every open offer is due, and close those that stayed silent."

    def run(self, **options: Any) -> str:
        sums = plan_all(timezone.now())
        words = _("Done, %(offers)s offers planned, %(closed)s closed without an answer.")
        return words % {"offers": sums.offers, "closed": sums.no_answer}
