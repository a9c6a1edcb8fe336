"""Read the fields of delivery reports (RFC 3464): which recipients failed, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from offers.parsing.addresses import parse_addresses
from offers.parsing.failure_words import find_status
from offers.parsing.headers import read_fields
from offers.parsing.mime import Part

# A mail of ours goes to a few people; a report that names hundreds is none of ours.
MOST_RECIPIENTS = 20
_MOST_BLOCKS = 100
_MOST_BYTES = 64 * 1024
_LONGEST_ADDRESS = 2_000
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_HEX = re.compile(r"\+([0-9A-F]{2})")  # RFC 3461
_CODE_POINT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")  # RFC 6533
_SUCCESSES = ("delivered", "relayed", "expanded")


@dataclass(frozen=True)
class RecipientReport:
    """What a report tells of one recipient; the addresses are lower case.

    Of a forwarded mail they are those before and after. `action` is `failed`, `delayed` or
    `delivered`.
    """

    recipients: tuple[str, ...]
    action: str
    status: str
    diagnostic: str


def read_reports(parts: list[Part]) -> list[RecipientReport]:
    """Return what the `delivery-status` parts tell of each recipient, of a limited number."""
    reports: list[RecipientReport] = []
    for fields in _read_blocks(parts):
        report = _read_recipient(fields)
        if report is not None:
            reports.append(report)
    # An action without recipient counts only where there is nothing better.
    return [report for report in reports if report.recipients] or reports


def find_emails(values: Iterable[str]) -> tuple[str, ...]:
    """Return each address in the values of address fields once, of a limited number."""
    found: dict[str, None] = {}
    for value in values:
        addresses, _ = parse_addresses(value[:_LONGEST_ADDRESS])
        found.update((address.email, None) for address in addresses)
        if len(found) >= MOST_RECIPIENTS:
            break
    return tuple(found)[:MOST_RECIPIENTS]


def _read_blocks(parts: list[Part]) -> list[dict[str, str]]:
    """Return the groups of fields, one for the mail and one for each recipient."""
    blocks: list[dict[str, str]] = []
    left = _MOST_BYTES
    for part in parts:
        if "delivery-status" not in part.content_type or left <= 0:
            continue
        data = part.decode(left).replace(b"\r\n", b"\n").strip()
        left -= len(part.payload)
        for block in _BLANK_LINE.split(data, _MOST_BLOCKS):
            # Of several fields of one name the first counts.
            blocks.append(dict(reversed(read_fields(block, []))))
        if len(blocks) > _MOST_BLOCKS:
            break
    return blocks[:_MOST_BLOCKS]


def _read_recipient(fields: dict[str, str]) -> RecipientReport | None:
    original = _decode_address(fields.get("original-recipient", ""))
    final = _decode_address(fields.get("final-recipient", ""))
    recipients = find_emails([original, final])
    action = fields.get("action", "").split(" ")[0].lower()
    if not (recipients or action):
        return None
    diagnostic = _strip_type(fields.get("diagnostic-code", ""))
    status = fields.get("status", "")
    return RecipientReport(
        recipients,
        _choose_action(action, status),
        _choose_status(status, diagnostic),
        diagnostic,
    )


def _choose_action(action: str, status: str) -> str:
    if action.startswith(_SUCCESSES):
        return "delivered"
    if action:
        # A server that gave up failed, whatever its status: `4.4.7` is "expired".
        return "delayed" if action.startswith("delay") else "failed"
    digit = status.strip()[:1]
    return {"2": "delivered", "4": "delayed"}.get(digit, "failed")


def _choose_status(status_field: str, diagnostic: str) -> str:
    """Return the more exact of the two codes that a report has for one recipient."""
    found = _ENHANCED.search(status_field)
    exact = find_status(diagnostic)
    if found is None:
        return exact
    # `5.0.0` says nothing; the code of the other server is often more exact.
    if found[1].endswith(".0.0") and exact.startswith(found[1][0]):
        return exact
    return found[1]


def _strip_type(value: str) -> str:
    """Return the value after `rfc822;` or `smtp;`."""
    kind, separator, rest = value.partition(";")
    if separator and " " not in kind.strip():
        return rest.strip()
    return value.strip()


def _decode_address(value: str) -> str:
    """Return the address of a field, its xtext (`+40`) or code points (`\\x{FC}`) decoded."""
    address = _strip_type(_strip_type(value))
    if "@" not in address:
        address = _HEX.sub(_decode_hex, address)
    return _CODE_POINT.sub(_decode_hex, address)


def _decode_hex(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number < 0x110000 else ""
