"""Show a mail to a person, and explain its defects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from offers.mail_import.archive import read_mail_of
from offers.mail_import.files import MailTooLargeError
from offers.models import SourceFile
from offers.parsing.body import parse_body

_LONGEST_TEXT = 20_000
# What the codes of the parser in `SourceFile.defects` mean.
_DEFECTS = {
    "empty": gettext_lazy("It has no header fields."),
    "header_not_ended": gettext_lazy("Its header does not end."),
    "junk_line": gettext_lazy("An invalid line of its header was skipped."),
    "null_byte": gettext_lazy("Its header has null bytes, which were left out."),
    "raw_8bit": gettext_lazy("Its header has umlauts without encoding, as David writes them."),
    "repeated_date": gettext_lazy("It has several dates; the first counts."),
    "repeated_subject": gettext_lazy("It has several subjects; the first counts."),
    "repeated_from": gettext_lazy("It has several senders; the first counts."),
    "repeated_message_id": gettext_lazy("It has several Message-IDs; the first counts."),
    "no_date": gettext_lazy("It has no date."),
    "bad_date": gettext_lazy("Its date cannot be read."),
    "date_off": gettext_lazy(
        "Its date is more than an hour off; the mail server's note of receipt counts."
    ),
    "date_from_received": gettext_lazy(
        "The time was taken from the mail server's note of receipt."
    ),
    "date_from_file": gettext_lazy("The time was taken from the file."),
    "date_in_future": gettext_lazy("Its date has not come yet; the time was taken from the file."),
    "bad_sender": gettext_lazy("Its sender cannot be read."),
    "bad_recipient": gettext_lazy("One of its recipients cannot be read."),
    "no_recipient": gettext_lazy("It names no recipient."),
    "no_message_id": gettext_lazy("It has no Message-ID."),
    "end_missing": gettext_lazy("Its end is missing."),
}


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
    text = body.text
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + " …"
    return MailView(text, body.attachments)


def explain_defects(codes: Sequence[str]) -> list[str]:
    """Return a sentence for each code; an unknown code, as of an older version, is unchanged."""
    return [str(_DEFECTS.get(code, code)) for code in codes]
