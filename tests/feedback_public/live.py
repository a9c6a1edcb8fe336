"""The public service as it runs on the VPS: the real profile, several gunicorn processes, its own
database.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import requests

from feedback import links
from tests.commands import ROOT
from tests.feedback_public import make
from tests.public_packages import GUNICORN, only_public_packages
from tests.servers import free_port, stop, wait_for_port

KEY = "key-of-the-live-service"
BROWSER = {"User-Agent": make.BROWSER["HTTP_USER_AGENT"], "Accept-Language": "de"}
NO_LIMITS = {f"FEEDBACK_RATE_{name}": "" for name in ("FORM", "ANSWER", "OPT_OUT", "API")}


@dataclass
class Service:
    """A running service. `log` has what gunicorn and Django wrote, access log included."""

    url: str
    folder: Path
    database_url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def api(self, method: str, path: str, **request: Any) -> requests.Response:
        headers = {"Authorization": f"Api-Key {KEY}", **request.pop("headers", {})}
        return requests.request(
            method, f"{self.url}/api/{path}", headers=headers, timeout=30, **request
        )

    def invite(self, count: int = 1, **fields: Any) -> list[UUID]:
        """Register fresh links and return their tokens."""
        tokens = [links.new_token() for _ in range(count)]
        for start in range(0, count, 1000):
            items = [
                make.invitation_item(token, **fields) for token in tokens[start : start + 1000]
            ]
            for item in items:
                item["expires_at"] = item["expires_at"].isoformat()
            self.api(
                "PUT", "invitations", json={"schema": 1, "invitations": items}
            ).raise_for_status()
        return tokens

    def answer(self, token: UUID, answer: str = "interested", **fields: Any) -> requests.Response:
        """Send the form as if it had been open for a minute."""
        data = make.answer_data(token, answer, **fields)
        return requests.post(f"{self.url}/feedback/{token}", data=data, headers=BROWSER, timeout=60)

    def drain(self) -> None:
        """Acknowledge all that waits, so that the next test starts with nothing."""
        while page := self.api("GET", "feedbacks").json()["feedbacks"]:
            self.api(
                "POST", "feedbacks/ack", json={"uids": [one["uid"] for one in page]}
            ).raise_for_status()

    def answers(self) -> list[dict[str, Any]]:
        """Pull all that waits, without acknowledging it."""
        page = self.api("GET", "feedbacks").json()
        assert page["remaining"] == 0, "more answers than one page: acknowledge in the test"
        return list(page["feedbacks"])

    def run(self, *arguments: str) -> str:
        """Run a management command in the environment of the service."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            check=True,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        ).stdout


@contextmanager
def serve(
    folder: Path, *, workers: int = 2, is_logging: bool = True, **settings: str
) -> Iterator[Service]:
    """Start the service on a fresh database: SQLite in the folder, or one on the PostgreSQL of
    DATABASE_URL.

    gunicorn runs from the file that the VPS uses; `is_logging` adds all that it can write, requests
    included.
    """
    port = free_port()
    with _database(folder) as database_url:
        environment = {**_environment(database_url), **settings}
        arguments = [f"--config={GUNICORN}", f"--workers={workers}", f"--bind=127.0.0.1:{port}"]
        if is_logging:
            arguments += ["--access-logfile=-", "--log-level=debug"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *arguments, "crm.wsgi"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        service = Service(f"http://127.0.0.1:{port}", folder, database_url, environment, process)
        try:
            wait_for_port(port, process)
            service.api("PUT", "form", json=make.form_content()).raise_for_status()
            yield service
        finally:
            stop(process)


def _environment(database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        **only_public_packages(),
        "DJANGO_SETTINGS_MODULE": "crm.settings.public",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "DATABASE_URL": database_url,
        "FEEDBACK_API_KEY_HASHES": hashlib.sha256(KEY.encode()).hexdigest(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "STATIC_ROOT": str(_prepared() / "static"),
        **NO_LIMITS,
    }


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    template = _prepared() / "template.sqlite3"
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        shutil.copy(template, folder / "public.sqlite3")
        yield f"sqlite:///{folder / 'public.sqlite3'}"
        return
    name = f"live_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = f"{server.rpartition('/')[0]}/{name}"
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            check=True,
            cwd=ROOT,
            env=_environment(url),
        )
        yield url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _prepared() -> Path:
    """What every service starts from, made once: the static files and an empty SQLite database."""
    folder = Path(tempfile.mkdtemp(prefix="nachfass-live-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = (
        "from crm.wsgi import application; from django.core.management import call_command as call;"
        "call('migrate', verbosity=0); call('collectstatic', interactive=False, verbosity=0)"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings.public",
        "SECRET_KEY": "only-for-tests",
        "DATABASE_URL": f"sqlite:///{folder / 'template.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
    }
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], check=True, cwd=ROOT, env=environment
    )
    return folder
