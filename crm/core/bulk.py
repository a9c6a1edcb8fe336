"""Many rows in few statements: made, inserted and asked for past most of the ORM, on both
databases.

Django takes ten times as long as the database to make, prepare and store a row of thirty columns,
and a millisecond to put a list of a few hundred values into a query.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models.base import ModelState
from django.db.models.lookups import Lookup

_ROWS_AT_ONCE = 50
_EMPTY_JSON: dict[type, str] = {list: "[]", dict: "{}"}
_PLAIN = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
    models.ForeignKey,
)

M = TypeVar("M", bound=models.Model)


def new_row(model: type[M], **values: Any) -> M:
    """Return a new row of a model, as its class would, in a tenth of the time. Takes fields by
    name, as they are.

    A related row may be one that is not stored yet: `insert_rows` looks up its key.
    """
    constants, made, relations = _defaults(model)
    row = model.__new__(model)
    columns = {**constants, **values}
    columns["_state"] = state = ModelState()
    for name, make in made:
        if name not in values:
            columns[name] = make()
    for name, attname in relations:
        if name in values:
            state.fields_cache[name] = related = columns.pop(name)
            columns[attname] = None if related is None else related.pk
    row.__dict__ = columns
    return row


def among(column: str, values: Iterable[Any]) -> Lookup[Any]:
    """Return the condition that a column has one of the values, as one parameter however many they
    are.
    """
    return _Among(models.F(column), list(values))


def find_keys(
    model: type[models.Model], column: str, values: Collection[Any], *, only: str = "", **equal: Any
) -> list[int]:
    """Return the keys of the rows whose column has one of the values, and whose other columns are
    `equal`.

    `only` is the condition of a partial index, in SQL, as the index has it.

    Most of what an import asks for is not there, and asking here takes 50 microseconds; a queryset
    takes one or two milliseconds before it reaches the database.
    """
    if not values:
        return []
    sql = _find_sql(model, column, tuple(equal), only, connection.vendor)
    chosen = json.dumps(list(values)) if connection.vendor == "sqlite" else list(values)
    with connection.cursor() as cursor:
        cursor.execute(sql, [chosen, *equal.values()])
        return [key for (key,) in cursor.fetchall()]


@lru_cache(maxsize=64)
def _find_sql(
    model: type[models.Model], column: str, equal: tuple[str, ...], only: str, vendor: str
) -> str:
    name, meta = connection.ops.quote_name, model._meta
    field = meta.get_field(column)
    kind = field.db_type(connection)
    chosen = (
        "IN (SELECT value FROM json_each(%s))" if vendor == "sqlite" else f"= ANY(%s::{kind}[])"
    )
    also = "".join(f" AND {name(str(meta.get_field(each).column))} = %s" for each in equal)  # type: ignore[union-attr]
    also += f" AND {only}" if only else ""
    condition = f"{name(str(field.column))} {chosen}{also}"  # type: ignore[union-attr]
    return f"SELECT {name(str(meta.pk.column))} FROM {name(meta.db_table)} WHERE {condition}"  # noqa: S608


class _Among(Lookup):
    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, parameters = self.process_lhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", (*parameters, json.dumps(self.rhs))  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, parameters = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.db_type(connection)
        return f"{lhs} = ANY(%s::{kind}[])", (*parameters, self.rhs)


def insert_rows(
    rows: Sequence[models.Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()
) -> None:
    """Insert new rows of one model as they stand, all or none, and give them their keys, as
    `bulk_create` would.

    With `unique`, where a row with the same such columns is there, its `update` columns are changed
    instead; then the rows get no keys. Raises what the database raises, such as IntegrityError. No
    default of the database, no `auto_now`, no signals: the models of this project have none.
    """
    if not rows:
        return
    table = _plan(type(rows[0]), connection.vendor)
    insert = _insert_prepared if connection.vendor == "sqlite" else _insert_together
    with transaction.atomic() if len(rows) > 1 else nullcontext():
        keys = insert(table, table.read(rows), _conflict(unique, update))
    if unique:
        return
    alias = connection.alias
    for row, key in zip(rows, keys, strict=True):
        columns = row.__dict__
        columns[table.pk] = key
        state = columns["_state"]
        state.adding, state.db = False, alias


def _insert_prepared(
    table: _Table, values: Sequence[tuple[Any, ...]], conflict: str
) -> Iterable[int]:
    """Insert rows by prepared statements and return their keys, which AUTOINCREMENT counts up for
    one writer.

    SQLite takes four times as long to read a statement as to insert its rows. Several in one,
    because a table with a trigger costs 20 microseconds a statement.
    """
    whole = len(values) // _ROWS_AT_ONCE * _ROWS_AT_ONCE
    groups = [
        list(chain.from_iterable(values[at : at + _ROWS_AT_ONCE]))
        for at in range(0, whole, _ROWS_AT_ONCE)
    ]
    with connection.cursor() as cursor:
        start = table.start + "VALUES "
        cursor.executemany(
            start + ", ".join([table.placeholders] * _ROWS_AT_ONCE) + conflict, groups
        )
        cursor.executemany(start + table.placeholders + conflict, values[whole:])
        cursor.execute("SELECT last_insert_rowid()")
        (last,) = cursor.fetchone()
    return range(last - len(values) + 1, last + 1)


def _insert_together(
    table: _Table, values: Sequence[tuple[Any, ...]], conflict: str
) -> Iterable[int]:
    """Insert rows by one statement with an array for each column, and return their keys.

    A placeholder for each value takes the driver longer to read than the database takes to insert
    the row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            table.start + table.arrays + conflict + table.end,
            [list(column) for column in zip(*values, strict=True)],
        )
        return [key for (key,) in cursor.fetchall()]


def _conflict(unique: Sequence[str], update: Sequence[str]) -> str:
    if not unique:
        return ""
    name = connection.ops.quote_name
    changes = ", ".join(f"{name(each)} = EXCLUDED.{name(each)}" for each in update)
    return f" ON CONFLICT ({', '.join(map(name, unique))}) DO UPDATE SET {changes}"


class _Table:
    """How rows of one model are inserted: plain columns are read in one go, the others one by
    one.
    """

    def __init__(self, model: type[models.Model]) -> None:
        fields = [
            field
            for field in model._meta.local_concrete_fields
            if not (field.primary_key or field.generated)
        ]
        plain = [field for field in fields if isinstance(field, _PLAIN)]
        others = [field for field in fields if not isinstance(field, _PLAIN)]
        name = connection.ops.quote_name
        columns = ", ".join(name(str(field.column)) for field in (*plain, *others))
        self.pk = str(model._meta.pk.attname)
        kinds = [str(field.db_type(connection)).partition("(")[0] for field in (*plain, *others)]
        self.start = f"INSERT INTO {name(model._meta.db_table)} ({columns}) "
        self.placeholders = f"({', '.join(['%s'] * len(fields))})"
        self.arrays = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"  # noqa: S608 - our own models
        self.end = f" RETURNING {name(str(model._meta.pk.column))}"
        self._relations = {
            field.name: field.attname for field in plain if isinstance(field, models.ForeignKey)
        }
        self._read_plain = itemgetter(*(field.attname for field in plain))
        self._others = [(field.attname, _find_adapter(field)) for field in others]

    def read(self, rows: Sequence[models.Model]) -> list[tuple[Any, ...]]:
        """Return the values of each row as the database takes them."""
        values: list[tuple[Any, ...]] = []
        for row in rows:
            columns = (
                row.__dict__
            )  # past the descriptors: nothing is deferred in a row that was just made
            for name, related in columns["_state"].fields_cache.items():
                if related is not None and columns[attname := self._relations[name]] is None:
                    columns[attname] = related.pk
            others = [
                None if (value := columns[attname]) is None else adapt(value)
                for attname, adapt in self._others
            ]
            values.append((*self._read_plain(columns), *others))
        return values


@lru_cache(maxsize=64)
def _plan(model: type[models.Model], _vendor: str) -> _Table:
    return _Table(model)


@lru_cache(maxsize=64)
def _defaults(
    model: type[models.Model],
) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]], list[tuple[str, str]]]:
    """Return what each column holds at first, what makes it anew for each row, and the columns of
    the relations.
    """
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    is_made = {field: field.has_default() and callable(field.default) for field in fields}
    made = [(field.attname, field.get_default) for field in fields if is_made[field]]
    constants = {field.attname: field.get_default() for field in fields if not is_made[field]}
    relations = [
        (field.name, field.attname) for field in fields if isinstance(field, models.ForeignKey)
    ]
    return constants, made, relations


def _find_adapter(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """Return what makes a value of a field one that the database takes."""
    if isinstance(field, models.DateTimeField):
        return (
            _adapt_time
            if connection.vendor == "sqlite"
            else connection.ops.adapt_datetimefield_value
        )
    if isinstance(field, models.UUIDField) and connection.vendor == "sqlite":
        return attrgetter("hex")
    if (
        isinstance(field, models.JSONField)
        and connection.vendor == "sqlite"
        and field.encoder is None
    ):
        return _adapt_json
    return lambda value: field.get_db_prep_save(value, connection)


def _adapt_json(value: Any) -> str:
    return json.dumps(value) if value else _EMPTY_JSON.get(type(value)) or json.dumps(value)


@lru_cache(maxsize=4096)
def _adapt_time(value: datetime) -> str:
    # As Django writes it. A run knows few different times, and each row names several.
    return str(value.astimezone(UTC).replace(tzinfo=None))


def write_rows(head: str, rows: Sequence[Sequence[Any]], tail: str = "") -> None:
    """Carry out `head VALUES … tail`, an INSERT of our own, for many rows of one length."""
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            row = f"({', '.join(['%s'] * len(some[0]))})"
            cursor.execute(
                f"{head} VALUES {', '.join([row] * len(some))} {tail}",
                list(chain.from_iterable(some)),
            )
