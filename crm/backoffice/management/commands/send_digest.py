from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.backoffice.digest import send_digests
from crm.core.jobs import JobCommand


class Command(JobCommand):
    help = (
        "Mail each salesperson what waits, and managers the figures of the week; on working days."
    )

    def run(self, **options: Any) -> str:
        sent = send_digests(timezone.now())
        words = _(
            "Done, %(digests)s digests and %(summaries)s summaries sent, %(idle)s idle, %(failed)s failed."
        )
        return words % asdict(sent)
