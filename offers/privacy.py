"""Export and erase what the offers store about a person.

`crm.operations.privacy` calls the modules of this name of all apps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from offers.mail_import.folder import disk_name
from offers.models import (
    Contact,
    Customer,
    ReceivedMessage,
    SenderRule,
    SentMessage,
    SourceFile,
)
from offers.parsing.mailboxes import mailbox_key

# A domain that can never exist (RFC 2606).
NOWHERE = "@erased.invalid"


def erased_address(customer: Customer) -> str:
    # Different for each customer, because addresses are unique.
    return f"erased-{customer.pk}{NOWHERE}"


def export(customer: Customer) -> dict[str, Any]:
    """Return the customer, the offers, the contacts, and the mails in the import log."""
    return {
        "customer": as_dict(customer),
        "offers": as_dicts(customer.offers.all()),
        "contacts": as_dicts(Contact.objects.filter(offer__customer=customer)),
        "mails": as_dicts(_files_about(customer)),
        "received_messages": as_dicts(_received_about(customer)),
        "sent_messages": as_dicts(SentMessage.objects.filter(offer__customer=customer)),
        "sender_rules": as_dicts(SenderRule.objects.filter(address=customer.email)),
    }


def erase(customer: Customer) -> None:
    """Empty all personal data; numbers, dates, amounts and states stay for the figures."""
    files = list(_files_about(customer))
    _received_about(customer).delete()
    for file in files:
        if file.archive_path:
            file.archive_path.unlink(missing_ok=True)
    SourceFile.objects.filter(pk__in=[file.pk for file in files]).update(
        subject="", sender="", sender_name="", recipients=[], detail="", message_id="", fingerprint=None,
        content_hash=SourceFile.NOTHING_TO_COPY, defects=[], undo=None,
    )  # fmt: skip
    Contact.objects.filter(offer__customer=customer).update(note="")
    SentMessage.objects.filter(offer__customer=customer).delete()
    SenderRule.objects.filter(address=customer.email).delete()
    _forget_undo(customer)
    customer.offers.update(
        subject="", note="", needs_review="", message_id="", reminders_stopped=True
    )
    _erase_history(customer)
    customer.email, customer.do_not_contact = erased_address(customer), True
    customer.name = customer.company = customer.note = customer.bounce_detail = ""
    customer.save()


def _forget_undo(customer: Customer) -> None:
    """Forget what answers to questions, also about other mails, changed of the customer's rows."""
    named = Q(undo__customers__has_key=str(customer.pk))
    for key in customer.offers.values_list("pk", flat=True):
        named |= Q(undo__offers__has_key=str(key))
    SourceFile.objects.filter(named).update(undo=None)


def as_dict(row: models.Model) -> dict[str, Any]:
    """Return the columns of a row by name, without the empty ones."""
    columns = {}
    for field in row._meta.concrete_fields:
        value = field.value_from_object(row)
        # It may be about other people, and repeats columns of their rows.
        if field.name == "undo":
            continue
        if value not in (None, "", [], {}):
            columns[field.name] = value
    return columns


def as_dicts(rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    return [as_dict(row) for row in rows]


def _files_about(customer: Customer) -> models.QuerySet[SourceFile]:
    """Return the mails of the customer's offers, and those that name the customer's address."""
    # As text, because SQLite cannot search JSON for a value at any place.
    named = (
        Q(offer__customer=customer)
        | Q(sender__iexact=customer.email)
        | Q(recipients__icontains=customer.email)
        | Q(detail__icontains=customer.email)
    )
    return SourceFile.objects.filter(named)


def _received_about(customer: Customer) -> models.QuerySet[ReceivedMessage]:
    """Return the kept received mails that are about the customer, or name the address."""
    files = _files_about(customer).values("pk")
    named = (
        Q(file__in=files)
        | Q(names__value=mailbox_key(customer.email))
        | Q(content__icontains=customer.email)
    )
    keys = ReceivedMessage.objects.filter(named).values_list("pk", flat=True)
    return ReceivedMessage.objects.filter(pk__in=set(keys))


def find_mail_files(customer: Customer) -> Iterator[Path]:
    """Yield the files in the watched folders that are about the customer."""
    for file in _files_about(customer).select_related("folder"):
        path = Path(file.folder.path, disk_name(file.name))
        if path.exists():
            yield path


def _erase_history(customer: Customer) -> None:
    # The admin's log has the names of the rows that were changed.
    for row in (customer, *customer.offers.all()):
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk)
        )
        entries.update(object_repr="", change_message="")
