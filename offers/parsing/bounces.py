"""Delivery failures: whose address, whether for good, and about which mail of ours. Pure; never
raises.
"""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from offers.parsing.addresses import parse_addresses
from offers.parsing.headers import parse_mail, read_fields
from offers.parsing.mail import Mail
from offers.parsing.mime import Part, parse_parameters, read_parts, split_head
from offers.parsing.texts import any_of, clean_text

_LONGEST_TEXT = 64 * 1024
_LONGEST_DIAGNOSTIC = 500
_LONGEST_RULE = 120
_MOST = 20
_SUCCESSES = ("delivered", "relayed", "expanded")
_MOST_PARTS_FOR_OTHERS = 50
_MOST_BYTES_FOR_OTHERS = 64 * 1024

_DAEMON = re.compile(
    r"(?:mailer-?daemon|postmaster|postman|mail-?daemon|maildelivery|mdaemon|bounces?)(?:[+._-][^@]*)?@",
    re.IGNORECASE,
)
# Servers that write under any address or none; their subject has to say what it is.
_SERVER_NAME = re.compile(
    r"(?:system[ -]?administrator|mail (?:delivery|server)|mailer[ -]?daemon|postmaster|microsoft (?:exchange|outlook))"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    any_of(r"""
        undeliver|unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|nicht zugestellt|nicht übermittelt
        fehler bei der zustellung|zustellungsverz
        (?:mail )?delivery (?:has )?(?:failed|failure|status notification|error|problem|delayed|report)
        delivery .{0,30}(?:failure|failed)|returned (?:mail|to sender)|failure notice|failed mail
        mail (?:failed|not delivered)|non-delivery|failure delivery|email delivery failure
        message (?:status )?(?:could not be )?(?:undeliverable|delivered)|mail system error
        mail could not be delivered|warning: (?:could not send|message .{0,30} delayed)
        non remis|échec de la remise|mancato recapito|impossibile recapitare
    """),
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[ -])(?![ -]\d{3,})")
_ADDRESS = re.compile(
    r"<?([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){0,10})>?"
)
_ORIGINAL_ID = re.compile(r"^[> \t]*Message-ID:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_ORIGINAL_RULE = re.compile(r"original|copy of|returned|headers", re.IGNORECASE)
_DELAYED = re.compile(
    any_of("""
        delay|will (?:be retried|keep trying|continue to)|still being|not yet been delivered|warning
        verzöger|noch nicht zugestellt|retard
    """),
    re.IGNORECASE,
)
_PERMANENT_WORDS = re.compile(
    any_of("""
        user unknown|unknown user|no such (?:user|mailbox|address|recipient)|does not exist
        mailbox (?:unavailable|not found)|permanent (?:fatal )?error|fatal error|(?:address|recipient) rejected
        host (?:unknown|not found)|(?:invalid|unknown) recipient|unable to find user|not recognized
        unbekannt|existiert nicht|nicht gefunden
    """),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Bounce:
    """One delivery failure. `recipients` are lower-case addresses that failed (both the one that
    was written to and the one it was forwarded to), possibly none.

    `status` is an enhanced code such as `5.1.1`, or empty; `is_permanent` is true for 5.x.x, false
    for a delay. `original_message_id` and `original_references` are those of the mail that came
    back, where it says so.
    """

    recipients: tuple[str, ...]
    status: str
    is_permanent: bool
    diagnostic: str = ""
    original_message_id: str = ""
    original_references: tuple[str, ...] = ()


def may_be_bounce(mail: Mail) -> bool:
    """Return whether the header block of a mail is a reason to read the rest of it as a delivery
    failure.
    """
    _, parameters = parse_parameters(mail.header("content-type"))
    if _is_report(mail):
        return "disposition" not in parameters.get("report-type", "").lower()
    return _is_from_server(mail) or _looks_like_failure(mail)


def read_bounce(raw: bytes, mail: Mail) -> Bounce | None:
    """Return what a delivery failure says, or None for any other mail (read receipts and successes
    included).

    RFC 3464 reports first, then the fields and words of mail servers, then flufl.bounce for the
    address and, where no status is named, for whether it is for good.
    """
    if not may_be_bounce(mail):
        return None
    is_report = _is_report(mail)
    is_from_server = is_report or _is_from_server(mail)
    parts, defects = read_parts(raw)
    original_id, references = _find_original(parts)
    status_parts = [part for part in parts if "delivery-status" in part.content_type]
    bounce = _from_report(status_parts, parts, original_id, references)
    if bounce is not None or _tells_success(status_parts):
        return bounce
    text, returned = _split_text(parts)
    status = _find_status(text)
    failed = _failed_recipients(mail)
    is_small = not defects and len(parts) <= _MOST_PARTS_FOR_OTHERS
    temporary, permanent = _ask_flufl(raw) if is_small and not failed else ((), ())
    says_failure = bool(status or _SUBJECT.search(mail.subject) or _PERMANENT_WORDS.search(text))
    if not (failed or temporary or permanent) and not (is_from_server and says_failure):
        return None
    if not original_id and (found := _ORIGINAL_ID.search(returned)):
        original_id = found[1]
    is_permanent = status.startswith("5")
    if not status and not _DELAYED.search(mail.subject) and not temporary:
        is_permanent = bool(failed or permanent or _PERMANENT_WORDS.search(text))
    recipients = failed or permanent or temporary or _find_recipients(mail, text)
    return Bounce(recipients, status, is_permanent, _shorten(text), original_id, references)


def _is_report(mail: Mail) -> bool:
    return mail.header("content-type").lower().lstrip().startswith("multipart/report")


def _is_from_server(mail: Mail) -> bool:
    if mail.header("x-failed-recipients") or (
        mail.sender is not None and _DAEMON.match(mail.sender.email)
    ):
        return True
    is_nobody = mail.sender is None or mail.header("return-path").strip() == "<>"
    if is_nobody and _SUBJECT.search(mail.subject):
        return True
    return bool(
        _SERVER_NAME.match(mail.header("from").lstrip("\"' ")) and _SUBJECT.match(mail.subject)
    )


def _looks_like_failure(mail: Mail) -> bool:
    """Return whether the subject alone says so: then flufl.bounce has to agree."""
    return bool(_SUBJECT.match(mail.subject)) and not mail.in_reply_to and not mail.references


def _tells_success(status_parts: list[Part]) -> bool:
    blocks = [
        fields for part in status_parts for fields in _read_blocks(part.decode(_LONGEST_TEXT))
    ]
    return any(fields.get("action", "").lower().startswith(_SUCCESSES) for fields in blocks)


def _from_report(
    status_parts: list[Part], parts: list[Part], original_id: str, references: tuple[str, ...]
) -> Bounce | None:
    recipients: dict[str, None] = {}
    statuses: list[str] = []
    diagnostics: list[str] = []
    actions: set[str] = set()
    for part in status_parts:
        for fields in _read_blocks(part.decode(_LONGEST_TEXT)):
            action = fields.get("action", "").split(" ")[0].lower()
            if action in _SUCCESSES:
                continue
            found = [
                _typed(fields.get(name, "")) for name in ("original-recipient", "final-recipient")
            ]
            emails = [address.email for value in found for address in parse_addresses(value)[0]]
            diagnostic = _typed(fields.get("diagnostic-code", ""))
            if not (emails or action):
                continue
            recipients.update(dict.fromkeys(emails))
            actions.add(action)
            if diagnostic:
                diagnostics.append(diagnostic)
            statuses.append(_best_status(fields.get("status", ""), diagnostic, action))
    if not actions:
        return None
    status = max(statuses, key=lambda value: (value[:1] == "5", value), default="")
    is_permanent = status.startswith("5") and actions != {"delayed"}
    text = diagnostics[0] if diagnostics else _split_text(parts)[0]
    return Bounce(tuple(recipients), status, is_permanent, _shorten(text), original_id, references)


def _best_status(status_field: str, diagnostic: str, action: str) -> str:
    found = _STATUS.search(status_field)
    status = found[1] if found else ""
    # `5.0.0` says nothing; what the other server said is often more exact.
    if not status or status[1:] == ".0.0":
        exact = _find_status(diagnostic)
        status = exact if exact and exact[:1] == (status[:1] or exact[:1]) else status
    if not status and action == "failed":
        status = "5.0.0"
    return status


def _read_blocks(data: bytes) -> list[dict[str, str]]:
    """Return the groups of fields of a delivery-status part; the first is about the mail, the
    others are recipients.
    """
    blocks = re.split(rb"\n\s*\n", data.replace(b"\r\n", b"\n").strip())
    return [dict(reversed(read_fields(block, []))) for block in blocks[:200]]


def _typed(value: str) -> str:
    """Return the value behind `rfc822;` or `smtp;`."""
    kind, separator, rest = value.partition(";")
    return rest.strip() if separator and " " not in kind.strip() else value.strip()


def _find_original(parts: list[Part]) -> tuple[str, tuple[str, ...]]:
    for part in parts:
        if part.content_type in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
        ):
            head, _ = split_head(part.decode(256 * 1024).lstrip(b"\r\n"))
            original = parse_mail(head)
            if original.message_id or original.references:
                return original.message_id, original.references + original.in_reply_to
    return "", ()


def _split_text(parts: list[Part]) -> tuple[str, str]:
    """Return what the mail server wrote, and the mail that it quoted below."""
    text = "\n".join(
        part.text(_LONGEST_TEXT)
        for part in parts[:5]
        if part.content_type in ("text/plain", "text/html")
    )
    position = 0
    for line in text[:_LONGEST_TEXT].splitlines(keepends=True):
        plain = line.lstrip("> \t")
        is_rule = (
            plain.startswith("--") and len(plain) < _LONGEST_RULE and _ORIGINAL_RULE.search(plain)
        )
        if is_rule or plain.lower().startswith(("received: ", "return-path: ", "message-id: ")):
            return text[:position], text[position:]
        position += len(line)
    return text[:_LONGEST_TEXT], ""


def _failed_recipients(mail: Mail) -> tuple[str, ...]:
    values = [value for name, value in mail.headers if name == "x-failed-recipients"]
    return tuple(
        dict.fromkeys(address.email for value in values for address in parse_addresses(value)[0])
    )[:_MOST]


def _find_recipients(mail: Mail, text: str) -> tuple[str, ...]:
    """Return the addresses in the server's words that are neither the reader's nor the server's
    own.
    """
    own = {address.email for address in mail.recipients} | (
        {mail.sender.email} if mail.sender else set()
    )
    found = (
        match[1].lower().rstrip(".").strip("'").removeprefix("smtp=")
        for match in _ADDRESS.finditer(text[:8_000])
    )
    return tuple(
        dict.fromkeys(email for email in found if email not in own and not _DAEMON.match(email))
    )[:_MOST]


def _find_status(text: str) -> str:
    if found := _STATUS.search(text):
        return found[1]
    if found := _REPLY_CODE.search(text):
        return f"{found[1][0]}.0.0"
    return ""


def _ask_flufl(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses that failed for now and for good in the eyes of flufl.bounce."""
    try:
        from flufl.bounce import all_failures  # noqa: PLC0415 - rarely needed, and it loads 17 detectors

        logging.getLogger(
            "flufl.bounce"
        ).disabled = True  # it logs each of its own failures with a traceback
        temporary, permanent = all_failures(email.message_from_bytes(raw[:_MOST_BYTES_FOR_OTHERS]))
        return _clean_up(temporary), _clean_up(permanent)
    except Exception:
        return (), ()


def _clean_up(found: Iterable[bytes]) -> tuple[str, ...]:
    texts = sorted(item.decode("utf-8", "replace") for item in found)
    return tuple(
        dict.fromkeys(address.email for text in texts for address in parse_addresses(text)[0])
    )[:_MOST]


def _shorten(text: str) -> str:
    return " ".join(clean_text(text).split())[:_LONGEST_DIAGNOSTIC]
