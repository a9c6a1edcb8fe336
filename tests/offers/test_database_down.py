"""The database server goes away in the middle of an import and comes back: the files have
waited.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.offers.mails import write_mail
from tests.servers import postgres, stop, wait_for_port

MAILS = 2_000
TABLES = ("offers_sourcefile", "offers_offer", "feedback_invitation", "reminders_followup")


class Server:
    """A PostgreSQL server that can be stopped like a service and started again on the same data."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.data = Path(self.ask("SHOW data_directory"))
        self.command = shlex.split((self.data / "postmaster.opts").read_text(encoding="utf-8"))

    def stop(self) -> None:
        pid_file = self.data / "postmaster.pid"
        os.kill(int(pid_file.read_text(encoding="utf-8").split()[0]), signal.SIGINT)
        while pid_file.exists():
            time.sleep(0.02)

    @contextmanager
    def started_again(self) -> Iterator[None]:
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        server = subprocess.Popen([*as_postgres, *self.command], stderr=subprocess.DEVNULL, cwd="/")
        try:
            wait_for_port(int(self.url.rpartition(":")[2].partition("/")[0]), server)
            yield
        finally:
            stop(server)

    def ask(self, question: str) -> str:
        for _attempt in range(300):
            try:
                with psycopg.connect(self.url) as connection:
                    return str(connection.execute(question).fetchone()[0])  # type: ignore[arg-type, index]
            except psycopg.OperationalError as error:  # it listens before it has started up
                last = error
                time.sleep(0.1)
        raise last

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {table}"))


def start_command(url: str, *arguments: str) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        "LOG_LEVEL": "CRITICAL",
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def run_command(url: str, *arguments: str) -> str:
    process = start_command(url, *arguments)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


@pytest.mark.restarts
@pytest.mark.postgres
@pytest.mark.torture
def test_files_wait_while_the_server_is_stopped_and_are_imported_later(tmp_path: Path) -> None:
    for number in range(MAILS):
        fields = {
            "subject": f"Angebot AN-2026-{number:05}",
            "to": f"k{number}@k{number // 2}.example",
        }
        write_mail(tmp_path, f"{number:05}.eml", message_id=f"<{number}@x>", **fields)
    with postgres() as url:
        server = Server(url)
        run_command(url, "migrate", "--verbosity", "0")
        importer = start_command(url, "import_offers", "--folder", str(tmp_path))
        while not server.count("offers_sourcefile"):
            assert importer.poll() is None
            time.sleep(0.005)
        server.stop()
        output, _ = importer.communicate(timeout=300)
        assert importer.returncode != 0, output
        with server.started_again():
            assert 0 < server.count("offers_sourcefile") < MAILS
            run_command(url, "import_offers", "--folder", str(tmp_path))
            assert {table: server.count(table) for table in TABLES} == dict.fromkeys(TABLES, MAILS)
