"""An independent look at a mail on the wire: RFC 5322, 2047, 3834 and 8058. Returns what is wrong
with it.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

_FIELD = re.compile(rb"[!-9;-~]+: ?[\x20-\x7e\t]*")
_ENCODED_WORD = re.compile(rb"=\?([A-Za-z0-9-]+)\?([bBqQ])\?([!->@-~]*)\?=")
ONCE = (
    "Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted",
    "X-Auto-Response-Suppress", "List-Unsubscribe", "List-Unsubscribe-Post", "X-Nachfass-Reminder",
)  # fmt: skip
ALLOWED = {name.lower() for name in (*ONCE, "Reply-To", "In-Reply-To", "References")}


def find_faults(mail: bytes) -> list[str]:
    """Return the faults of a mail, empty for a sound one."""
    faults = _find_line_faults(mail)
    head = mail.partition(b"\r\n\r\n")[0]
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head)
    names = []
    for line in unfolded.split(b"\r\n"):
        if not _FIELD.fullmatch(line):
            faults.append(f"not a header line: {line!r}")
        names.append(line.partition(b":")[0].decode("ascii", "replace").lower())
        faults += _find_word_faults(line)
    faults += [f"{name} not once" for name in ONCE if names.count(name.lower()) != 1]
    faults += [f"unexpected header {name}" for name in names if name not in ALLOWED]
    return faults + _find_meaning_faults(mail)


def _find_line_faults(mail: bytes) -> list[str]:
    faults = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", mail):
        faults.append("a bare CR or LF")
    if re.search(rb"[^\x09\x0a\x0d\x20-\x7e]", mail):
        faults.append("a byte that is not printable ASCII")
    if max(map(len, mail.split(b"\r\n"))) > 998:
        faults.append("a line over 998 octets")
    if any(
        len(line) > 78
        for line in mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if b"<http" not in line
    ):
        faults.append("a header line over 78 octets")
    return faults


def _find_word_faults(line: bytes) -> list[str]:
    faults = []
    for match in _ENCODED_WORD.finditer(line):
        if len(match[0]) > 75:
            faults.append(f"an encoded word over 75 octets: {match[0]!r}")
    if b"=?" in _ENCODED_WORD.sub(b"", line):
        faults.append(f"a torn encoded word: {line!r}")
    return faults


def _find_meaning_faults(mail: bytes) -> list[str]:
    message = message_from_bytes(mail, policy=policy.default)
    faults = [
        f"{name}: {value.defects}"
        for name, value in message.items()
        if getattr(value, "defects", ())
    ]
    if not re.fullmatch(r"<[!-;=?-~]+@[!-;=?-~]+>", message["Message-ID"]):
        faults.append("a bad Message-ID")
    if parsedate_to_datetime(str(message["Date"])).tzinfo is None:
        faults.append("a Date without zone")
    if message["Auto-Submitted"] != "auto-generated":
        faults.append("RFC 3834: Auto-Submitted")
    if message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        faults.append("RFC 8058: List-Unsubscribe-Post")
    if not re.fullmatch(
        r"<https://[!-~]+/feedback/[0-9a-f-]{36}/opt-out>", message["List-Unsubscribe"]
    ):
        faults.append("RFC 8058: List-Unsubscribe")
    if [part.get_content_type() for part in message.walk()] != [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]:
        faults.append("not text and HTML")
    if any(part.defects for part in message.walk()):
        faults.append("a broken structure")
    return faults
