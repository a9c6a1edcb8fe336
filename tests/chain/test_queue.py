"""The queue really runs the schedules: nobody types a command, and the offer is imported and its
link registered.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.chain.office import Office, set_up_office, smtp_server
from tests.feedback.live import ROOT, public_service, run_manage

DAVID = Path(__file__).parent.parent / "data" / "david"
OFFER = "offer_2020s_8bit.eml"
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


def test_the_queue_runs_the_schedules(tmp_path: Path) -> None:
    with smtp_server() as (_inbox, port), public_service(tmp_path) as public:
        office = set_up_office(tmp_path, public, port)
        office.drop_mail(
            OFFER, (DAVID / OFFER).read_bytes(), datetime.now(UTC) - timedelta(hours=1)
        )
        add_folder = "from offers.models import MailFolder; MailFolder.objects.create(name='David', path={!r})"
        office.run("shell", "-c", add_folder.format(str(office.folder)))
        assert "schedules added" in run_manage(office.env, "setup_schedules").stdout
        # The first minute of every schedule has come, so that nobody waits for the next one.
        query(office, "UPDATE django_q_schedule SET next_run = '2026-01-01 00:00:00'")
        with cluster(office) as worker:
            done: set[object] = set()
            deadline = time.monotonic() + 240
            while not done >= JOBS and time.monotonic() < deadline:
                assert worker.poll() is None
                time.sleep(0.5)
                done = {
                    name
                    for (name,) in query(
                        office, "SELECT name FROM core_jobrun WHERE succeeded_at NOT NULL"
                    )
                }
        failed = query(office, "SELECT name, error FROM core_jobrun WHERE failed_at NOT NULL")
        assert done >= JOBS, (done, failed)
        assert query(office, "SELECT number FROM offers_offer") == [("AN-2026-0815",)]
