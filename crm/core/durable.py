"""Commits that are on the disk when they return, for data that must not be lost.

SQLite runs with `synchronous=NORMAL`: a loss of power may lose the last commits. With `FULL` a
commit waits until it and all before it are on the disk. PostgreSQL always waits.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def durable_commits() -> Iterator[None]:
    """Make each commit inside wait for the disk. Has no effect inside a transaction."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    _set_synchronous("FULL")
    try:
        yield
    finally:
        _set_synchronous("NORMAL")


def _set_synchronous(level: str) -> None:
    connection.ensure_connection()
    connection.connection.execute(f"PRAGMA synchronous = {level}").close()
