"""Commits that outlive a loss of power, where losing one would break a promise.

SQLite runs in WAL mode with `synchronous=NORMAL`: what is committed outlives the process, but the
last commits before a loss of power may be gone
(https://www.sqlite.org/pragma.html#pragma_synchronous). With `FULL` a commit waits for the disk,
and takes all commits before it along. PostgreSQL always waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def durable_commits() -> Iterator[None]:
    """Let what is committed within be on the disk. Inside a transaction nothing is committed, and
    nothing changes.
    """
    # Not `django.db.connection`, which looks for the thread's connection again at each attribute:
    # this runs for each mail and each answer.
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
    # Past Django's cursor, which costs more than the statement.
    database.ensure_connection()
    database.connection.execute(f"PRAGMA synchronous = {level}").close()
