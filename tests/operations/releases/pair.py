"""An office and its VPS as processes with env files and databases of their own: recorded once,
upgraded later.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from crm.demo.sample_data import DOMAIN
from crm.operations.secrets import Secrets, env_lines
from tests.servers import free_port, stop, wait_for_port

ROOT = Path(__file__).resolve().parents[3]


class Pair:
    """An office and its VPS below one folder, each with an env file. With `now` their clocks are
    set to that time.
    """

    def __init__(self, folder: Path, secrets: Secrets, *, now: datetime | None = None) -> None:
        self.folder, self.secrets, self.now = folder, secrets, now
        self.clock_file = folder / "clock"
        if now:
            self.set_clock(now)
        self.ports = {name: free_port() for name in ("public", "smtp")}
        self.url = f"http://localhost:{self.ports['public']}"

    def write_env(self, *, api: str = "", **databases: str) -> None:
        """Write both env files. `api` is where the office finds the API, `databases` has a URL for
        each half.
        """
        common = {
            "ALLOWED_HOSTS": "localhost",
            "SECURE_SSL_REDIRECT": "false",
        }
        common |= {"FEEDBACK_BASE_URL": self.url, "LOG_LEVEL": "WARNING"}
        office = {
            "DJANGO_SETTINGS_MODULE": "crm.settings.demo",
            "EMAIL_URL": f"smtp://localhost:{self.ports['smtp']}",
            "DEFAULT_FROM_EMAIL": f"angebote@{DOMAIN}",
            "OFFERS_OWN_DOMAINS": DOMAIN,
            "OFFERS_SETTLE_SECONDS": "0",
            "REMINDERS_ENABLED": "true",
            "REMINDERS_PER_MINUTE": "6000",
            "FEEDBACK_API_URL": api or self.url,
        }
        # Whoever only looks whether a page opens need not collect its static files first.
        public = {
            "DJANGO_SETTINGS_MODULE": "crm.settings.test_public"
            if self.now
            else "crm.settings.public"
        }
        for half, settings, secrets in (
            ("office", office, self.secrets.office),
            ("public", public, self.secrets.public),
        ):
            own = {"DATABASE_URL": databases.get(half) or f"sqlite:///{self.folder / half}.sqlite3"}
            own |= {"STATIC_ROOT": str(self.folder / "static" / half)}
            (self.folder / f"{half}.env").write_text(
                env_lines(common | settings | own | secrets), encoding="utf-8"
            )

    def env(self, half: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "ENV_FILE": str(self.folder / f"{half}.env")}

    def manage(self, half: str, *command: str) -> str:
        """Run a command of one half; return what it printed. Raises CalledProcessError."""
        offset = self.now.timestamp() - time.time() if self.now else 0.0
        env = self.env(half) | {"CLOCK_OFFSET": str(offset)}
        arguments = [sys.executable, "-m", "tests.chain.moved", *command]
        return subprocess.run(
            arguments, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def call(self, half: str, code: str) -> str:
        """Run Python code in one half; return what it printed."""
        return self.manage(half, "shell", "--verbosity=0", "-c", code)

    @contextmanager
    def mailbox(self) -> Iterator[None]:
        """Run the mail receiver, which writes into sent/."""
        (self.folder / "sent").mkdir(exist_ok=True)
        with self._running(
            "smtp", "crm.demo.smtp_server", str(self.ports["smtp"]), str(self.folder / "sent")
        ):
            yield

    @contextmanager
    def servers(self) -> Iterator[None]:
        """Run the mail receiver and the public service; `set_clock` moves the time of both halves."""
        application = "crm.demo.public_clock" if self.now else "crm.wsgi"
        arguments = [application, f"--bind=127.0.0.1:{self.ports['public']}", "--no-control-socket"]
        with (
            self.mailbox(),
            self._running("public", "gunicorn", *arguments, "--log-level=critical"),
        ):
            yield

    def set_clock(self, now: datetime) -> None:
        self.now = now
        self.clock_file.write_text(str(now.timestamp()), encoding="ascii")

    @contextmanager
    def _running(self, name: str, *module: str) -> Iterator[None]:
        env = self.env("public") | {"DEMO_CLOCK_FILE": str(self.clock_file)}
        process = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=env)
        try:
            wait_for_port(self.ports[name], process)
            yield
        finally:
            stop(process)
