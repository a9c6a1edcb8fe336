"""Back up the database while it is in use, check each backup, and restore one."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from crm.operations.operations import get_operations

PATTERN = "nachfass-*"


class BackupError(Exception):
    """There is no backup, or the file is not one. The text is one sentence for a person."""


def make_backup(folder: Path, *, now: datetime, keep: int) -> Path:
    """Return the path of a checked copy of the database; keep only the newest `keep` copies.

    It is consistent also while others write. Raises BackupError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    is_sqlite = connection.vendor == "sqlite"
    suffix = ".sqlite3" if is_sqlite else ".pgdump"
    target = folder / f"nachfass-{now:%Y%m%d-%H%M%S}{suffix}"
    # Gets its final name only after it has passed the check.
    unfinished = target.with_suffix(suffix + ".part")
    # Made first, because SQLite and pg_dump would let all users of the machine read it.
    unfinished.touch(mode=0o600)
    try:
        if is_sqlite:
            _copy_sqlite(unfinished)
        else:
            _run_postgres("pg_dump", "--format=custom", f"--file={unfinished}")
        check_backup(unfinished)
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"The backup could not be written to {folder}: {error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    for old in sorted(folder.glob(PATTERN + suffix))[:-keep]:
        old.unlink()
    return target


def check_backup(path: Path) -> None:
    """Raise BackupError unless the file is a complete backup of Nachfass."""
    if not path.is_file():
        raise BackupError(f"There is no file {path}.")
    if connection.vendor == "sqlite":
        _check_sqlite(path)
        return
    if "django_migrations" not in _run_postgres("pg_restore", "--list", str(path), connects=False):
        raise BackupError(f"{path} is not a backup of Nachfass.")


def restore_backup(path: Path) -> list[str]:
    """Replace the database by the backup; return the sentences of the steps after it.

    Stop the web server and the worker first. Raises BackupError.
    """
    check_backup(path)
    if connection.vendor == "sqlite":
        _restore_sqlite(path)
    else:
        _run_postgres(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(path)
        )
    connections.close_all()
    # The backup may be one of an older release.
    call_command("migrate", interactive=False, verbosity=0)
    return [step() for step in get_operations().after_restore]


def _copy_sqlite(target: Path) -> None:
    # All pages in one step: copying in chunks starts again after every write in between, which
    # never ends under load. In WAL mode others can write meanwhile.
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy, pages=-1)
        # In WAL mode the copy would consist of three files.
        copy.execute("PRAGMA journal_mode=DELETE")


def _check_sqlite(path: Path) -> None:
    find_table = "SELECT name FROM sqlite_master WHERE name = 'django_migrations'"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            is_ours = copy.execute(find_table).fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is not a complete SQLite database: {error}.") from error
    if verdict != "ok":
        raise BackupError(f"{path} is damaged: {verdict}.")
    if not is_ours:
        raise BackupError(f"{path} is not a backup of Nachfass.")


def _restore_sqlite(path: Path) -> None:
    # Not by renaming files: a process that still has the database open would go on writing to the
    # old one.
    connection.ensure_connection()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        copy.backup(connection.connection, pages=-1)


def _run_postgres(program: str, *arguments: str, connects: bool = True) -> str:
    """Run a program of PostgreSQL on our database; return what it printed."""
    parameters: dict[str, Any] = connection.get_connection_params()
    environment = os.environ.copy()
    # Not as arguments: other users can read the password in a command line.
    for key in ("host", "port", "user", "password"):
        if parameters.get(key):
            environment[f"PG{key.upper()}"] = str(parameters[key])
    command = [program, *arguments]
    if connects:
        command.append(f"--dbname={parameters['dbname']}")
    try:
        result = subprocess.run(  # noqa: S603  (PostgreSQL's own programs with our own arguments)
            command, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        hint = "On Debian: apt-get install postgresql-client"
        raise BackupError(f"{program} cannot be run ({error}). {hint}") from error
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["it gave no reason"]
        raise BackupError(f"{program} failed: {lines[-1]}")
    return result.stdout
