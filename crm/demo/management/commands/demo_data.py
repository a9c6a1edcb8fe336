from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.demo.load import LoadError, load


class Command(BaseCommand):
    help = "Load a year of believable offers through the real import, the real mails and the real form."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder",
            type=Path,
            default=settings.BASE_DIR / "var" / "demo",
            help="where mails lie",
        )
        parser.add_argument("--offers", type=int, default=320, help="how many offers the year has")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            return load(options["folder"], offers=options["offers"], seed=options["seed"])
        except LoadError as error:
            raise CommandError(str(error)) from error
