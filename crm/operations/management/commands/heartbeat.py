from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from crm.core.jobs import JobCommand


class Command(JobCommand):
    help = "Write the worker's sign of life, which the health pages look at."

    def run(self, **options: Any) -> str:
        return _("The worker is alive.")
