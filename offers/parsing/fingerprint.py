"""Build the fingerprint by which copies of a mail are recognised. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime


def build_fingerprint(
    recipients: Iterable[str], subject: str, sent_at: datetime, inside: str = ""
) -> str:
    """Return 64 hex digits over recipients, decoded subject and the second of an aware `sent_at`.

    Neither the order and case of recipients nor the white space of the subject counts. `inside` is
    the number or the file that tells two mails with one subject apart.
    """
    emails = {recipient.strip().lower() for recipient in recipients}
    second = f"{sent_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    # The lines are unambiguous, because no part contains a line break.
    lines = ["nachfass-mail-1", *sorted(emails), " ".join(subject.split()), second]
    if inside:
        lines.append(inside)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
