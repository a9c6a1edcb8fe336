from __future__ import annotations

from typing import Any

from django.utils import timezone

from crm.core.jobs import JobCommand
from stats.digest import send_digests


class Command(JobCommand):
    help = "Mail each salesperson what waits, and managers the figures of the week; on working days."

    def run(self, **options: Any) -> str:
        sent = send_digests(timezone.now())
        return (
            f"Done, {sent.digests} digests and {sent.summaries} summaries sent, {sent.idle} with nothing to do,"
            f" {sent.failed} failed."
        )
