"""Backups of the database while it is in use, each of them checked, and their restoring."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from crm.operations.profile import get_operations

PATTERN = "nachfass-*"


class BackupError(Exception):
    """There is no backup, or the file is not one. The text is one sentence for a person."""


def make_backup(folder: Path, *, now: datetime, keep: int) -> Path:
    """Write a checked copy of the database into the folder, delete all but the newest `keep`,
    and return its path.

    It is consistent also while others write, and gets its final name only after it has passed the
    check. Raises BackupError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    is_sqlite = connection.vendor == "sqlite"
    suffix = ".sqlite3" if is_sqlite else ".pgdump"
    target = folder / f"nachfass-{now:%Y%m%d-%H%M%S}{suffix}"
    unfinished = target.with_suffix(suffix + ".part")
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
    elif "django_migrations" not in _run_postgres(
        "pg_restore", "--list", str(path), connects=False
    ):
        raise BackupError(f"{path} is not a backup of Nachfass.")


def restore_backup(path: Path) -> list[str]:
    """Replace the database's content by the backup's and do what the profile lists for after a
    restore; return its sentences.

    Stop the web server and the worker first. A backup of an older release is migrated. What
    happened after the backup is not in it: the next reminder may already have been sent. Raises
    BackupError.
    """
    check_backup(path)
    if connection.vendor == "sqlite":
        _restore_sqlite(path)
    else:
        _run_postgres(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(path)
        )
    connections.close_all()
    if not _is_current():
        call_command("migrate", interactive=False, verbosity=0)
    return [step() for step in get_operations().after_restore]


def _is_current() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _copy_sqlite(target: Path) -> None:
    # All pages in one step: copying in chunks starts again whenever somebody has written in
    # between, which under load never ends. In WAL mode others can write meanwhile.
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy, pages=-1)
        # In WAL mode the copy would consist of three files.
        copy.execute("PRAGMA journal_mode=DELETE")


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            tables = {
                name
                for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is not a complete SQLite database: {error}.") from error
    if verdict != "ok":
        raise BackupError(f"{path} is damaged: {verdict}.")
    if "django_migrations" not in tables:
        raise BackupError(f"{path} is not a backup of Nachfass.")


def _restore_sqlite(path: Path) -> None:
    # Not by renaming files: a process that still has the database open would go on writing to the
    # old one.
    connection.ensure_connection()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        copy.backup(connection.connection, pages=-1)


def _run_postgres(program: str, *arguments: str, connects: bool = True) -> str:
    """Run a program of PostgreSQL on our database; return what it printed. The password is passed
    in its environment, because others can read a command line.
    """
    parameters: dict[str, Any] = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = {
        variable: str(parameters[key]) for key, variable in names.items() if parameters.get(key)
    }
    database = [f"--dbname={parameters['dbname']}"] if connects else []
    try:
        result = subprocess.run(  # noqa: S603  (PostgreSQL's own programs with our own arguments)
            [find_program(program), *database, *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise BackupError(f"{program} cannot be run: {error}.") from error
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["it gave no reason"]
        raise BackupError(f"{program} failed: {lines[-1]}")
    return result.stdout


def find_program(name: str) -> str:
    """Return the path of a PostgreSQL program, also where only the versioned folder of Debian has
    it.
    """
    if found := shutil.which(name):
        return found
    versions = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3])
    )
    if not versions:
        raise BackupError(
            f"This machine lacks {name}. On Debian: apt-get install postgresql-client"
        )
    return str(versions[-1])
