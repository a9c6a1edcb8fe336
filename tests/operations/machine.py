"""An office on a moved clock whose jobs, mails and looks at its health are real, beside a real
public service.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import time_machine
from croniter import croniter
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from crm.operations import alarms
from crm.operations.schedules import JOBS, Job
from tests.authority import Authority
from tests.commands import ROOT, clean_env
from tests.servers import free_port, stop, wait_for_port
from tests.smtp_server import SmtpServer

LOOK = timedelta(minutes=5)


@dataclass
class Machine:
    """The simulated office. `stopped` names jobs that do not run any more, as after the death of
    what runs them.
    """

    clock: time_machine.Traveller
    clock_file: Path
    inbox: SmtpServer
    now: datetime
    stopped: set[str] = field(default_factory=set)

    def move_to(self, now: datetime) -> None:
        """Set the clock of both machines."""
        self.now = now
        self.clock.move_to(now, tick=False)
        unfinished = self.clock_file.with_suffix(".part")
        unfinished.write_text(str(now.timestamp()))
        unfinished.replace(self.clock_file)

    def run_until(self, end: datetime, *, step: timedelta = LOOK) -> None:
        """Let the jobs run when they are due, each at most once a step, and look at the health
        after each step.

        A step ends early where a job of a fixed hour is due, so that the nightly ones run at their
        very minute.
        """
        while self.now < end:
            before = timezone.localtime(self.now)
            nightly = [
                croniter(job.cron, before).get_next(datetime) for job in JOBS if _has_hour(job)
            ]
            self.move_to(min(self.now + step, end, *nightly))
            for job in JOBS:
                if (
                    job.name not in self.stopped
                    and croniter(job.cron, before).get_next(datetime) <= self.now
                ):
                    # A failed job leaves its sign, and the queue goes on.
                    with suppress(CommandError, DatabaseError, OSError):
                        call_command(job.name)
            alarms.watch(self.now)

    @property
    def subjects(self) -> list[str]:
        """What the admins were mailed by the alarms."""
        return [str(mail["Subject"]) for mail in self.inbox.to("it@muster-metallbau.example")]


def _has_hour(job: Job) -> bool:
    return job.cron.split()[1] != "*"


class _Page(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@dataclass
class TlsServer:
    """A TLS server on loopback. `present` chooses the certificate that the next visitor sees."""

    port: int
    folder: Path
    authority: Authority
    context: ssl.SSLContext

    def present(self, name: str) -> None:
        shown = self.folder / name
        self.context.load_cert_chain(shown / "fullchain.pem", shown / "privkey.pem")


@contextmanager
def tls_server(folder: Path) -> Iterator[TlsServer]:
    """A server with a valid certificate for localhost; `expired` is another one, out of date since
    yesterday.
    """
    authority = Authority(folder)
    authority.issue("localhost", folder / "valid", days=365)
    authority.issue("localhost", folder / "expired", days=-1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server = HTTPServer(("127.0.0.1", 0), _Page)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    tls = TlsServer(server.server_port, folder, authority, context)
    tls.present("valid")
    thread.start()
    try:
        yield tls
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Web:
    """The office's pages as a web server of their own."""

    port: int
    command: list[str]
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=self.env, cwd=ROOT)
        wait_for_port(self.port, self.process)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def office_web(folder: Path) -> Iterator[Web]:
    """Start the office's pages on a database of their own and stop them at the end."""
    port = free_port()
    env = clean_env() | {"DJANGO_SETTINGS_MODULE": "crm.settings.test"}
    env |= {"DATABASE_URL": f"sqlite:///{folder / 'web.sqlite3'}"}
    # One process, so that a kill leaves no orphan that goes on answering.
    command = [sys.executable, "-c", _WEB.format(port=port)]
    web = Web(port, command, env)
    try:
        web.start()
        yield web
    finally:
        stop(web.process)


_WEB = "from waitress import serve; from crm.wsgi import application; serve(application, listen='127.0.0.1:{port}')"


def drop_offer(folder: Path, now: datetime, number: int) -> None:
    """Put an offer mail of this moment into the folder, as David does."""
    from tests.offers.mails import build_mail

    subject, to = f"Angebot AN-2026-{number:04}", f"kunde{number}@kunde{number}.example"
    path = folder / f"{number}.eml"
    path.write_bytes(build_mail(subject=subject, to=to, sent_at=now))
    os.utime(path, (now.timestamp(), now.timestamp()))
