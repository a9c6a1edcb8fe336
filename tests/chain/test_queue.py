"""The queue really runs the schedules: nobody types a command, and the offer is imported and its
link registered.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chain.office import Office, set_up_office
from tests.commands import ROOT, run_manage
from tests.public_service import public_service
from tests.servers import wait_until
from tests.smtp_server import smtp_server

DAVID = Path(__file__).parent.parent / "data" / "david"
OFFER = "offer_2020s_8bit.eml"
DONE = "SELECT name FROM core_jobrun WHERE succeeded_at NOT NULL"
JOBS = {"heartbeat", "import_offers", "sync_feedback", "send_reminders"}


@contextmanager
def cluster(office: Office) -> Iterator[subprocess.Popen[bytes]]:
    """Run the queue's worker as the service manager does, and end all of its processes."""
    command = [sys.executable, "-m", "tests.chain.eager_queue"]
    process = subprocess.Popen(command, env=office.env, cwd=ROOT, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def query(office: Office, sql: str) -> list[tuple[object, ...]]:
    path = office.env["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
        return database.execute(sql).fetchall()


def wait_for_jobs(office: Office, worker: subprocess.Popen[bytes], jobs: set[str]) -> None:
    """Return when the worker has done each of the jobs without an error."""

    def are_done() -> bool:
        assert worker.poll() is None, "The worker has ended."
        done = {name for (name,) in query(office, DONE)}
        return jobs <= done

    wait_until(are_done, seconds=300, pause=0.5)


@pytest.mark.slow
@pytest.mark.restarts
def test_the_queue_runs_the_schedules(tmp_path: Path) -> None:
    with smtp_server() as mail_server, public_service(tmp_path) as public:
        office = set_up_office(tmp_path, public, mail_server.port)
        office.drop_mail(
            OFFER, (DAVID / OFFER).read_bytes(), datetime.now(UTC) - timedelta(hours=1)
        )
        add_folder = "from offers.models import MailFolder; MailFolder.objects.create(name='David', path={!r})"
        office.run("shell", "-c", add_folder.format(str(office.folder)))
        assert "schedules added" in run_manage(office.env, "setup_schedules").stdout
        # The first minute of every schedule has come, so that nobody waits for the next one.
        query(office, "UPDATE django_q_schedule SET next_run = '2026-01-01 00:00:00'")
        with cluster(office) as worker:
            wait_for_jobs(office, worker, JOBS)
        assert query(office, "SELECT number FROM offers_offer") == [("AN-2026-0815",)]
