from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from crm.core.jobs import JobCommand


class Command(JobCommand):
    help = "Record that the worker runs jobs. The health checks look at it."

    def run(self, **options: Any) -> str:
        return _("The worker runs jobs.")
