"""Mail files for the tests of the import."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path

from offers.models import MailFolder

DAVID = Path(__file__).parent.parent / "data" / "david"
SENT_AT = datetime(2026, 9, 14, 7, 12, 40, tzinfo=UTC)
_numbers = count(1)


def make_folder(path: Path, **fields: object) -> MailFolder:
    return MailFolder.objects.create(path=str(path), **{"name": path.name, **fields})


def build_mail(
    *,
    subject: str = "Angebot 4711",
    to: str = "Jörg Bühler <buehler@kunde-eins.example>",
    sender: str = "Petra Vogt <p.vogt@muster-metallbau.example>",
    sent_at: datetime | None = SENT_AT,
    message_id: str | None = None,
    headers: str = "",
    body: str = "Guten Tag\n",
) -> bytes:
    """A mail as David writes it: raw 8-bit header values, CRLF. `headers` are further lines."""
    lines = [f"From: {sender}", f"Subject: {subject}"]
    if to:
        lines.append(f"To: {to}")
    if sent_at:
        lines.append(f"Date: {format_datetime(sent_at)}")
    lines.append(
        f"Message-ID: {message_id or f'<{next(_numbers):08X}.test@muster-metallbau.example>'}"
    )
    lines += [line for line in headers.splitlines() if line]
    return "\r\n".join([*lines, "", body]).encode("cp1252", "replace")


def write_file(
    folder: Path, name: str, content: bytes, *, age: timedelta = timedelta(hours=1)
) -> Path:
    path = folder / name
    path.write_bytes(content)
    changed = datetime.now(UTC).timestamp() - age.total_seconds()
    os.utime(path, (changed, changed))
    return path


def write_mail(folder: Path, name: str, **fields: object) -> Path:
    age = fields.pop("age", timedelta(hours=1))
    return write_file(folder, name, build_mail(**fields), age=age)  # type: ignore[arg-type]
