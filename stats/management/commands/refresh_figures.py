from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from crm.core.jobs import JobCommand
from stats import summary


class Command(JobCommand):
    help = "Bring the sums behind the figures up to date with the offers that changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="count every offer anew")

    def run(self, *, rebuild: bool = False, **options: Any) -> str:
        if rebuild:
            summary.rebuild()
        return _("Done, %(offers)s offers counted anew.") % {"offers": summary.refresh()}
