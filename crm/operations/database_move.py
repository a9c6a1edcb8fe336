"""Copy all tables into another, empty database and compare each row."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction

CHUNK = 500
TARGET = "target"


class MovingError(Exception):
    """Nothing was moved. The text is one sentence for a person."""


def move_database(config: dict[str, Any]) -> dict[str, int]:
    """Copy this database into the empty one of `config`; return the numbers of rows by table.

    `config` is as in DATABASES. Raises MovingError; nothing is copied then.
    """
    # Django has no public call that adds a database to a running process.
    configured = connections.configure_settings({"default": {}, TARGET: config})
    connections.settings[TARGET] = configured[TARGET]
    try:
        _refuse_unless_empty()
        call_command("migrate", database=TARGET, verbosity=0, interactive=False)
        with transaction.atomic(), transaction.atomic(using=TARGET):
            _empty()
            counts = {model._meta.db_table: _copy(model) for model in _models()}
            _reset_sequences()
        return counts
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
    flush = operations.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    operations.execute_sql_flush(flush)


def _copy(model: type[models.Model]) -> int:
    """Copy the table and compare each row; return how many rows it has."""
    count = 0
    source, target = model._base_manager.all(), model._base_manager.using(TARGET)
    rows = source.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        before = _values(chunk)
        target.bulk_create(chunk)
        # Without an order by columns of tables that are copied later.
        after = _values(target.filter(pk__in=list(before)).order_by("pk"))
        if after != before:
            table = model._meta.db_table
            raise MovingError(f"Nothing was moved, because the copy of {table} differs.")
        count += len(chunk)
    return count


def _values(rows: Iterable[models.Model]) -> dict[Any, list[Any]]:
    """Return the values of all columns by primary key."""
    values = {}
    for row in rows:
        values[row.pk] = [getattr(row, f.attname) for f in row._meta.local_concrete_fields]
    return values


def _reset_sequences() -> None:
    operations = connections[TARGET].ops
    # Runs any statements in one transaction, not only those of a flush.
    operations.execute_sql_flush(operations.sequence_reset_sql(no_style(), _models()))
