"""Read the replies of a mail server strictly, and classify what they mean for the mail.

Python's smtplib does not tell at which stage a reply came, and accepts an incomplete one as a reply
(RFC 5321, 4.5.3.2 and 6.1: after the final dot, a client that lost the connection cannot know
whether the mail was delivered).
"""

from __future__ import annotations

import re
import smtplib
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    CONNECT = "connect"
    EHLO = "EHLO"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    FINAL_DOT = "final dot"


class SendOutcome(StrEnum):
    """What is known about a mail after an attempt to send it."""

    ACCEPTED = "accepted"
    TRY_LATER = "try_later"  # not delivered: refused for now, or connection lost before DATA
    REFUSED = "refused"  # not delivered, and a retry is useless
    UNKNOWN = "unknown"  # connection lost after the DATA command: perhaps delivered
    WITHHELD = "withheld"  # `before_data` returned False


@dataclass(frozen=True)
class SendResult:
    """The outcome of one mail. Without a complete reply `code` is 0 and `reply_text` says why."""

    outcome: SendOutcome
    stage: Stage
    code: int = 0
    reply_text: str = ""

    @property
    def is_about_us(self) -> bool:
        """True if the next mail would fail too: because of log-in, sender, server or connection."""
        if self.outcome in (SendOutcome.ACCEPTED, SendOutcome.WITHHELD):
            return False
        return self.code in (0, 421, *LOG_IN_CODES) or self.stage is Stage.MAIL

    @property
    def is_bad_address(self) -> bool:
        """True if the server says that the mailbox does not exist."""
        if self.stage is not Stage.RCPT:
            return False
        # RFC 3463
        return re.search(r"\b5\.1\.(?:1|2|3|6|10)\b", self.reply_text) is not None


class SmtpUnavailableError(smtplib.SMTPException):
    """No mail can be sent now. `stage` is the one that failed."""

    def __init__(self, stage: Stage, reply_text: str, code: int = 0) -> None:
        super().__init__(reply_text)
        self.stage, self.reply_text, self.code = stage, reply_text, code


# About our account, never about a mail.
LOG_IN_CODES = (530, 534, 535, 538)


def classify(stage: Stage, code: int) -> SendOutcome:
    """Return what a complete reply at a stage means for the mail; 0 is any other reply."""
    if code == 354 or (stage is not Stage.DATA and 200 <= code < 300):
        return SendOutcome.ACCEPTED
    # 552 at RCPT is to be taken as 452 (RFC 5321, 4.5.3.1.10); full mailboxes say it, too.
    if 400 <= code < 500 or code in LOG_IN_CODES or (stage is Stage.RCPT and code == 552):
        return SendOutcome.TRY_LATER
    if 500 <= code < 600:
        return SendOutcome.REFUSED
    # The server is out of step, or the connection was lost.
    if stage in (Stage.DATA, Stage.FINAL_DOT):
        return SendOutcome.UNKNOWN
    return SendOutcome.TRY_LATER


_REPLY = re.compile(rb"(\d{3})(?:([ -])(.*?))?\r?\n", re.DOTALL)


class StrictSmtp(smtplib.SMTP):
    """smtplib that accepts only complete replies: three digits, a blank or hyphen, an end of line."""

    # smtplib itself counts "250 O" before a closed connection as a success.

    def getreply(self) -> tuple[int, bytes]:
        lines = []
        if self.file is None:
            self.file = self.sock.makefile("rb")  # type: ignore[union-attr]  # connected: a reply is awaited
        while True:
            try:
                line = self.file.readline(smtplib._MAXLINE + 1)  # type: ignore[attr-defined]
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(f"Connection lost: {error}") from error
            match = _REPLY.fullmatch(line)
            if match is None:
                self.close()
                cut = line[:200].decode("ascii", "replace").strip()
                words = f"Connection closed after: {cut!r}" if cut else "Connection closed"
                raise smtplib.SMTPServerDisconnected(words)
            lines.append((match[3] or b"").strip())
            if match[2] != b"-":
                return int(match[1]), b"\n".join(lines)


class StrictSmtpSsl(StrictSmtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte on."""
