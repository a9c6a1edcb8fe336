"""Write mails as David exports them, for the folders that the demo's office watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header

from crm.demo.sample_data import DOMAIN


@dataclass(frozen=True)
class Person:
    """A mailbox with the name its owner uses."""

    name: str
    email: str


@dataclass(frozen=True)
class MailFile:
    """One mail to be written: text in windows-1252 as David does, dates in UTC, lines ended by
    CRLF.
    """

    sender: Person
    recipients: Sequence[Person]
    subject: str
    sent_at: datetime
    message_id: str
    text: str
    in_reply_to: str = ""
    extra: Sequence[str] = ()
    attachment: str = ""
    body_lines: Sequence[str] = field(default=())

    @property
    def file_name(self) -> str:
        """The name that David gives the file: the part of the Message-ID before the @, no dot."""
        return f"{self.message_id.strip('<>').partition('@')[0].replace('.', '')}.eml"

    def content(self) -> bytes:
        """Return the whole file."""
        lines = [
            f'From:   "{self.sender.name}" <{self.sender.email}>',
            f"Subject: {_subject(self.subject)}",
            f"To:     {', '.join(_mailbox(person) for person in self.recipients)}",
            f"Date:   {self.sent_at.astimezone(UTC):%a, %d %b %Y %H:%M:%S +0000}",
            "X-Mailer: david by Tobit.Software, Germany (0554.4A4B4C4D4E4F50515253), Mime Converter 101.20",
            "X-David-Sym: 0",
            "X-David-Flags: 0",
            f"Message-ID: {self.message_id}",
            "MIME-Version: 1.0",
        ]
        if self.in_reply_to:
            lines += [f"In-Reply-To: {self.in_reply_to}", f"References: {self.in_reply_to}"]
        lines += self.extra
        if self.body_lines:
            lines += self.body_lines
        elif self.attachment:
            lines += _with_pdf(self)
        else:
            lines += _plain(self.text)
        return "\r\n".join([*lines, ""]).encode("windows-1252", "replace")


def message_id(counter: int, at: datetime, host: str = f"mail.{DOMAIN}") -> str:
    """Return a Message-ID of David: counter and time in eight hex digits each."""
    return f"<{counter:08X}.{int(at.timestamp()):08X}@{host}>"


def delivery_failure(
    reminder_id: str, recipient: str, to: Person, *, counter: int, at: datetime
) -> MailFile:
    """Return the report of a mail server that the address does not exist (RFC 3464)."""
    boundary = f"----_=_NextPart_{counter:08X}"
    return MailFile(
        sender=Person("Mail Delivery System", f"MAILER-DAEMON@mail.{DOMAIN}"),
        recipients=[to],
        subject="Undelivered Mail Returned to Sender",
        sent_at=at,
        message_id=message_id(counter, at),
        text="",
        extra=[
            "Auto-Submitted: auto-replied",
            "Content-Type: multipart/report; report-type=delivery-status;\r\n"
            f' boundary="{boundary}"',
        ],
        body_lines=[
            "",
            f"--{boundary}",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            f"<{recipient}>: host mx.{recipient.rpartition('@')[2]} said: 550 5.1.1 User unknown",
            f"--{boundary}",
            "Content-Type: message/delivery-status",
            "",
            f"Reporting-MTA: dns; mail.{DOMAIN}",
            "",
            f"Final-Recipient: rfc822; {recipient}",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
            "",
            f"--{boundary}",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {reminder_id}",
            f"To: {recipient}",
            "",
            f"--{boundary}--",
        ],
    )


def _mailbox(person: Person) -> str:
    return f'"{person.name}" <{person.email}>'


def _subject(text: str) -> str:
    if text.isascii():
        return text
    is_latin = all(ord(character) < 256 for character in text)
    charset = "iso-8859-1" if is_latin else "utf-8"
    return Header(text, charset).encode(linesep="\r\n")


def _plain(text: str) -> list[str]:
    head = [
        'Content-Type: text/plain;\r\n charset="iso-8859-1"',
        "Content-Transfer-Encoding: 8BIT",
        "",
    ]
    return [*head, *text.split("\n")]


def _with_pdf(mail: MailFile) -> list[str]:
    boundary = f"----_=_NextPart_000_{mail.message_id.strip('<>').partition('@')[0]}"
    return [
        f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"',
        "",
        "This message is in MIME format. Since your mail reader does not understand",
        "this format, some or all of this message may not be legible.",
        "",
        f"--{boundary}",
        *_plain(mail.text),
        f"--{boundary}",
        f'Content-Type: application/pdf;\r\n name="{mail.attachment}"',
        f'Content-Disposition: attachment;\r\n filename="{mail.attachment}"',
        "Content-Transfer-Encoding: base64",
        "",
        "JVBERi0xLjQKJSBzYW1wbGUK",
        "",
        f"--{boundary}--",
    ]
