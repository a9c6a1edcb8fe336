"""A throw-away office for the benchmarks: the real settings, a fresh SQLite database for each
round.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

SENT_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def start(*, extra_apps: tuple[str, ...] = (), any_database: bool = False) -> Path:
    """Load Django on a SQLite database in a temporary folder and migrate it; return the folder.

    With `any_database` on the one that DATABASE_URL names, if it does.
    """
    folder = Path(tempfile.mkdtemp(prefix="nachfass-bench-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings.test"
    if not (any_database and "DATABASE_URL" in os.environ):
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'office.sqlite3'}"
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ["OFFERS_OWN_DOMAINS"] = "muster-metallbau.example"

    import django
    from django.conf import settings

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, *extra_apps]
    settings.MEDIA_ROOT = str(folder / "media")
    django.setup()

    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.close()
    if connection.vendor == "sqlite":
        shutil.copy(folder / "office.sqlite3", folder / "empty.sqlite3")
    return folder


@contextmanager
def fresh_database(folder: Path) -> Iterator[None]:
    """Give the body the migrated database without a row."""
    from django.db import connection

    connection.close()
    for old in folder.glob("office.sqlite3*"):
        old.unlink()
    shutil.copy(folder / "empty.sqlite3", folder / "office.sqlite3")
    yield
    connection.close()


def write_mails(folder: Path, count: int, *, first: int = 0, attachment: int = 0) -> list[Path]:
    """Write offer mails as David does, an hour old, one customer for every third; return their
    paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    body = random.Random(1).randbytes(attachment * 3 // 4)
    encoded = encode_lines(body) if attachment else ""
    paths = []
    for number in range(first, first + count):
        sent = SENT_AT + timedelta(minutes=number)
        boundary = f"----_=_NextPart_000_{number:08X}"
        lines = [
            "Received: from mail.muster-metallbau.example [127.0.0.1] by mail.muster-metallbau.example with David.fx;",
            f" {format_datetime(sent)}",
            'From:   "Petra Vogt" <p.vogt@muster-metallbau.example>',
            f"Subject: =?iso-8859-1?Q?Angebot_Nr=2E_AN-{number // 10000 + 2020}-{number:06}_f=FCr_Gel=E4nder?=",
            f'To:     "Ayse Yilmaz" <kunde{number // 3}@firma{number // 9}.example>',
            f"Date:   {format_datetime(sent)}",
            "X-Priority: 3 (Normal)",
            "Importance: normal",
            "X-Mailer: david by Tobit.Software, Germany (0554.4A4B4C4D4E4F50515253), Mime Converter 101.20",
            "X-David-Sym: 0",
            "X-David-Flags: 0",
            f"Message-ID: <{number:08X}.6AA79CAD@mail.muster-metallbau.example>",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"',
            "",
            f"--{boundary}",
            'Content-Type: text/plain; charset="utf-8"',
            "",
            "Guten Tag, anbei unser Angebot.",
        ]
        if attachment:
            lines += [f"--{boundary}", 'Content-Type: application/pdf; name="Angebot.pdf"']
            lines += [
                'Content-Disposition: attachment; filename="Angebot.pdf"',
                "Content-Transfer-Encoding: base64",
            ]
            lines += ["", encoded]
        lines += [f"--{boundary}--", ""]
        path = folder / f"{number:07}.eml"
        path.write_bytes("\r\n".join(lines).encode())
        os.utime(path, (1_750_000_000 + number, 1_750_000_000 + number))
        paths.append(path)
    return paths


def encode_lines(raw: bytes) -> str:
    import base64

    return base64.encodebytes(raw).decode().replace("\n", "\r\n").rstrip()
