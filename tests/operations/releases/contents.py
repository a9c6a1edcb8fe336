"""What a database holds, read without the product: to compare a restored release with what an
upgrade makes of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

# Tables into which `migrate` itself may add rows.
MAY_GROW = {"django_migrations", "django_content_type", "auth_permission", "auth_group_permissions"}
Query = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Table:
    columns: list[str]
    rows: list[tuple[str, ...]]

    def only(self, columns: list[str]) -> Counter[tuple[str, ...]]:
        places = [self.columns.index(column) for column in columns]
        return Counter(tuple(row[place] for place in places) for row in self.rows)


def read_sqlite(path: Path) -> dict[str, Table]:
    """Return all tables but those in which SQLite keeps its search index, which no program
    reads.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:

        def query(sql: str) -> list[tuple[Any, ...]]:
            return database.execute(sql).fetchall()

        listed = query(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        virtual = [name for name, sql in listed if sql.startswith("CREATE VIRTUAL")]
        names = [
            name
            for name, _sql in listed
            if not any(name.startswith(f"{index}_") for index in virtual)
        ]
        return {
            name: _table(query, name, [row[1] for row in query(f"PRAGMA table_info({name})")])
            for name in names
        }


def read_postgres(url: str) -> dict[str, Table]:
    """Return all tables of the schema `public`."""
    with psycopg.connect(url) as database:

        def query(sql: str) -> list[tuple[Any, ...]]:
            return database.execute(sql.encode()).fetchall()

        listed = query(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
        names = {table for table, _column in listed}
        return {
            name: _table(query, name, [column for table, column in listed if table == name])
            for name in names
        }


def _table(query: Query, name: str, columns: list[str]) -> Table:
    listed = ", ".join(f'"{column}"' for column in columns)
    return Table(
        columns, [tuple(map(_text, row)) for row in query(f'SELECT {listed} FROM "{name}"')]
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else repr(value)


def find_changes(
    old: Mapping[str, Table], new: Mapping[str, Table], declared: set[str]
) -> list[str]:
    """Return in sentences what an upgrade has changed of what was there, apart from what its
    migrations declare.

    `declared` has names of tables, of which rows may come, go and change, and of columns
    (`table.column`), which may be filled anew or be gone. New tables and new columns are no change.
    """
    found = []
    for name in sorted(set(old) - declared):
        before, after = old[name], new.get(name)
        if after is None:
            found.append(f"The table {name} is gone.")
            continue
        columns = [column for column in before.columns if f"{name}.{column}" not in declared]
        if gone := set(columns) - set(after.columns):
            found.append(f"The table {name} has lost {', '.join(sorted(gone))}.")
            continue
        lost, added = (
            before.only(columns) - after.only(columns),
            after.only(columns) - before.only(columns),
        )
        if lost or (added and name not in MAY_GROW):
            example = next(iter(lost or added))
            found.append(
                f"{lost.total()} rows of {name} are gone or changed, {added.total()} are new: {example}"
            )
    return found
