"""Build the reminder as a mail: headers by RFC 5322, text and HTML as two parts."""

from __future__ import annotations

import quopri
import re
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from uuid import uuid4

from reminders.mail.rendering import MailParts, ReminderMail, clean_line, write_parts

# Not `EmailMessage`: with its policies, Python 3.11 writes an In-Reply-To, References or
# List-Unsubscribe that is longer than a line as encoded words, in which no mail program looks for
# an address. It also took six times as long to write these headers. Lines are folded here.
_POLICY = compat32.clone(linesep="\r\n", max_line_length=998, mangle_from_=False)
_LINE = 74


def new_message_id(from_email: str) -> str:
    """Return a fresh Message-ID in the sender's domain."""
    domain = parseaddr(from_email)[1].rpartition("@")[2]
    return f"<nachfass.{uuid4().hex}@{domain or 'localhost'}>"


def build_message(mail: ReminderMail, parts: MailParts | None = None) -> bytes:
    """Return the mail, ready to send: ASCII, CRLF, no line over 998 octets; the same bytes each
    time.

    `parts` is what `write_parts` made of the mail, if that is known. Raises MailTextError.
    """
    parts = parts or write_parts(mail)
    # The boundary depends on the Message-ID alone, so that a retry sends the same bytes.
    message = MIMEMultipart("alternative", boundary=f"=_{_token(mail)}")
    for name, value in _headers(mail, parts.subject).items():
        if value:
            message[name] = value
    message.attach(_build_part("plain", parts.text))
    message.attach(_build_part("html", parts.html))
    return message.as_bytes(policy=_POLICY)


def _build_part(subtype: str, content: str) -> Message:
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    # A mail must not contain NUL or lone surrogates.
    encoded = content.replace("\0", "").rstrip("\n").encode(errors="ignore") + b"\n"
    part.set_payload(quopri.encodestring(encoded).decode("ascii"))
    return part


def _headers(mail: ReminderMail, subject: str) -> dict[str, str]:
    sender, first = mail.sender, mail.offers[0]
    from_name = " | ".join(name for name in (sender.salesperson_name, sender.company) if name)
    customer_name = mail.customer_name if mail.recipient == mail.customer_email else ""
    thread = [
        offer.message_id
        for offer in mail.offers
        if re.fullmatch(r"<[!-;=?-~]{1,900}>", offer.message_id)
    ]
    return {
        "Date": format_datetime(mail.mail_date),
        "From": _mailbox(from_name, parseaddr(sender.from_email)[1]),
        "To": _mailbox(customer_name, mail.recipient),
        "Reply-To": _mailbox(sender.salesperson_name, sender.salesperson_email),
        "Subject": _write_line(subject),
        "Message-ID": mail.message_id,
        "In-Reply-To": thread[0] if thread else "",
        "References": "\r\n ".join(thread),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "List-Unsubscribe": f"<{first.opt_out_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Nachfass-Reminder": f"nachfass.{_token(mail)}",
    }


def _token(mail: ReminderMail) -> str:
    return mail.message_id.strip("<>").partition("@")[0].rpartition(".")[2]


def _mailbox(name: str, email: str) -> str:
    """Return an address with its display name; empty without an address."""
    name, email = clean_line(name)[:200], clean_line(email)
    if not email or not name:
        return email
    if _is_plain(name) and email.isascii():
        mailbox = formataddr((name, email))
        if len(mailbox) < _LINE - len("Reply-To: "):
            return mailbox
    return f"{_encode(name)}\r\n <{email}>"


def _write_line(text: str) -> str:
    text = clean_line(text)
    if _is_plain(text) and len(text) < _LINE - len("Subject: "):
        return text
    return _encode(text)


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


def _encode(text: str) -> str:
    """Return the text as encoded words (RFC 2047), folded."""
    charset = Charset("utf-8")
    charset.header_encoding = QP
    return Header(text, charset, header_name="Reply-To").encode(maxlinelen=_LINE, linesep="\r\n")
