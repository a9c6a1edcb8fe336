"""Split a mail into its parts, each decoded only on request. Pure.

The standard library takes 5 s for 100,000 parts and raises RecursionError at nesting 1,000 deep.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from offers.parsing.decoding import decode_base64, decode_bytes, decode_words
from offers.parsing.headers import read_fields

_MOST_BYTES = 50 * 1024 * 1024
_MOST_LEVELS = 50
_MOST_PARTS = 1_000
_LONGEST_PART_HEADER = 64 * 1024
_SEARCHED_BYTES = 4 * _MOST_BYTES  # each level of nesting searches its bytes again
_BLOCK_END = re.compile(rb"\r?\n\r*\n|\A\r*\n")
_PARAMETER = re.compile(r";\s*([!#-'*+\-.0-9A-Z^-~]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"?|([^;\s]*))")


@dataclass(frozen=True)
class Part:
    """One leaf of a mail: anything but a multipart. `payload` is still encoded."""

    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    encoding: str
    payload: bytes
    container: str

    def decode(self, limit: int = _MOST_BYTES) -> bytes:
        """Return at most `limit` bytes of the content, its transfer encoding removed."""
        if self.encoding == "base64":
            return decode_base64(self.payload[: limit * 3 // 2 + 4])[:limit]
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(self.payload[: limit * 3])[:limit]
        return self.payload[:limit]

    def text(self, limit: int) -> str:
        """Return about `limit` bytes of a text, with LF line ends and no NUL or surrogate."""
        text = decode_bytes(self.decode(limit), self.parameters.get("charset", ""))
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        return text.encode("utf-8", "replace").decode("utf-8")


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return the lower-case value and the parameters (RFC 2231) of a `Content-…` field."""
    main, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, quoted, bare in _PARAMETER.findall(value[:_LONGEST_PART_HEADER]):
        text = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        base, star, rest = name.lower().partition("*")
        if not star:
            plain.setdefault(base, text)
            continue
        digits = rest.rstrip("*")
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) < 4):
            continue
        is_encoded = rest.endswith("*") or not rest
        pieces.setdefault(base, {}).setdefault(int(digits or 0), (text, is_encoded))
    for base, found in pieces.items():
        plain[base] = _join_pieces(found)
    return main.strip().lower(), plain


def find_report_kind(content_type: str) -> str:
    """Return the kind of a `multipart/report`, or an empty text for anything else.

    `read_receipt`, `delivery_report`, or `other_report`: a complaint (RFC 5965) and the like.
    """
    main, parameters = parse_parameters(content_type)
    if not main.startswith("multipart/report"):
        return ""
    report_type = parameters.get("report-type", "").lower()
    if "disposition" in report_type:
        return "read_receipt"
    if not report_type or "delivery" in report_type:
        return "delivery_report"
    return "other_report"


def _join_pieces(pieces: dict[int, tuple[str, bool]]) -> str:
    """Return the value of numbered pieces, given with whether each is percent-encoded."""
    charset, data = "", b""
    for number in sorted(pieces):
        text, is_encoded = pieces[number]
        if is_encoded and not data and text.count("'") >= 2:  # `utf-8'de'…`
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
    return decode_bytes(data, charset)


def read_parts(raw: bytes) -> tuple[list[Part], bool]:
    """Return the leaves of a mail, attached mails among them, and whether it was read whole.

    Never raises. What is too large, too deep, too much or not closed is left out or cut.
    """
    is_whole = len(raw) <= _MOST_BYTES
    # Empty lines at the start do not end the header block.
    raw = raw[:_MOST_BYTES].lstrip(b"\r\n")
    parts: list[Part] = []
    searched = 0
    pending = [(raw, 0, "")]  # a stack, because nesting must not become recursion
    while pending:
        entity, depth, container = pending.pop()
        if len(parts) >= _MOST_PARTS:
            is_whole = False
            break
        part = _read_entity(entity, container)
        boundary = part.parameters.get("boundary", "")
        if not part.content_type.startswith("multipart/"):
            parts.append(part)
        elif not boundary:
            is_whole = False
            parts.append(part)
        elif depth >= _MOST_LEVELS or searched > _SEARCHED_BYTES:
            is_whole = False
        else:
            searched += len(part.payload)
            most = _MOST_PARTS - len(parts) + 1
            children, is_closed = _split_payload(part.payload, boundary, most)
            is_whole = is_whole and is_closed
            for child in reversed(children):
                pending.append((child, depth + 1, part.content_type))
    return parts, is_whole


def _read_entity(entity: bytes, container: str) -> Part:
    head, payload = split_head(entity)
    fields: dict[str, str] = {}
    for name, value in read_fields(head, []):
        fields.setdefault(name, value)
    if container == "multipart/digest":
        fields.setdefault("content-type", "message/rfc822")
    content_type, parameters = parse_parameters(fields.get("content-type", ""))
    if "/" not in content_type:
        content_type = "text/plain"
    disposition, more = parse_parameters(fields.get("content-disposition", ""))
    filename = decode_words(more.get("filename") or parameters.get("name", ""))[:255]
    encoding = fields.get("content-transfer-encoding", "").lower()
    return Part(content_type, parameters, disposition, filename, encoding, payload, container)


def split_head(entity: bytes) -> tuple[bytes, bytes]:
    """Return header block and body of a mail or a part."""
    entity_start = entity[:_LONGEST_PART_HEADER]
    found = _BLOCK_END.search(entity_start)
    if found is None:
        return entity_start, b""
    return entity[: found.end()], entity[found.end() :]


def _split_payload(payload: bytes, boundary: str, most: int) -> tuple[list[bytes], bool]:
    """Return at most so many parts between the boundary lines, and whether the last line is there."""
    delimiter = re.escape(b"--" + boundary.rstrip().encode("utf-8", "replace"))
    # The pattern begins with fixed bytes, which `re` finds fastest.
    line = re.compile(rb"\n" + delimiter + rb"(--)?[ \t\r]*(?:\n|\Z)")
    at_start = re.compile(delimiter + rb"(--)?[ \t\r]*(?:\n|\Z)").match(payload)
    children: list[bytes] = []
    start = -1
    found = at_start or line.search(payload)
    while found:
        if start >= 0:
            children.append(payload[start : found.start()].removesuffix(b"\r"))
        if found[1] or len(children) >= most:
            return children, True
        start = found.end()
        # The line end of an empty part is also the one before the next boundary.
        found = line.search(payload, start - 1)
    if start >= 0:
        children.append(payload[start:])
    return children, False
