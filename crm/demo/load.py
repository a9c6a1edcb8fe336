"""Load the demo: the company, its people, the servers that the year needs, and the year itself."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone

from crm.accounts.models import OwnCompany, User
from crm.demo.sample_data import COMPANY, DOMAIN, LEGAL_NOTICE, SALESPEOPLE
from crm.demo.start import PASSWORD, USER
from crm.demo.year import Year
from offers.models import MailFolder, Offer

SALES, MANAGEMENT = "Vertrieb", "Leitung"


class LoadError(Exception):
    """The demo cannot be loaded here. The text is one sentence for a person."""


def load(folder: Path, *, offers: int, seed: int) -> str:
    """Fill the empty database with a year of offers and return one sentence of sums.

    `folder` gets outgoing/, incoming/ and sent/, and has the public service's env file. Raises
    LoadError when the database already holds offers: the demo is never mixed with real ones.
    """
    if Offer.objects.exists():
        raise LoadError(
            "This database already holds offers. The demo is loaded into an empty one only."
        )
    now = timezone.now()
    _make_people()
    _make_company()
    _make_folders(folder)
    clock_file = folder / "clock"
    # One line per item is for the office's log; here it would be ten thousand lines.
    logging.disable(logging.INFO)
    try:
        with _servers(folder, clock_file, now):
            return Year(folder, clock_file, now=now, offers=offers, seed=seed).play()
    finally:
        logging.disable(logging.NOTSET)
        clock_file.unlink(missing_ok=True)


def _make_people() -> None:
    User.objects.create_superuser(
        USER,
        f"demo@{DOMAIN}",
        PASSWORD,
        first_name="Anna",
        last_name="Huber",
        phone="+41 71 555 01 00",
    )
    for salesperson in SALESPEOPLE:
        user = User.objects.create_user(
            salesperson.username,
            salesperson.email,
            PASSWORD,
            first_name=salesperson.first_name,
            last_name=salesperson.last_name,
            phone=salesperson.phone,
            is_staff=True,
        )
        user.groups.set(Group.objects.filter(name=SALES))
    manager = User.objects.create_user(
        "leitung",
        f"leitung@{DOMAIN}",
        PASSWORD,
        first_name="Martin",
        last_name="Steiner",
        is_staff=True,
    )
    manager.groups.set(Group.objects.filter(name=MANAGEMENT))


def _make_company() -> None:
    OwnCompany.objects.update_or_create(
        pk=1,
        defaults={
            "name": COMPANY,
            "legal_notice": LEGAL_NOTICE,
            "imprint_url": f"https://www.{DOMAIN}/impressum",
            "privacy_url": f"https://www.{DOMAIN}/datenschutz",
            "email": f"info@{DOMAIN}",
            "phone": "+41 71 555 01 00",
        },
    )


def _make_folders(folder: Path) -> None:
    for name, label, direction in (
        ("outgoing", "David: gesendet", MailFolder.Direction.OUTGOING),
        ("incoming", "David: empfangen", MailFolder.Direction.INCOMING),
    ):
        (folder / name).mkdir(parents=True, exist_ok=True)
        path = str((folder / name).resolve())
        MailFolder.objects.get_or_create(
            path=path, defaults={"name": label, "direction": direction}
        )
    (folder / "sent").mkdir(exist_ok=True)


@contextmanager
def _servers(folder: Path, clock_file: Path, now: datetime) -> Iterator[None]:
    """Run the public service on the moved clock and the mail receiver, until the year is over."""
    clock_file.write_text(str(now.timestamp()), encoding="ascii")
    url = urlsplit(settings.FEEDBACK_BASE_URL)
    environment = {
        name: value for name, value in os.environ.items() if name not in _office_names(folder)
    }
    environment |= {"ENV_FILE": str(folder / "public.env"), "DEMO_CLOCK_FILE": str(clock_file)}
    gunicorn = [
        "-m",
        "gunicorn",
        "crm.demo.public_clock",
        "--bind",
        f"127.0.0.1:{url.port}",
        "--no-control-socket",
    ]
    receiver = ["-m", "crm.demo.smtp_server", str(settings.EMAIL_PORT), str(folder / "sent")]
    processes = [
        subprocess.Popen([sys.executable, *arguments], cwd=settings.BASE_DIR, env=environment)
        for arguments in ([*gunicorn, "--log-level", "warning"], receiver)
    ]
    try:
        for process, port in zip(processes, (url.port or 80, settings.EMAIL_PORT), strict=True):
            _wait_for(process, port)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


def _office_names(folder: Path) -> set[str]:
    """Return the variables that this process read from the office's env file and the public one
    must not inherit.
    """
    lines = (folder / "office.env").read_text(encoding="utf-8").splitlines()
    return {line.partition("=")[0] for line in lines} | {"DJANGO_SETTINGS_MODULE"}


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise LoadError(
        f"A server of the demo does not answer on port {port}. Is the port taken?"
        " Try another DEMO_PORT."
    )
