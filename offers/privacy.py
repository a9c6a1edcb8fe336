"""What is stored about a person: given out, or erased so that the figures stay and the person goes.

Each app that keeps something about a customer has a module `privacy` with two functions:
`export(customer)` returns JSON by section, `erase(customer)` empties its own rows.
`settings.PRIVACY` names them, in the order of erasing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.mail_import.archive import GONE, archive_path
from offers.mail_import.folder import disk_name
from offers.models import Contact, Customer, ErasedAddress, Offer, SentMessage, SourceFile

LIST_NAME = "erased.txt"


class ErasureError(Exception):
    """Nothing was erased. The text is a sentence for a person."""


@dataclass(frozen=True)
class Erasure:
    """What is left to do by hand: mail files of other systems, and tables in which the address
    still stands.
    """

    files: list[str]
    traces: list[str]


def export_person(email: str) -> dict[str, Any] | None:
    """Return all that is stored about the person, by section; None when there is no such
    customer.
    """
    customer = Customer.objects.filter(email=email.strip().lower()).first()
    if customer is None:
        return None
    sections: dict[str, Any] = {"exported_at": timezone.now().isoformat(timespec="seconds")}
    for path in settings.PRIVACY:
        sections |= import_module(path).export(customer)
    return sections


def erase_person(email: str, *, now: datetime) -> Erasure | None:
    """Erase the person everywhere in the office and put the address on the list; None when there is
    no such customer.

    The list comes first: should the database be restored from a backup after this, the person is
    erased again. Raises ErasureError when the list cannot be written.
    """
    email = email.strip().lower()
    customer = Customer.objects.filter(email=email).first()
    if customer is None:
        return None
    _put_on_list(email, now)
    return erase_for_good(customer)


def erase_for_good(customer: Customer) -> Erasure:
    """Empty all rows of the customer, and say what is left to do by hand."""
    email, files = customer.email, [str(path) for path in _mail_files(customer)]
    with transaction.atomic():
        for path in settings.PRIVACY:
            import_module(path).erase(customer)
    return Erasure(files, list(find_traces(email)))


def erase_again() -> str:
    """Take over the erasure list after a restore and erase who is on it; return one sentence."""
    for line in _read_list():
        salt, digest, erased_at = line.split()
        defaults = {"salt": salt, "erased_at": datetime.fromisoformat(erased_at)}
        ErasedAddress.objects.get_or_create(digest=digest, defaults=defaults)
    erased = dict(ErasedAddress.objects.values_list("digest", "erased_at"))
    salts = set(ErasedAddress.objects.values_list("salt", flat=True))
    count = 0
    for customer in list(Customer.objects.exclude(email__endswith=NOWHERE)) if erased else ():
        times = [erased.get(ErasedAddress.digest_of(customer.email, salt)) for salt in salts]
        # Whoever became a customer anew after the erasure stays.
        if any(erased_at is not None and customer.created_at <= erased_at for erased_at in times):
            erase_for_good(customer)
            count += 1
    return _("%d people who had been erased since the backup were erased again.") % count


def find_traces(text: str) -> Iterator[str]:
    """Yield `table.column` of all places in the database where the text still stands."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed:
            continue
        for field in model._meta.local_concrete_fields:
            if (
                isinstance(field, models.CharField | models.TextField | models.JSONField)
                and not field.choices
            ):
                rows = model._base_manager.filter(**{f"{field.name}__icontains": text})
                if rows.exists():
                    yield f"{model._meta.db_table}.{field.column}"


def _put_on_list(email: str, now: datetime) -> None:
    known = ErasedAddress.objects.order_by("pk").first()
    salt = known.salt if known else secrets.token_hex(32)
    row, _created = ErasedAddress.objects.get_or_create(
        digest=ErasedAddress.digest_of(email, salt), defaults={"salt": salt, "erased_at": now}
    )
    path = Path(settings.BACKUP_DIR, LIST_NAME)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{row.salt} {row.digest} {row.erased_at.isoformat()}\n")
    except OSError as error:
        words = {"path": path, "error": error.strerror or error}
        raise ErasureError(
            _("Nothing was erased: %(path)s cannot be written (%(error)s).") % words
        ) from error


def _read_list() -> list[str]:
    try:
        return Path(settings.BACKUP_DIR, LIST_NAME).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []


# A domain that can never exist (RFC 2606).
NOWHERE = "@erased.invalid"


def nowhere(customer: Customer) -> str:
    """Return the address that stands in the place of an erased one."""
    return f"erased-{customer.pk}{NOWHERE}"


def export(customer: Customer) -> dict[str, Any]:
    """The customer, the offers, the contacts, and the mails in the import log."""
    return {
        "customer": as_dict(customer),
        "offers": as_dicts(customer.offers.all()),
        "contacts": as_dicts(Contact.objects.filter(offer__customer=customer)),
        "mails": as_dicts(_files_about(customer)),
        "sent_messages": as_dicts(SentMessage.objects.filter(offer__customer=customer)),
    }


def erase(customer: Customer) -> None:
    """Empty what names the person; numbers, dates, amounts and states stay for the figures."""
    files = list(_files_about(customer))
    _erase_archive(files)
    SourceFile.objects.filter(pk__in=[file.pk for file in files]).update(
        subject="", sender="", sender_name="", recipients=[], detail="", message_id="", fingerprint=None,
        content_hash=GONE, defects=[],
    )  # fmt: skip
    Contact.objects.filter(offer__customer=customer).update(note="")
    SentMessage.objects.filter(offer__customer=customer).delete()
    customer.offers.update(
        subject="", note="", needs_review="", message_id="", reminders_stopped=True
    )
    _erase_history(customer)
    customer.email, customer.do_not_contact = nowhere(customer), True
    customer.name = customer.company = customer.note = customer.bounce_detail = ""
    customer.save()


def as_dict(row: models.Model) -> dict[str, Any]:
    """Return the columns of a row by name, also those that no form shows."""
    shown = model_to_dict(row)
    hidden = {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not field.editable
    }
    return {
        name: value for name, value in (shown | hidden).items() if value not in (None, "", [], {})
    }


def as_dicts(rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    """The same for several rows."""
    return [as_dict(row) for row in rows]


def _files_about(customer: Customer) -> models.QuerySet[SourceFile]:
    """Mails of the customer's offers, from the customer, or to the customer."""
    # As text, because SQLite cannot look into JSON for a value at any place.
    named = (
        Q(offer__customer=customer)
        | Q(sender__iexact=customer.email)
        | Q(recipients__icontains=customer.email)
    )
    return SourceFile.objects.filter(named)


def _mail_files(customer: Customer) -> Iterator[Path]:
    for file in _files_about(customer).select_related("folder"):
        path = Path(file.folder.path, disk_name(file.name))
        if path.exists():
            yield path


def _erase_archive(files: list[SourceFile]) -> None:
    if not settings.OFFERS_ARCHIVE_DIR:
        return
    for content_hash in {file.content_hash for file in files} - {"", GONE}:
        archive_path(content_hash).unlink(missing_ok=True)


def _erase_history(customer: Customer) -> None:
    """What the admin noted about changes carries the names of the rows."""
    of_customer = Q(
        content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk)
    )
    keys = [str(key) for key in customer.offers.values_list("pk", flat=True)]
    of_offers = Q(content_type=ContentType.objects.get_for_model(Offer), object_id__in=keys)
    LogEntry.objects.filter(of_customer | of_offers).update(object_repr="", change_message="")
