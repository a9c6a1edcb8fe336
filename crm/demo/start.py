"""`make demo`: prepare both services on this machine, load the year of offers once, and run
everything until Ctrl-C.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from crm.demo.sample_data import DOMAIN
from crm.operations.secrets import env_lines, make_secrets
from crm.profile import BASE_DIR

FOLDER = BASE_DIR / "var" / "demo"
LOADED = FOLDER / "loaded"
USER, PASSWORD = "demo", "nachfass-demo"
SECONDS_TO_START = 60
INTERRUPTED = 130

WELCOME = """
Nachfass runs. Ctrl-C ends it, `make demo` goes on with the same data, `make demo-reset` starts afresh.

  Back office   {office}/admin/   user {user}, password {password}
                the same password for a salesperson (p.vogt) and a manager (leitung)
  Dashboard     {office}/stats/
  Public form   {public}/feedback/…   the links stand in the reminders
  Mails sent    {folder}/sent/

Try this:
  1. Send an offer:  make demo-offer TO=you@example.org
     A mail file appears in {folder}/outgoing as David would write it, and in a moment the offer in the back office.
  2. Open that offer and choose "Send the reminder now"; the mail appears in {folder}/sent.
  3. Open the link that stands in it, and answer.
  4. Within a minute the salesperson sees the answer, and the dashboard has counted it.
"""


@dataclass(frozen=True)
class Ports:
    """Where the demo's servers listen, all on the loopback interface."""

    office: int
    public: int
    smtp: int

    @classmethod
    def of(cls, first: int) -> Ports:
        return cls(first, first + 1, first + 25)


def main() -> None:
    ports = _read_ports()
    _refuse_taken(ports)
    _write_env_files(ports)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment |= {"DEMO_PORT": str(ports.office), "DEMO_PUBLIC_PORT": str(ports.public)}
    environment |= {"DEMO_SMTP_PORT": str(ports.smtp), "PYTHONUNBUFFERED": "1"}
    _prepare(environment)
    _run(ports, environment)


def reset() -> None:
    """Throw the demo's data away. Its keys go with it, so that no old link works any more."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def _read_ports() -> Ports:
    text = os.environ.get("DEMO_PORT", "8000")
    if not text.isdecimal() or not 1024 <= int(text) <= 65000:
        sys.exit(
            f"DEMO_PORT is {text!r}, but must be a number from 1024 to 65000."
            " Try: make demo DEMO_PORT=8100"
        )
    return Ports.of(int(text))


def _refuse_taken(ports: Ports) -> None:
    for port in (ports.office, ports.public, ports.smtp):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                sys.exit(
                    f"Port {port} is taken by another program. Choose others, for example: "
                    f"make demo DEMO_PORT={ports.office + 100}"
                )


def _write_env_files(ports: Ports) -> None:
    """Write both env files anew, because the ports may have changed, and keep the secrets that are
    there.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = make_secrets()
    public_url = f"http://localhost:{ports.public}"
    common = {
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "FEEDBACK_BASE_URL": public_url,
    }
    office = {
        "DJANGO_SETTINGS_MODULE": "crm.settings.office",
        "DATABASE_URL": "sqlite:///var/demo/office.sqlite3",
        "STATIC_ROOT": "var/demo/static/office",
        "EMAIL_URL": f"smtp://localhost:{ports.smtp}",
        "DEFAULT_FROM_EMAIL": f"angebote@{DOMAIN}",
        "OFFERS_OWN_DOMAINS": DOMAIN,
        "OFFERS_SETTLE_SECONDS": "2",
        "REMINDERS_ENABLED": "true",
        "REMINDERS_PER_MINUTE": "6000",
        **common,
        **_keep_secrets(FOLDER / "office.env", fresh.office),
    }
    public = {
        "DJANGO_SETTINGS_MODULE": "crm.settings.public",
        "DATABASE_URL": "sqlite:///var/demo/public.sqlite3",
        "STATIC_ROOT": "var/demo/static/public",
        **common,
        **_keep_secrets(FOLDER / "public.env", fresh.public),
    }
    _write_env_file("office", office)
    _write_env_file("public", public)


def _write_env_file(half: str, values: dict[str, str]) -> None:
    path = FOLDER / f"{half}.env"
    path.touch(mode=0o600)
    path.write_text(env_lines(values), encoding="utf-8")


def _keep_secrets(path: Path, fresh: dict[str, str]) -> dict[str, str]:
    """Return the fresh secrets, replaced by those that the env file has already."""
    if not path.exists():
        return fresh
    values = dict(fresh)
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name in fresh:
            values[name] = value
    return values


def _prepare(environment: dict[str, str]) -> None:
    if not LOADED.exists():
        # An earlier start was interrupted while it loaded: half a year of offers would be
        # misleading.
        for leftover in FOLDER.glob("*.sqlite3*"):
            leftover.unlink()
        for folder in ("outgoing", "incoming", "sent"):
            shutil.rmtree(FOLDER / folder, ignore_errors=True)
            (FOLDER / folder).mkdir()
    print("Preparing the databases …")
    halves = ("office", "public")
    collected = [
        _start(environment, half, "collectstatic", "--noinput", "--verbosity=0") for half in halves
    ]
    _finish(*[_start(environment, half, "migrate", "--verbosity=0") for half in halves])
    _finish(*collected, _start(environment, "office", "setup_schedules"))
    if not LOADED.exists():
        print("Loading a year of offers: each mail is imported, reminded, answered …")
        _finish(
            _start(
                {**environment, "DJANGO_SETTINGS_MODULE": "crm.settings.demo"},
                "office",
                "demo_data",
            )
        )
        LOADED.touch()


@dataclass(frozen=True)
class RunningCommand:
    """A command of one half that is running."""

    command: str
    process: subprocess.Popen[bytes]


def _start(environment: dict[str, str], half: str, *command: str) -> RunningCommand:
    environment = {**environment, "ENV_FILE": str(FOLDER / f"{half}.env")}
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=BASE_DIR, env=environment
    )
    return RunningCommand(f"manage.py {command[0]} ({half})", process)


def _finish(*commands: RunningCommand) -> None:
    for running in commands:
        if running.process.wait():
            sys.exit(
                f"The demo cannot start, because `{running.command}` failed;"
                " the reason stands above."
            )


def _run(ports: Ports, environment: dict[str, str]) -> None:
    # Ctrl-C reaches the whole group of processes: honcho ends its own, we wait for it.
    honcho = subprocess.Popen(
        [sys.executable, "-m", "honcho", "start"], cwd=BASE_DIR, env=environment
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: honcho.terminate())
    office, public = f"http://localhost:{ports.office}", f"http://localhost:{ports.public}"
    if _wait_until_up(honcho, [f"{office}/healthz", f"{public}/healthz"]):
        print(
            WELCOME.format(
                office=office, public=public, user=USER, password=PASSWORD, folder="var/demo"
            )
        )
    # 130 is Ctrl-C, the way the demo is meant to end.
    sys.exit(0 if honcho.wait() in (0, INTERRUPTED, -signal.SIGINT) else honcho.returncode)


def _wait_until_up(honcho: subprocess.Popen[bytes], urls: list[str]) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    waiting = list(urls)
    while waiting and honcho.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(waiting[0], timeout=5):  # noqa: S310  (our own http address)
                waiting.pop(0)
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return not waiting


if __name__ == "__main__":
    if sys.argv[1:] == ["reset"]:
        reset()
    main()
