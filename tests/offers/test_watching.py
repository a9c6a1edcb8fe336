from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from offers.mail_import.watch import is_on_network, watch_folders
from offers.models import MailFolder, Offer
from tests.commands import database_url
from tests.offers.mails import make_folder, write_mail
from tests.servers import stop, wait_until

MOUNTS = [
    "/dev/sda1 / ext4 rw 0 0",
    "//server/david /mnt/david cifs rw 0 0",
    "//server/x /mnt/with\\040blank cifs rw 0 0",
    "tmpfs /mnt/david/local tmpfs rw 0 0",
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/mail", False),
        ("/mnt/david", True),
        ("/mnt/david/export", True),
        ("/mnt/davidoff", False),
        ("/mnt/with blank/x", True),
        ("/mnt/david/local/x", False),
        ("\\\\server\\david", True),
        ("//server/david", True),
    ],
)
def test_folders_on_the_network_are_told_apart(path: str, expected: bool) -> None:
    assert is_on_network(path, MOUNTS) == expected


class Runs:
    """Counts the imports that the watcher asks for, in a thread of its own."""

    def __init__(
        self, folder: str | None, *, fail_first: bool = False, rescan_seconds: float = 300
    ) -> None:
        self.count, self.fail_first, self.stop = 0, fail_first, threading.Event()
        options: dict[str, Any] = {"stop": self.stop, "rescan_seconds": rescan_seconds}
        self.thread = threading.Thread(
            target=watch_folders, args=(folder, self.run), kwargs=options
        )
        self.thread.start()

    def run(self) -> None:
        self.count += 1
        if self.fail_first and self.count == 1:
            raise OperationalError("the database is away")

    def end(self) -> None:
        self.stop.set()
        self.thread.join(120)
        assert not self.thread.is_alive()


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """No database in the watching thread: what matters here is when it asks for an import."""
    settings.OFFERS_SETTLE_SECONDS = 0.2
    monkeypatch.setattr(
        "offers.mail_import.watch.SourceFile.objects.filter", lambda **_fields: EmptyRows()
    )
    monkeypatch.setattr("offers.mail_import.watch.close_old_connections", lambda: None)


class EmptyRows:
    def exists(self) -> bool:
        return False


@pytest.mark.usefixtures("quiet")
def test_it_imports_at_once_and_when_a_mail_comes(tmp_path: Path) -> None:
    runs = Runs(str(tmp_path))
    try:
        wait_until(lambda: runs.count == 2)  # once more when the watcher is up
        (tmp_path / "note.txt").write_text("no mail")
        write_mail(tmp_path, "a.eml")
        wait_until(lambda: runs.count >= 3)
    finally:
        runs.end()


@pytest.mark.usefixtures("quiet")
def test_it_looks_again_after_a_while_because_watchers_miss_events(tmp_path: Path) -> None:
    runs = Runs(str(tmp_path), rescan_seconds=0.3)
    try:
        wait_until(lambda: runs.count >= 3)
    finally:
        runs.end()


@pytest.mark.usefixtures("quiet")
def test_a_database_that_is_away_does_not_end_it(tmp_path: Path) -> None:
    runs = Runs(str(tmp_path), fail_first=True)
    try:
        wait_until(lambda: runs.count >= 2)
    finally:
        runs.end()


@pytest.mark.usefixtures("quiet")
def test_a_folder_that_comes_later_is_found(tmp_path: Path) -> None:
    runs = Runs(str(tmp_path / "later"), rescan_seconds=0.3)
    try:
        wait_until(lambda: runs.count >= 2)
        (tmp_path / "later").mkdir()
        before = runs.count
        wait_until(lambda: runs.count > before)
    finally:
        runs.end()


@pytest.mark.restarts
@pytest.mark.django_db(transaction=True)
def test_the_command_watches_until_it_is_interrupted(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    env = {**os.environ, "DATABASE_URL": database_url(), "OFFERS_SETTLE_SECONDS": "0.2"}
    env["DJANGO_SETTINGS_MODULE"] = "crm.settings.test"
    command = [sys.executable, "manage.py", "import_offers", "--watch"]
    process = subprocess.Popen(
        command,
        env=env,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # A suite that runs in the background has Ctrl-C ignored, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (no threads yet)
    )
    try:
        wait_until(lambda: MailFolder.objects.get(pk=folder.pk).scanned_at is not None)
        write_mail(tmp_path, "a.eml")
        wait_until(Offer.objects.exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
    finally:
        stop(process)
