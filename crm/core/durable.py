"""Commits that outlive a loss of power, where losing one would break a promise.

SQLite runs in WAL mode with `synchronous=NORMAL`: what is committed outlives the process, but the last commits before
a loss of power may be gone (https://www.sqlite.org/pragma.html#pragma_synchronous). With `FULL` a commit waits for the
disk, and takes all commits before it along. PostgreSQL always waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def durable_commits() -> Iterator[None]:
    """Let what is committed within be on the disk. Inside a transaction nothing is committed, and nothing changes."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    _set_synchronous("FULL")
    try:
        yield
    finally:
        _set_synchronous("NORMAL")


def _set_synchronous(level: str) -> None:
    # Past Django's cursor, which costs more than the statement; this runs twice for each mail and each answer.
    connection.ensure_connection()
    connection.connection.execute(f"PRAGMA synchronous = {level}").close()
