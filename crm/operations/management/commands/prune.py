from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from crm.core.jobs import JobCommand
from crm.operations.operations import get_operations


class Command(JobCommand):
    help = "Delete what is no longer needed, as the retention settings say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be deleted, and delete nothing."
        )

    def run(self, **options: Any) -> str:
        now = timezone.now()
        sentences = []
        for prune in get_operations().pruners:
            sentences.append(prune(now=now, dry_run=options["dry_run"]))
        return " ".join(sentences)
