from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from crm.backoffice.changes import follow_changes
from crm.core.jobs import JobCommand, record_run
from offers.mail_import.result import ImportResult
from offers.mail_import.run import import_folders, preview_folders
from offers.mail_import.watch import watch_folders
from offers.models import MailFolder, SourceFile


class Command(JobCommand):
    help = "Imports what is new in the mail folders: offers, follow-ups, replies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder", help="this folder alone; an unknown one is added as outgoing"
        )
        parser.add_argument(
            "--watch", action="store_true", help="stay and import files as they come"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be stored and store nothing"
        )

    def handle(self, *args: Any, **options: Any) -> str:
        if options["watch"] and not options["dry_run"]:
            # Each pass is recorded as a run; otherwise the job would seem to run for days.
            watch_folders(
                options["folder"], lambda: record_run("import_offers", lambda: self.run(**options))
            )
            return _("Stopped watching.")
        return super().handle(*args, **options)

    def run(self, **options: Any) -> str:
        if options["dry_run"]:
            folders = _choose_folders(options["folder"], is_preview=True)
            result = preview_folders(folders, on_decided=self._print_entry)
        else:
            result = import_folders(_choose_folders(options["folder"]), after_store=follow_changes)
        for problem in result.problems:
            self.stderr.write(problem)
        return summarize(result)

    def _print_entry(self, row: SourceFile) -> None:
        self.stdout.write(
            f"{row.name}: {row.get_state_display()}. {row.get_reason_display()} {row.detail}".rstrip()
        )


def _choose_folders(path: str | None, *, is_preview: bool = False) -> list[MailFolder] | None:
    """Get or create the folder with this path. Without a path, return None: all active folders.

    In a preview an unknown folder is not stored.
    """
    if path is None:
        return None
    absolute = str(Path(path).absolute())
    folder = MailFolder.objects.filter(path__in=(path, absolute)).first()
    if folder is None:
        if not Path(absolute).is_dir():
            raise CommandError(_("There is no folder %s.") % absolute)
        folder = MailFolder(name=Path(absolute).name[:100], path=absolute)
        if not is_preview:
            folder.save()
    return [folder]


def summarize(result: ImportResult) -> str:
    """Return one sentence with the number of files by state."""
    sentence = _("Done, nothing new.")
    if result.stored:
        words = {"count": result.stored, "states": result.describe_states()}
        sentence = _("Done, %(count)d files: %(states)s.") % words
    if result.problems:
        sentence += " " + _("Problems: %s") % "; ".join(result.problems)
    return sentence
