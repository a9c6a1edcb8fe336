"""Export all data of a person, or erase the person so that the figures stay."""

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
EXPORTERS = [reminders.privacy.export, feedback.backoffice.privacy.export, offers.privacy.export]
# The address goes last, because the rest is found by it.
ERASERS = [reminders.privacy.erase, feedback.backoffice.privacy.erase, offers.privacy.erase]

LIST_NAME = "erased.txt"


class ErasureError(Exception):
    """Nothing was erased. The text is a sentence for a person."""


@dataclass(frozen=True)
class Erasure:
    """What must be erased by hand: mail files, and columns that still contain the address."""

    files: list[str]
    traces: list[str]


def export_person(email: str) -> dict[str, Any] | None:
    """Return all data of the person, by section; None when there is no such customer."""
    customer = _find_customer(email)
    if customer is None:
        return None
    sections: dict[str, Any] = {"exported_at": timezone.now().isoformat(timespec="seconds")}
    for export in EXPORTERS:
        sections |= export(customer)
    return sections


def erase_person(email: str, *, now: datetime) -> Erasure | None:
    """Erase the person and put the address on the erasure list; None without such a customer.

    Raises ErasureError when the list cannot be written; nothing is erased then.
    """
    customer = _find_customer(email)
    if customer is None:
        return None
    # First, because a restore erases the people on the list again.
    _put_on_list(customer.email, now)
    return erase_customer(customer)


def _find_customer(email: str) -> Customer | None:
    return Customer.objects.filter(email=email.strip().lower()).first()


def erase_customer(customer: Customer) -> Erasure:
    """Empty all rows about the customer; return what must be erased by hand."""
    email = customer.email
    files = [str(path) for path in offers.privacy.find_mail_files(customer)]
    with transaction.atomic():
        for erase in ERASERS:
            erase(customer)
        plan_offers(list(customer.offers.all()))
    return Erasure(files, list(_find_traces(email)))


def erase_again() -> str:
    """Read the erasure list after a restore and erase everybody on it; return one sentence."""
    _read_list()
    erased_at = dict(ErasedAddress.objects.values_list("digest", "erased_at"))
    salts = set(ErasedAddress.objects.values_list("salt", flat=True))
    count = 0
    for customer in list(Customer.objects.exclude(email__endswith=offers.privacy.NOWHERE)):
        for salt in salts:
            moment = erased_at.get(ErasedAddress.digest_of(customer.email, salt))
            # A person who became a customer again after the erasure stays.
            if moment is not None and customer.created_at <= moment:
                erase_customer(customer)
                count += 1
                break
    return _("%d people who had been erased since the backup were erased again.") % count


def _find_traces(text: str) -> Iterator[str]:
    """Yield `table.column` of all columns in the database that contain the text."""
    # Also tables of packages: the admin log and the queue store texts about people.
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
