from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.core.jobs import JobCommand
from crm.operations.backups import BackupError, make_backup


class Command(JobCommand):
    help = "Write a checked copy of the database, also while it is in use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, help="where to; without it BACKUP_DIR of the settings"
        )

    def run(self, **options: Any) -> str:
        folder = options["folder"] or Path(settings.BACKUP_DIR)
        try:
            path = make_backup(folder, now=timezone.now(), keep=settings.BACKUP_KEEP)
        except BackupError as error:
            raise CommandError(str(error)) from error
        words = _("Done, %(path)s has %(size)s MB and passed its check.")
        return words % {"path": path, "size": number_format(path.stat().st_size / 1e6, 1)}
