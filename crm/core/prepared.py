"""Statements that run for each mail, planned by the database once for a connection.

SQLite's driver keeps the plans of what it ran last. For PostgreSQL Django writes the values into
the statement, and each one is planned anew, which takes as long as running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper


def execute(statement: str, parameters: Sequence[Any]) -> int:
    """Run a statement and return how many rows it changed."""
    database = connections[DEFAULT_DB_ALIAS]
    with database.cursor() if database.vendor == "sqlite" else _binding_cursor(database) as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _binding_cursor(database: Any) -> CursorWrapper:
    database.ensure_connection()
    # Only cursors that leave the values to the server prepare anything; Django's own do not.
    database.connection.prepare_threshold = 0
    return CursorWrapper(database.Database.Cursor(database.connection), database)
