"""Build the fingerprint by which copies of a mail are recognised. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime


def build_fingerprint(
    recipients: Iterable[str], subject: str, sent_at: datetime, number: str = ""
) -> str:
    """Return 64 hex digits over recipients, decoded subject and the second of an aware `sent_at`.

    Neither the order and case of recipients nor the white space of the subject counts. `number` is
    given where the subject does not name it.
    """
    emails = {recipient.strip().lower() for recipient in recipients}
    second = f"{sent_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    # The lines are unambiguous, because no part contains a line break.
    lines = ["nachfass-mail-1", *sorted(emails), " ".join(subject.split()), second]
    if number:
        lines.append(number)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
