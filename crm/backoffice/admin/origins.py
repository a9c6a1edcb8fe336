"""Where the fields of an offer were read in its mail."""

from __future__ import annotations

from django.utils.translation import gettext

from offers.models import SourceFile


def find_origins(file: SourceFile) -> list[tuple[str, str]]:
    """Return where each field of an offer was read in its mail, as pairs of field and place."""
    if file.state not in (SourceFile.State.OFFER, SourceFile.State.REVISION):
        return []
    return [
        (gettext("number"), _find_number_origin(file)),
        (gettext("customer"), _find_customer_origin(file)),
        (gettext("sent"), _find_date_origin(file)),
        (gettext("salesperson"), f"From: {file.sender}"),
    ]


def _find_number_origin(file: SourceFile) -> str:
    if file.reason == SourceFile.Reason.NUMBER_IN_ATTACHMENT:
        return gettext("name of an attachment")
    if file.reason == SourceFile.Reason.BY_PERSON:
        return gettext("entered by a person")
    return gettext("Subject")


def _find_customer_origin(file: SourceFile) -> str:
    for recipient in file.recipients:
        if file.offer and recipient["email"] == file.offer.customer.email:
            return str(recipient["field"]).capitalize()
    return gettext("entered by a person")


def _find_date_origin(file: SourceFile) -> str:
    if "date_off" in file.defects:
        return gettext("Received, because Date was more than an hour off")
    if "date_from_received" in file.defects:
        return gettext("Received, because Date was missing or unreadable")
    if "date_from_file" in file.defects or "date_in_future" in file.defects:
        return gettext("time of the file, because the mail has no usable date")
    return gettext("Date")
