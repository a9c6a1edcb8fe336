"""Read the header block of a mail, however damaged: `parse_mail` never raises. Pure.

The standard library is not used, because it drops every field after one junk line, loses malformed
recipients, and raises on some real mails.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import BinaryIO

from offers.parsing.addresses import parse_addresses
from offers.parsing.dates import parse_date
from offers.parsing.decoding import clean_text, decode_bytes, decode_words
from offers.parsing.mail import Address, Mail

# One unfolded field on a line. Any other line is junk and skipped: it does not end the block.
_FIELD = re.compile(rb"^([!-9;-~]+) *:(.*)", re.MULTILINE)
_FOLD = re.compile(rb"\n[ \t]+")
_BLOCK_END = re.compile(rb"\n\r*\n")
_ID = re.compile(r"<([^<>]*)>")
_REFERENCE = re.compile(r"<[^<>\s]+>")
_SINGLE_FIELDS = frozenset(("date", "subject", "from", "message-id"))
_CHUNK = 8 * 1024
# Guessed Message-IDs come by the thousand; the nearest ones stand first in the one field and last
# in the other.
_MOST_ANSWERED, _MOST_REFERENCES = 10, 50
_MOST_RECEIVED = 50
# A clock that is wrong by more than this is not believed.


def read_header_block(stream: BinaryIO, *, limit: int = 256 * 1024) -> bytes:
    """Return the first `limit` bytes up to and with the empty line that ends the header block."""
    block = b""
    # In chunks, so that attachments stay unread.
    while len(block) < limit:
        data = stream.read(min(_CHUNK, limit - len(block)))
        if not data:
            return block
        # The end may span two chunks; empty lines at the start are not the end.
        start = max(0, len(block) - 8)
        block += data
        if not start:
            block = block.lstrip(b"\r\n")
        if end := _BLOCK_END.search(block, start):
            return block[: end.end()]
        # The line ends of an old Mac.
        if b"\n" not in block and (position := block.find(b"\r\r")) >= 0:
            return block[: position + 2]
    return block


def parse_mail(header_block: bytes) -> Mail:
    """Return the content of a header block, with the codes of its defects; never raises.

    Of fields that may occur once the first counts; `To`, `Cc` and `Bcc` are joined from all their
    lines. The newest `Received` replaces a `Date` that is missing or unreadable.
    Texts are of any length; of many references the nearest are read.

    Defects: `empty`, `header_not_ended`, `junk_line`, `null_byte`, `raw_8bit`, `repeated_<field>`,
    `no_date`, `bad_date`, `date_from_received`, `bad_sender`, `bad_recipient`, `no_recipient`,
    `no_message_id`.
    """
    defects: list[str] = []
    headers: list[tuple[str, str]] = []
    values: dict[str, list[str]] = {}
    for name, value in read_fields(header_block, defects):
        headers.append((name, decode_words(value)))
        if name in _SINGLE_FIELDS and name in values:
            defects.append(f"repeated_{name.replace('-', '_')}")
        values.setdefault(name, []).append(value)
    if not headers:
        return Mail(defects=(*defects, "empty"))
    first = {name: found[0] for name, found in values.items()}
    to = _read_recipients(values.get("to", []), defects)
    cc = _read_recipients(values.get("cc", []), defects)
    bcc = _read_recipients(values.get("bcc", []), defects)
    resent_to: list[str] = []
    for name in ("resent-to", "resent-cc", "resent-bcc"):
        resent_to += values.get(name, [])
    resent = _read_recipients(resent_to, defects)
    if not (to or cc or bcc or resent):
        defects.append("no_recipient")
    received_at = _read_received(values.get("received", []))
    return Mail(
        message_id=_read_id(first.get("message-id", ""), defects),
        sent_at=_read_date(first.get("date", ""), received_at, defects),
        received_at=received_at,
        subject=decode_words(first.get("subject", "")),
        sender=_read_sender(first, defects),
        to=to,
        cc=cc,
        bcc=bcc,
        resent_to=resent,
        resent_from=_read_first(first, "resent-from", "resent-sender"),
        reply_to=_read_recipients(values.get("reply-to", [])[:1], []),
        sent_by=_read_first(first, "sender"),
        in_reply_to=tuple(_REFERENCE.findall(first.get("in-reply-to", "")))[:_MOST_ANSWERED],
        references=tuple(_REFERENCE.findall(first.get("references", "")))[-_MOST_REFERENCES:],
        headers=tuple(headers),
        defects=tuple(dict.fromkeys(defects)),
    )


def read_fields(block: bytes, defects: list[str]) -> list[tuple[str, str]]:
    """Return lower-case names and unfolded, clean, undecoded values; adds to `defects`."""
    block = _unify_line_ends(block.lstrip(b"\xef\xbb\xbf\r\n"))
    block, end, _ = block.partition(b"\n\n")
    if not end:
        defects.append("header_not_ended")
    block = _FOLD.sub(b" ", block).replace(b"\t", b" ")
    if not block.isascii():
        defects.append("raw_8bit")
    if b"\x00" in block:
        defects.append("null_byte")
    found = _FIELD.findall(block)
    if block and len(found) <= block.rstrip(b"\n").count(b"\n"):
        defects.append("junk_line")
    fields: list[tuple[str, str]] = []
    for name, value in found:
        # Each field may have another charset: every program on the way adds its own fields.
        fields.append((name.decode("ascii").lower(), clean_text(decode_bytes(value))))
    return fields


def _unify_line_ends(block: bytes) -> bytes:
    if b"\n" in block:
        return re.sub(rb"\r+\n", b"\n", block)  # `\r\r\n`: a mail that was converted twice
    return block.replace(b"\r", b"\n")  # an old Mac


def _read_recipients(values: list[str], defects: list[str]) -> tuple[Address, ...]:
    """Return each mailbox once, in the order of the lines."""
    found: dict[str, Address] = {}
    for value in values:
        addresses, is_damaged = parse_addresses(value)
        if is_damaged:
            defects.append("bad_recipient")
        for address in addresses:
            earlier = found.setdefault(address.email, address)
            if address.name and not earlier.name:
                found[address.email] = address
    return tuple(found.values())


def _read_sender(first: dict[str, str], defects: list[str]) -> Address | None:
    sender = _read_first(first, "from", "sender")
    if sender is None:
        defects.append("bad_sender")
    return sender


def _read_first(first: dict[str, str], *names: str) -> Address | None:
    """Return the first mailbox of the first of these fields that has one."""
    for name in names:
        value = first.get(name)
        if value and (addresses := parse_addresses(value)[0]):
            return addresses[0]
    return None


def _read_id(value: str, defects: list[str]) -> str:
    found = _ID.search(value)
    inner = found[1] if found else value.strip("<>")
    inner = "".join(inner.split())
    if not inner:
        defects.append("no_message_id")
        return ""
    # A value without angle brackets gets them, so that it is found by references.
    return f"<{inner}>"


def _read_date(value: str, received_at: datetime | None, defects: list[str]) -> datetime | None:
    if sent_at := parse_date(value):
        return sent_at
    defects.append("bad_date" if value else "no_date")
    if received_at:
        defects.append("date_from_received")
    return received_at


def _read_received(received: list[str]) -> datetime | None:
    """Return when the last server received it: each puts its line on top."""
    for line in received[:_MOST_RECEIVED]:
        if received_at := parse_date(line.rpartition(";")[2]):
            return received_at
    return None
