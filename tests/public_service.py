"""The public service as it runs on the VPS: gunicorn, its own settings, its own database."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
from django.test import override_settings

from feedback import links
from feedback.public import stamps
from tests.commands import ROOT, clean_env, run_manage
from tests.public_packages import GUNICORN
from tests.servers import free_port, stop, wait_for_port

API_KEY = "key-for-tests"
# What a browser always sends, so that an answer does not look like a robot's.
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept-Language": "de"}


@dataclass
class PublicService:
    """A running public service. `env` is what its commands need."""

    url: str
    env: dict[str, str]
    command: list[str]
    process: subprocess.Popen[bytes]
    port: int

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=self.env, cwd=ROOT)
        wait_for_port(self.port, self.process)

    def stop(self) -> None:
        stop(self.process)

    def answer(self, token: UUID, kind: str) -> None:
        """Send the form as a customer does who had it open for a minute. Raises what `requests`
        raises.
        """
        with override_settings(SECRET_KEY=self.env["SECRET_KEY"]):
            stamp = stamps.make_stamp(
                links.digest(token), now=datetime.now(UTC) - timedelta(minutes=1)
            )
        data = {"answer": kind, "reason": "price", "stamp": stamp}
        requests.post(
            links.form_url(self.url, token), data=data, headers=BROWSER, timeout=30
        ).raise_for_status()

    def give_answers(self, answers: Iterable[dict[str, Any]], *, threads: int = 1) -> None:
        """Store answers through the service's own code; returns when all are stored."""
        subprocess.run(
            [sys.executable, "-m", "tests.feedback.give_answers", str(threads)],
            input="".join(json.dumps(answer) + "\n" for answer in answers).encode(),
            env=self.env,
            cwd=ROOT,
            check=True,
        )


def public_env(folder: Path, port: int, **settings: str) -> dict[str, str]:
    """The environment of the public profile with an own SQLite database in the folder."""
    return clean_env() | {
        "DJANGO_SETTINGS_MODULE": "crm.settings.public",
        "DATABASE_URL": f"sqlite:///{folder / 'public.sqlite3'}",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "FEEDBACK_BASE_URL": f"http://127.0.0.1:{port}",
        "FEEDBACK_API_KEY_HASHES": hashlib.sha256(API_KEY.encode()).hexdigest(),
        "FEEDBACK_RATE_API": "100000/m",
        "FEEDBACK_RATE_ANSWER": "100000/m",
        "STATIC_ROOT": str(folder / "static"),
        "LOG_LEVEL": "WARNING",
        **settings,
    }


@contextmanager
def public_service(
    folder: Path,
    *,
    workers: int = 1,
    program: str = "gunicorn",
    application: str = "crm.wsgi",
    **settings: str,
) -> Iterator[PublicService]:
    """Start the public service on a free port and stop it at the end. `program` takes gunicorn's
    arguments.
    """
    port = free_port()
    env = public_env(folder, port, **settings)
    (folder / "static").mkdir(exist_ok=True)
    run_manage(env, "migrate", "--verbosity=0")
    command = [sys.executable, "-m", program, f"--config={GUNICORN}", f"--workers={workers}"]
    command += [f"--bind=127.0.0.1:{port}", "--log-level=critical", application]
    process = subprocess.Popen(command, env=env, cwd=ROOT)
    service = PublicService(f"http://127.0.0.1:{port}", env, command, process, port)
    try:
        wait_for_port(port, process)
        yield service
    finally:
        service.stop()
