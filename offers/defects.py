"""What was wrong with a mail, in sentences: `SourceFile.defects` keeps the codes of the parser."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

DEFECTS = {
    "empty": _("It has no header fields."),
    "header_not_ended": _("Its header does not end."),
    "junk_line": _("A line of its header is none of a mail and was skipped."),
    "null_byte": _("Its header has null bytes, which were left out."),
    "raw_8bit": _("Its header has umlauts without encoding, as David writes them."),
    "repeated_date": _("It has several dates; the first counts."),
    "repeated_subject": _("It has several subjects; the first counts."),
    "repeated_from": _("It has several senders; the first counts."),
    "repeated_message_id": _("It has several Message-IDs; the first counts."),
    "no_date": _("It has no date."),
    "bad_date": _("Its date cannot be read."),
    "date_from_received": _("The time was taken from the mail server's note of receipt."),
    "date_from_file": _("The time was taken from the file."),
    "date_in_future": _("Its date has not come yet; the time was taken from the file."),
    "bad_sender": _("Its sender cannot be read."),
    "bad_recipient": _("One of its recipients cannot be read."),
    "no_recipient": _("It names no recipient."),
    "no_message_id": _("It has no Message-ID."),
    "end_missing": _("Its end is missing."),
}


def explain_defects(codes: Sequence[str]) -> list[str]:
    """Return a sentence for each code; one that a later version no longer knows stays as it is."""
    return [str(DEFECTS.get(code, code)) for code in codes]
