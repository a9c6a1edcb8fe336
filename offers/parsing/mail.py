"""The header block of a mail and its addresses. Pure.

Named tuples, because they are created three times as fast as frozen dataclasses.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Address(NamedTuple):
    """One mailbox. `email` is lower case; `name` is decoded and may be empty."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.email.rpartition("@")[2]


class Mail(NamedTuple):
    """The header block of one mail, decoded; texts hold no CR, LF, NUL or lone surrogate.

    Times are aware UTC; `received_at` is that of the newest server. `headers` has every field by
    its lower-case name, in the order of the mail. `defects` are codes of what was wrong.
    """

    message_id: str = ""
    sent_at: datetime | None = None
    received_at: datetime | None = None
    subject: str = ""
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    # To whom somebody redirected it, and who did.
    resent_to: tuple[Address, ...] = ()
    resent_from: Address | None = None
    reply_to: tuple[Address, ...] = ()
    # The `Sender` field: who sent it in the name of `From`.
    sent_by: Address | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[Address, ...]:
        """All mailboxes the mail went to, To first."""
        return self.to + self.cc + self.bcc + self.resent_to

    def header(self, name: str) -> str:
        """Return the first value of a field, or an empty text."""
        name = name.lower()
        for field, value in self.headers:
            if field == name:
                return value
        return ""
