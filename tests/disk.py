"""Which changes of the database wait for the disk, so that a loss of power does not take them
back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

FULL = 2


def waits() -> bool:
    """Return whether a commit would wait for the disk now. PostgreSQL's always do."""
    if connection.vendor != "sqlite":
        return True
    connection.ensure_connection()
    return bool(connection.connection.execute("PRAGMA synchronous").fetchone()[0] == FULL)


@contextmanager
def watch(part: str) -> Iterator[list[bool]]:
    """Yield a list that gets, for each statement that has this part, whether its commit waits for
    the disk.
    """
    seen: list[bool] = []

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        if part in sql:
            seen.append(waits())
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield seen
