"""What makes two mail files the same mail. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

_VERSION = "nachfass-mail-1"


def fingerprint(recipients: Iterable[str], subject: str, sent_at: datetime) -> str:
    """Return 64 hex digits over a version tag, the sorted lower-case recipients, the
    white-space-folded decoded subject and the second (UTC) at which the mail was sent. `sent_at`
    must be aware.
    """
    parts = [
        _VERSION,
        *sorted({recipient.strip().lower() for recipient in recipients}),
        " ".join(subject.split()),
        sent_at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z",
    ]
    # Lines cannot be confused with each other: none of the parts holds a line break.
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()
