from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.jobs import JobCommand
from reminders.explain import explain_due
from reminders.planning import plan_changed
from reminders.sending.run import send_due
from reminders.services import MailsUnreadError, release_hold


class Command(JobCommand):
    help = "Send the reminders that are due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Fetch the answers, then say what would go out and why not; send nothing.",
        )
        parser.add_argument(
            "--release", action="store_true", help="Release sending first if it is held."
        )

    def handle(self, *args: Any, **options: Any) -> str:
        if not options["dry_run"]:
            return super().handle(*args, **options)
        # A dry run is not recorded, because it does not show that the job works.
        lines = list(explain_due(timezone.now()))
        return "\n".join([*lines, _("Dry run: nothing was sent.")])

    def run(self, **options: Any) -> str:
        now = timezone.now()
        if options["release"]:
            try:
                release_hold(by=None, now=now)
            except MailsUnreadError as error:
                raise CommandError(str(error)) from error
        plan_changed(now)
        return str(send_due(timezone.now))
