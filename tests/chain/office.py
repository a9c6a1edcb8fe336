"""An office and its VPS as they run at a customer's: two profiles, two databases, real mail,
commands as processes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import requests

from feedback import sealing
from tests.commands import ROOT, clean_env, run_manage
from tests.public_service import API_KEY, PublicService
from tests.servers import free_port, stop, wait_for_port

DOMAIN = "muster-metallbau.example"
PASSWORD = "a-long-password-for-tests"


@dataclass
class Office:
    """The office of a test. `now` is the time its commands run at; None leaves the clock alone.
    `log` has log lines.
    """

    env: dict[str, str]
    folder: Path
    now: datetime | None = None
    log: list[str] = field(default_factory=list)

    def run(self, *command: str) -> str:
        """Run a command to its end and return what it said. Raises RuntimeError with its words when
        it fails.
        """
        done = self.attempt(*command)
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        offset = self.now.timestamp() - time.time() if self.now else 0.0
        done = subprocess.run(
            [sys.executable, "-m", "tests.chain.moved", *command],
            env=self.env | {"CLOCK_OFFSET": str(offset)},
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        self.log += [line for line in done.stderr.splitlines() if line.startswith("{")]
        return done

    def drop_mail(self, name: str, content: bytes, at: datetime) -> None:
        """Put a mail file into the watched folder, as David's export leaves it."""
        path = self.folder / name
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))

    @property
    def web_env(self) -> dict[str, str]:
        """The same office without collected static files, which take longer to make than all the
        rest.
        """
        return self.env | {"DJANGO_SETTINGS_MODULE": "crm.settings.test"}

    @contextmanager
    def web(self) -> Iterator[str]:
        """Run the back office as a web server; yields its address."""
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "--threads=2",
            "--log-level=critical",
        ]
        process = subprocess.Popen(
            [*command, f"--bind=127.0.0.1:{port}", "crm.wsgi"], env=self.web_env, cwd=ROOT
        )
        try:
            wait_for_port(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)


def office_env(folder: Path, public_url: str, smtp_port: int) -> dict[str, str]:
    private_key, _public_key = sealing.new_key_pair()
    return clean_env() | {
        "DJANGO_SETTINGS_MODULE": "crm.settings.office",
        "DATABASE_URL": f"sqlite:///{folder / 'office.sqlite3'}",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "STATIC_ROOT": str(folder / "office-static"),
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "DEFAULT_FROM_EMAIL": f"angebote@{DOMAIN}",
        "OFFERS_OWN_DOMAINS": DOMAIN,
        "OFFICE_BASE_URL": "http://nachfass.test",
        "FEEDBACK_BASE_URL": public_url,
        "FEEDBACK_API_KEY": API_KEY,
        "FEEDBACK_SEALING_PRIVATE_KEY": private_key,
        "REMINDERS_ENABLED": "true",
        "REMINDERS_MAX_SYNC_AGE": "0",
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "json",
    }


def set_up_office(folder: Path, public: PublicService, smtp_port: int) -> Office:
    """A fresh office with one salesperson who is also allowed everything else."""
    outgoing = folder / "outgoing"
    outgoing.mkdir()
    env = office_env(folder, public.url, smtp_port)
    Path(env["STATIC_ROOT"]).mkdir()
    run_manage(env, "migrate", "--verbosity=0")
    office = Office(env, outgoing)
    salesperson = ["--username=p.vogt", f"--email=p.vogt@{DOMAIN}"]
    run_manage(
        office.web_env | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD},
        "createsuperuser",
        "--no-input",
        *salesperson,
    )
    return office


def sign_in(session: requests.Session, url: str) -> None:
    """Sign the salesperson in, through the page that a browser shows."""
    page = session.get(f"{url}/admin/login/", timeout=30)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None, page.text[:500]
    form = {
        "username": "p.vogt",
        "password": PASSWORD,
        "csrfmiddlewaretoken": token.group(1),
        "next": "/stats/",
    }
    done = session.post(f"{url}/admin/login/", data=form, timeout=30)
    assert done.status_code == 200, done.text[:500]
    assert done.url.endswith("/stats/"), done.url
