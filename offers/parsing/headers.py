"""Read the header block of a mail, however damaged: `parse_mail` never raises. Pure.

An own reader, because the standard library drops every field behind one junk line, loses malformed
recipients, takes ten times as long, and raises on some real mails. What is wrong with a mail is
told in `Mail.defects`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import BinaryIO

from offers.parsing.addresses import parse_addresses
from offers.parsing.dates import parse_date
from offers.parsing.decoding import clean_text, decode_bytes, decode_words
from offers.parsing.mail import Address, Mail

# One unfolded field on a line. A line that is none is junk and skipped: it does not end the block.
_FIELD = re.compile(r"^([!-9;-~]+) *:(.*)", re.MULTILINE)
_RAW_FIELD = re.compile(rb"^([!-9;-~]+) *:(.*)", re.MULTILINE)
_FOLD = re.compile(rb"\n[ \t]+")
_BLOCK_END = re.compile(rb"\n\r*\n")
_NEEDS_CLEANING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ID = re.compile(r"<([^<>]*)>")
_REFERENCE = re.compile(r"<[^<>\s]+>")
_SINGLE_FIELDS = frozenset(("date", "subject", "from", "message-id"))


def read_header_block(stream: BinaryIO, *, limit: int = 256 * 1024, chunk: int = 8 * 1024) -> bytes:
    """Return the bytes up to and including the empty line that ends the header block; what follows
    is cut off.

    Reads `chunk` bytes at a time, so that attachments stay unread, and stops at `limit`. Raises
    what reading raises (OSError).
    """
    block = b""
    while len(block) < limit:
        data = stream.read(min(chunk, limit - len(block)))
        if not data:
            return block
        # The end may lie across two chunks; leading empty lines are no end.
        start = max(0, len(block) - 8)
        block += data
        if not start:
            block = block.lstrip(b"\r\n")
        if end := _BLOCK_END.search(block, start):
            return block[: end.end()]
        if b"\n" not in block and (position := block.find(b"\r\r")) >= 0:
            return block[: position + 2]
    return block


def parse_mail(header_block: bytes) -> Mail:
    """Return what a header block says, with a list of what was wrong with it; never raises.

    Raw 8-bit bytes are utf-8, else windows-1252, judged field by field. Of fields that may stand
    once the first counts; `To`, `Cc` and `Bcc` are joined from all their lines. An unreadable
    `Date` falls back to the newest `Received`. Texts are of any length: who stores them cuts them.

    Defects: `empty`, `header_not_ended`, `junk_line`, `null_byte`, `raw_8bit`, `repeated_<field>`,
    `no_date`, `bad_date`, `date_from_received`, `bad_sender`, `bad_recipient`, `no_recipient`,
    `no_message_id`.
    """
    defects: list[str] = []
    fields = read_fields(header_block, defects)
    if not fields:
        return Mail(defects=(*defects, "empty"))
    first: dict[str, str] = {}
    recipients: dict[str, list[str]] = {"to": [], "cc": [], "bcc": []}
    received: list[str] = []
    headers: list[tuple[str, str]] = []
    for name, value in fields:
        headers.append((name, _decode(value)))
        if name in recipients:
            recipients[name].append(value)
        elif name == "received":
            received.append(value)
        elif name in first and name in _SINGLE_FIELDS:
            defects.append(f"repeated_{name.replace('-', '_')}")
        else:
            first.setdefault(name, value)
    to = _read_recipients(recipients["to"], defects)
    cc = _read_recipients(recipients["cc"], defects)
    bcc = _read_recipients(recipients["bcc"], defects)
    if not (to or cc or bcc):
        defects.append("no_recipient")
    return Mail(
        message_id=_read_id(first.get("message-id", ""), defects),
        sent_at=_read_date(first.get("date", ""), received, defects),
        subject=_decode(first.get("subject", "")),
        sender=_read_sender(first, defects),
        to=to,
        cc=cc,
        bcc=bcc,
        in_reply_to=tuple(_REFERENCE.findall(first.get("in-reply-to", ""))),
        references=tuple(_REFERENCE.findall(first.get("references", ""))),
        headers=tuple(headers),
        defects=tuple(dict.fromkeys(defects)),
    )


def read_fields(block: bytes, defects: list[str]) -> list[tuple[str, str]]:
    """Return lower-case names and unfolded, clean, otherwise undecoded values, in their order; adds
    to `defects`.
    """
    block = _unify_line_ends(block.lstrip(b"\xef\xbb\xbf\r\n"))
    end = block.find(b"\n\n")
    if end < 0:
        defects.append("header_not_ended")
    else:
        block = block[:end]
    block = _FOLD.sub(b" ", block).replace(b"\t", b" ")
    is_ascii = block.isascii()
    try:
        text = block.decode("ascii" if is_ascii else "utf-8")
        found = _FIELD.findall(text)
        needs_cleaning = _NEEDS_CLEANING.search(text) is not None
    except UnicodeDecodeError:
        raw_fields = _RAW_FIELD.findall(block)
        found = [(name.decode("ascii"), decode_bytes(value)) for name, value in raw_fields]
        needs_cleaning = True
    if not is_ascii:
        defects.append("raw_8bit")
    if needs_cleaning and b"\x00" in block:
        defects.append("null_byte")
    if block and len(found) <= block.rstrip(b"\n").count(b"\n"):
        defects.append("junk_line")
    if needs_cleaning:
        return [(name.lower(), clean_text(value)) for name, value in found]
    return [(name.lower(), value.strip()) for name, value in found]


def _decode(value: str) -> str:
    return decode_words(value) if "=?" in value else value


def _unify_line_ends(block: bytes) -> bytes:
    """Return a block whose lines end with LF: from CRLF, from `\\r\\r\\n` of a mail that was
    converted twice, or from the CR of an old Mac.
    """
    if b"\r" not in block:
        return block
    block = block.replace(b"\r\n", b"\n")
    if b"\r" not in block:
        return block
    if b"\n" in block:
        return re.sub(rb"\r+\n", b"\n", block)
    return block.replace(b"\r", b"\n")


def _read_recipients(values: list[str], defects: list[str]) -> tuple[Address, ...]:
    """Return each mailbox once, in the order of the lines."""
    if not values:
        return ()
    found: dict[str, Address] = {}
    for value in values:
        addresses, is_damaged = parse_addresses(value)
        if is_damaged:
            defects.append("bad_recipient")
        for address in addresses:
            known = found.setdefault(address.email, address)
            if address.name and not known.name:
                found[address.email] = address
    return tuple(found.values())


def _read_sender(first: dict[str, str], defects: list[str]) -> Address | None:
    for name in ("from", "sender"):
        addresses, _ = parse_addresses(first.get(name, ""))
        if addresses:
            return addresses[0]
    defects.append("bad_sender")
    return None


def _read_id(value: str, defects: list[str]) -> str:
    """Return `<left@right>`; a value without angle brackets gets them, so that references can find
    it.
    """
    found = _ID.search(value)
    inner = found[1] if found else value.strip("<>")
    inner = "".join(inner.split())
    if not inner:
        defects.append("no_message_id")
        return ""
    return f"<{inner}>"


def _read_date(value: str, received: list[str], defects: list[str]) -> datetime | None:
    sent_at = parse_date(value) if value else None
    if sent_at is None:
        defects.append("bad_date" if value else "no_date")
        # Each server puts its line on top, so the first readable one is the newest.
        for line in received:
            if sent_at := parse_date(line.rpartition(";")[2]):
                defects.append("date_from_received")
                break
    return sent_at
