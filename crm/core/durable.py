"""Commits that are on the disk when they return, where losing one would break a promise.

SQLite runs in WAL mode with `synchronous=NORMAL`: the last commits before a loss of power may be
lost (https://www.sqlite.org/pragma.html#pragma_synchronous). With `FULL` a commit waits until it
and all commits before it are on the disk. PostgreSQL always waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def durable_commits() -> Iterator[None]:
    """Let each commit within wait for the disk. Has no effect inside a transaction, which commits
    later.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "sqlite" or database.in_atomic_block:
        yield
        return
    _set_synchronous(database, "FULL")
    try:
        yield
    finally:
        _set_synchronous(database, "NORMAL")


def _set_synchronous(database: BaseDatabaseWrapper, level: str) -> None:
    database.ensure_connection()
    database.connection.execute(f"PRAGMA synchronous = {level}").close()
