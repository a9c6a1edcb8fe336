"""A mail for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from offers.mail_import.archive import read_mail_of
from offers.mail_import.files import MailTooLargeError
from offers.models import SourceFile
from offers.parsing.body import parse_body

_LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class MailView:
    """What is shown of a mail's body. `problem` is a sentence when it cannot be read."""

    text: str = ""
    attachments: tuple[str, ...] = ()
    problem: str = ""


def read_mail_view(file: SourceFile) -> MailView:
    """Return the text of a mail, HTML as plain text, and the names of its attachments."""
    try:
        body = parse_body(read_mail_of(file))
    except MailTooLargeError:
        return MailView(problem=_("The mail is too large to be shown."))
    except OSError:
        return MailView(problem=_("The file cannot be read. It may have been moved or deleted."))
    text = body.readable
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + " …"
    return MailView(text, body.attachments)
