"""Exports what the office keeps about a person, or erases it so that the figures stay.

Only the office loads this. The commands `export_person` and `erase_person` and the buttons of the
customer's page stand in `crm.backoffice`, which the VPS does not have.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import feedback.backoffice.privacy
import offers.privacy
import reminders.privacy
from offers.models import Customer, ErasedAddress
from reminders.planning import plan_offers

# Each returns rows by section.
EXPORTERS = [
    reminders.privacy.export,
    feedback.backoffice.privacy.export,
    offers.privacy.export,
]
# The address goes last, because the rest is found by it.
ERASERS = [
    reminders.privacy.erase,
    feedback.backoffice.privacy.erase,
    offers.privacy.erase,
]

LIST_NAME = "erased.txt"


class ErasureError(Exception):
    """Nothing was erased. The text is a sentence for a person."""


@dataclass(frozen=True)
class Erasure:
    """What is left to do by hand: mail files of other systems, and columns in which the address
    still stands.
    """

    files: list[str]
    traces: list[str]


def export_person(email: str) -> dict[str, Any] | None:
    """Return all that is kept about the person, by section; None when there is no such customer."""
    customer = Customer.objects.filter(email=email.strip().lower()).first()
    if customer is None:
        return None
    sections: dict[str, Any] = {"exported_at": timezone.now().isoformat(timespec="seconds")}
    for export in EXPORTERS:
        sections |= export(customer)
    return sections


def erase_person(email: str, *, now: datetime) -> Erasure | None:
    """Erase the person everywhere in the office and put the address on the erasure list; None when
    there is no such customer.

    The list is written first: when the database is restored from a backup later, the person is
    erased again. Raises ErasureError when the list cannot be written.
    """
    email = email.strip().lower()
    customer = Customer.objects.filter(email=email).first()
    if customer is None:
        return None
    _put_on_list(email, now)
    return erase_customer(customer)


def erase_customer(customer: Customer) -> Erasure:
    """Empty all rows of the customer; return what is left to do by hand."""
    email = customer.email
    files = [str(path) for path in offers.privacy.find_mail_files(customer)]
    with transaction.atomic():
        for erase in ERASERS:
            erase(customer)
        plan_offers(list(customer.offers.all()))
    return Erasure(files, list(find_traces(email)))


def erase_again() -> str:
    """Take over the erasure list after a restore and erase who is on it; return one sentence."""
    _read_list()
    erased_at = dict(ErasedAddress.objects.values_list("digest", "erased_at"))
    count = 0
    if erased_at:
        salts = set(ErasedAddress.objects.values_list("salt", flat=True))
        for customer in list(Customer.objects.exclude(email__endswith=offers.privacy.NOWHERE)):
            if _was_erased(customer, erased_at, salts):
                erase_customer(customer)
                count += 1
    return _("%d people who had been erased since the backup were erased again.") % count


def _was_erased(customer: Customer, erased_at: dict[str, datetime], salts: set[str]) -> bool:
    """True unless the person became a customer anew after the erasure."""
    for salt in salts:
        moment = erased_at.get(ErasedAddress.digest_of(customer.email, salt))
        if moment is not None and customer.created_at <= moment:
            return True
    return False


def find_traces(text: str) -> Iterator[str]:
    """Yield `table.column` of all places in the database where the text still stands."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed:
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, kinds) and not field.choices:
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


def _read_list() -> None:
    """Store the addresses of the erasure list, which lies beside the backups."""
    path = Path(settings.BACKUP_DIR, LIST_NAME)
    if not path.exists():
        return
    for line in path.read_text(encoding="ascii").splitlines():
        salt, digest, erased_at = line.split()
        defaults = {"salt": salt, "erased_at": datetime.fromisoformat(erased_at)}
        ErasedAddress.objects.get_or_create(digest=digest, defaults=defaults)
