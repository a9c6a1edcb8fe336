"""Copies all tables into another, empty database, and compares both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

CHUNK = 2_000
TARGET = "target"


class MovingError(Exception):
    """Nothing was moved. The text is one sentence for a person."""


@dataclass(frozen=True)
class TableContent:
    """How many rows a table has, and a hash of them that does not depend on their order or on the
    database.
    """

    count: int
    digest: str


def move_database(config: dict[str, Any]) -> dict[str, TableContent]:
    """Copy all tables of this database into the empty one of `config` (as in DATABASES); return
    what each table has.

    Rows are streamed in one transaction of each database, so an SQLite database cannot be written
    meanwhile. Raises MovingError; nothing is copied then.
    """
    connections.settings[TARGET] = connections.configure_settings({"default": {}, TARGET: config})[
        TARGET
    ]
    try:
        _refuse_unless_empty()
        call_command("migrate", database=TARGET, verbosity=0, interactive=False)
        with transaction.atomic(), transaction.atomic(using=TARGET):
            _empty()
            contents = {model._meta.db_table: _copy(model) for model in _models()}
            _reset_sequences()
            _compare(contents)
        return contents
    except DatabaseError as error:
        raise MovingError(
            f"The other database refused: {str(error).strip().splitlines()[0]}"
        ) from error
    finally:
        connections[TARGET].close()
        del connections[TARGET]
        del connections.settings[TARGET]


def _models() -> list[type[models.Model]]:
    """Return the models of all tables but that of the migrations, which `migrate` fills."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


def _refuse_unless_empty() -> None:
    if (
        MigrationRecorder(connections[TARGET]).applied_migrations()
        or connections[TARGET].introspection.table_names()
    ):
        raise MovingError("The other database is not empty. Create a fresh one, and name that.")


def _empty() -> None:
    """Delete the rows that the migrations wrote: they are among those that are copied."""
    operations = connections[TARGET].ops
    tables = [model._meta.db_table for model in _models()]
    operations.execute_sql_flush(
        operations.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    )


def _columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.local_concrete_fields if not field.generated]


def _rows(model: type[models.Model], database: str) -> Iterator[tuple[Any, ...]]:
    rows = model._base_manager.using(database).order_by("pk").values_list(*_columns(model))
    return rows.iterator(chunk_size=CHUNK)


def _copy(model: type[models.Model]) -> TableContent:
    columns, chunk, content = _columns(model), [], _ContentSum()
    for row in _rows(model, "default"):
        content.add(row)
        chunk.append(model(**dict(zip(columns, row, strict=True))))
        if len(chunk) == CHUNK:
            model._base_manager.using(TARGET).bulk_create(chunk)
            chunk = []
    model._base_manager.using(TARGET).bulk_create(chunk)
    return content.result()


def _reset_sequences() -> None:
    operations = connections[TARGET].ops
    # Runs any statements in one transaction, not only those of a flush.
    operations.execute_sql_flush(operations.sequence_reset_sql(no_style(), _models()))


def _compare(contents: dict[str, TableContent]) -> None:
    """Read everything back and compare. Raises MovingError, which also rolls everything back."""
    for model in _models():
        table, arrived = model._meta.db_table, _ContentSum()
        for row in _rows(model, TARGET):
            arrived.add(row)
        if arrived.result() != contents[table]:
            raise MovingError(
                f"Nothing was moved, because the copy of {table} differs: it has {arrived.count} "
                f"rows instead of {contents[table].count}, or other content."
            )


class _ContentSum:
    def __init__(self) -> None:
        self.count, self.sum = 0, 0

    def add(self, row: tuple[Any, ...]) -> None:
        # A sum does not depend on the order: the two databases sort texts differently.
        text = "\x1f".join(_canonical(value) for value in row)
        self.sum += int.from_bytes(
            hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big"
        )
        self.count += 1

    def result(self) -> TableContent:
        return TableContent(self.count, f"{self.sum % 2**256:064x}")


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
