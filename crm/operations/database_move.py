"""Copies all tables into another, empty database and compares the two."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction

CHUNK = 2_000
TARGET = "target"


class MovingError(Exception):
    """Nothing was moved. The text is one sentence for a person."""


@dataclass(frozen=True)
class TableContent:
    """How many rows a table has, and a hash of them, which is the same in every database."""

    count: int
    digest: str


def move_database(config: dict[str, Any]) -> dict[str, TableContent]:
    """Copy this database into the empty one of `config`; return the content by table.

    `config` is as in DATABASES. Raises MovingError; nothing is copied then.
    """
    configured = connections.configure_settings({"default": {}, TARGET: config})
    connections.settings[TARGET] = configured[TARGET]
    try:
        _refuse_unless_empty()
        call_command("migrate", database=TARGET, verbosity=0, interactive=False)
        with transaction.atomic(), transaction.atomic(using=TARGET):
            _empty()
            for model in _models():
                _copy(model)
            _reset_sequences()
            return {model._meta.db_table: _compare(model) for model in _models()}
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise MovingError(f"The other database refused: {reason}") from error
    finally:
        connections[TARGET].close()
        del connections[TARGET]
        del connections.settings[TARGET]


def _models() -> list[type[models.Model]]:
    """Return the models of all tables but that of the migrations, which `migrate` fills."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


def _refuse_unless_empty() -> None:
    if connections[TARGET].introspection.table_names():
        raise MovingError("The other database is not empty. Create a fresh one, and name that.")


def _empty() -> None:
    """Delete the rows that the migrations wrote: they are among those that are copied."""
    operations = connections[TARGET].ops
    tables = [model._meta.db_table for model in _models()]
    operations.execute_sql_flush(
        operations.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    )


def _copy(model: type[models.Model]) -> None:
    rows = model._base_manager.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        model._base_manager.using(TARGET).bulk_create(chunk)


def _reset_sequences() -> None:
    operations = connections[TARGET].ops
    # Runs any statements in one transaction, not only those of a flush.
    operations.execute_sql_flush(operations.sequence_reset_sql(no_style(), _models()))


def _compare(model: type[models.Model]) -> TableContent:
    """Return the content of the table. Raises MovingError unless both databases have the same."""
    content, copied = _read(model, "default"), _read(model, TARGET)
    if copied != content:
        raise MovingError(
            f"Nothing was moved, because the copy of {model._meta.db_table} differs: it has "
            f"{copied.count} rows instead of {content.count}, or other content."
        )
    return content


def _read(model: type[models.Model], database: str) -> TableContent:
    columns = [field.attname for field in model._meta.local_concrete_fields]
    rows = model._base_manager.using(database).values_list(*columns)
    count = total = 0
    for row in rows.iterator(chunk_size=CHUNK):
        text = "\x1f".join(_canonical(value) for value in row).encode("utf-8", "surrogatepass")
        # A sum does not depend on the order: the two databases sort texts differently.
        total += int.from_bytes(hashlib.sha256(text).digest(), "big")
        count += 1
    return TableContent(count, f"{total % 2**256:064x}")


def _canonical(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict | list):
        # PostgreSQL keeps the keys of an object in an order of its own.
        return json.dumps(value, sort_keys=True)
    if isinstance(value, memoryview):
        return repr(bytes(value))
    return repr(value)
