from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from crm.core.models import Counter, JobRun
from crm.operations.backups import BackupError, check_backup, make_backup, restore_backup
from tests.make import set_steps_after_restore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_steps(monkeypatch):
    set_steps_after_restore(monkeypatch, [])


def test_a_restore_brings_back_the_rows_of_the_backup_and_no_later_ones(tmp_path: Path):
    Counter.objects.create(key="before", value=1)
    path = make_backup(tmp_path, now=timezone.now(), keep=3)
    Counter.objects.create(key="after", value=1)
    restore_backup(path)
    assert list(Counter.objects.values_list("key", flat=True)) == ["before"]


def test_after_a_restore_the_listed_steps_are_done(tmp_path: Path, monkeypatch):
    set_steps_after_restore(monkeypatch, [lambda: "Sending is held."])
    assert restore_backup(make_backup(tmp_path, now=timezone.now(), keep=3)) == ["Sending is held."]


def test_every_committed_row_is_in_a_backup_made_while_others_write(tmp_path: Path):
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            Counter.objects.create(key=f"writer {number}", value=number)
            number += 1
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        paths = []
        for round_ in range(5):
            counts.append(Counter.objects.count())
            paths.append(make_backup(tmp_path / str(round_), now=timezone.now(), keep=3))
    finally:
        stop.set()
        writer.join()
    for count, path in zip(counts, paths, strict=True):
        restore_backup(path)
        numbers = list(Counter.objects.order_by("value").values_list("value", flat=True))
        assert len(numbers) >= count
        assert numbers == list(range(len(numbers)))


def test_only_the_newest_are_kept(tmp_path: Path):
    now = timezone.now()
    names = [make_backup(tmp_path, now=now.replace(year=2020 + n), keep=2).name for n in range(4)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names[2:]


def test_a_damaged_file_is_refused_and_the_database_left_alone(tmp_path: Path):
    Counter.objects.create(key="before", value=1)
    path = make_backup(tmp_path, now=timezone.now(), keep=3)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    with pytest.raises(BackupError):
        restore_backup(path)
    assert Counter.objects.count() == 1


def test_a_foreign_file_is_refused(tmp_path: Path):
    path = tmp_path / "letter.txt"
    path.write_text("Guten Tag", encoding="utf-8")
    with pytest.raises(BackupError):
        check_backup(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("restore", tmp_path / "missing", yes=True)


def test_the_command_says_where_the_backup_lies(tmp_path: Path):
    summary = call_command("backup", tmp_path)
    assert str(tmp_path) in summary
    assert JobRun.objects.get(name="backup").succeeded_at
    assert [path.suffix for path in tmp_path.iterdir()] == [
        ".sqlite3" if connection.vendor == "sqlite" else ".pgdump"
    ]
