from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.backoffice.changes import follow_changes
from crm.core.jobs import JobCommand
from feedback.backoffice.api_client import SyncError
from feedback.backoffice.notify_salespeople import notify_salespeople
from feedback.backoffice.sync import sync


class Command(JobCommand):
    help = "Fetch the answers from the public service and tell it the form and the links."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", help="Also fetch what was fetched before, from this date or time on."
        )
        parser.add_argument(
            "--resend", action="store_true", help="Push the form and all links again."
        )

    def run(self, **options: Any) -> str:
        since = _parse_since(options["since"])
        try:
            result = sync(after_store=follow_changes, since=since, resend=options["resend"])
        except SyncError as error:
            raise CommandError(str(error)) from error
        finally:
            # Includes answers stored by an earlier run, or by this one before a failure.
            notices = notify_salespeople(timezone.now())
        if notices.failed:
            text = _("The answers are stored, but the mails to the salespeople failed: %s")
            raise CommandError(text % notices.problem)
        words = [
            _("Done, %s answers stored, %s rejected") % (result.stored, result.rejected),
            _("%s links registered") % result.registered,
        ]
        if result.refused:
            words.append(_("%s links refused") % result.refused)
        if result.is_form_sent:
            words.append(_("form sent"))
        return ", ".join([*words, _("%s mails to salespeople.") % notices.sent])


def _parse_since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--since takes a date or a time such as 2026-11-30 or 2026-11-30T08:00, not {text!r}."
        ) from error
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
