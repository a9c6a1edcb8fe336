"""The header lines of a mail as the pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from offers.message_view import MailView
from offers.models import SourceFile


def build_head(file: SourceFile, view: MailView) -> list[tuple[str, Sequence[str]]]:
    """Return the header lines to show above the text of a mail, as pairs of label and values."""
    people: dict[str, list[str]] = defaultdict(list)
    for each in file.recipients:
        people[each["field"]].append(_name_address(each["name"], each["email"]))
    sender = [_name_address(file.sender_name, file.sender)] if file.sender else []
    sent_at = []
    if file.sent_at:
        sent_at = [date_format(timezone.localtime(file.sent_at), "SHORT_DATETIME_FORMAT")]
    lines: list[tuple[str, Sequence[str]]] = [
        (gettext("Subject"), [file.subject]),
        (gettext("From"), sender),
        (pgettext("mail", "To"), people["to"]),
        (pgettext("mail", "Cc"), people["cc"]),
        (pgettext("mail", "Bcc"), people["bcc"]),
        (gettext("Redirected to"), people["resent-to"]),
        (gettext("Sent"), sent_at),
        (gettext("Attachments"), view.attachments),
    ]
    return [(label, values) for label, values in lines if any(values)]


def _name_address(name: str, email: str) -> str:
    return f"{name} <{email}>".strip()
