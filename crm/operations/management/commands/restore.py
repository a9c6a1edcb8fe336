from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.operations.backups import BackupError, restore_backup


class Command(BaseCommand):
    help = (
        "Replace the content of the database by that of a backup. "
        "Stop the web server and the worker first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--yes", action="store_true", help="Do not ask whether to replace the content."
        )

    def handle(self, *args: Any, **options: Any) -> str:
        if not options["yes"]:
            answer = input(f"Replace the database by {options['file']}? Type yes: ")
            if answer.strip() != "yes":
                raise CommandError("Nothing was changed.")
        try:
            notes = restore_backup(options["file"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        done = f"Done, the database is as {options['file']} has it."
        return "\n".join([done, *notes])
