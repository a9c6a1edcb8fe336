"""Backups while several writers write as fast as they can: each passes its check and has every
committed row.
"""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from crm.core.models import Counter
from crm.operations.backups import check_backup, make_backup
from tests.lacks import find_program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.restarts]

WRITERS, ROWS = 3, 5


class Writer(threading.Thread):
    """Commits `ROWS` rows at a time. `committed` counts those of finished transactions."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        super().__init__(name=name)
        self.stop, self.committed = stop, 0

    def run(self) -> None:
        while not self.stop.is_set():
            first = self.committed
            with transaction.atomic():
                for number in range(first, first + ROWS):
                    Counter.objects.create(key=f"{self.name} {number}", value=number)
            self.committed = first + ROWS
        connections.close_all()


@contextmanager
def writers() -> Iterator[list[Writer]]:
    stop = threading.Event()
    threads = [Writer(f"w{number}", stop) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def rows_of(path: Path) -> dict[str, list[int]]:
    """Return the rows in a backup by writer, without restoring it."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(path)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            pairs = copy.execute("SELECT key, value FROM core_counter").fetchall()
    else:
        command = [
            find_program("pg_restore"),
            "--data-only",
            "--table=core_counter",
            "--file=-",
            path,
        ]
        dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        lines = [
            line.split("\t") for line in dump.splitlines() if line.startswith("w") and "\t" in line
        ]
        pairs = [(line[0], int(line[1])) for line in lines]
    found: dict[str, list[int]] = {}
    for key, value in pairs:
        found.setdefault(key.split()[0], []).append(value)
    return found


def back_up_under_load(folder: Path, *, times: int) -> None:
    with writers() as threads:
        for _time in range(times):
            before = {thread.name: thread.committed for thread in threads}
            path = make_backup(folder, now=timezone.now(), keep=1)
            check_backup(path)
            found = rows_of(path)
            for name, committed in before.items():
                numbers = sorted(found.get(name, []))
                assert len(numbers) >= committed, "A committed row is missing."
                assert numbers == list(range(len(numbers))), "There is a hole."
                assert len(numbers) % ROWS == 0, "Half a transaction is there."
    assert sum(thread.committed for thread in threads) > 0
    assert len(list(folder.iterdir())) == 1


def test_a_few_backups_under_load(tmp_path: Path):
    back_up_under_load(tmp_path, times=4)


@pytest.mark.torture
def test_a_hundred_backups_under_load(tmp_path: Path):
    back_up_under_load(tmp_path, times=100)
