"""Read bounces: the failed addresses, whether permanently, and the returned mail. Pure."""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from offers.parsing.addresses import parse_addresses
from offers.parsing.alternatives import any_of
from offers.parsing.decoding import clean_text
from offers.parsing.headers import parse_mail, read_fields
from offers.parsing.mail import Mail
from offers.parsing.mime import Part, find_report_kind, read_parts, split_head

_LONGEST_TEXT = 64 * 1024
_LONGEST_DIAGNOSTIC = 500
_LONGEST_RULE = 120
_MOST_RECIPIENTS = 20
_MOST_BLOCKS = 200
# Larger mails are not given to flufl.bounce, whose detectors may take long.
_MOST_PARTS_FOR_FLUFL = 50
_MOST_BYTES_FOR_FLUFL = 64 * 1024
_SUCCESSES = ("delivered", "relayed", "expanded")
_ORIGINAL_TYPES = frozenset((
    "message/rfc822", "message/rfc822-headers", "message/global", "text/rfc822-headers",
))  # fmt: skip

_DAEMON = re.compile(
    r"(?:mailer-?daemon|postmaster|postman|mail-?daemon|maildelivery|mdaemon|bounces?)"
    r"(?:[+._-][^@]*)?@",
    re.IGNORECASE,
)
# Servers with any sender address or none; their mails are recognised by the subject.
_SERVER_NAME = re.compile(
    r"(?:system[ -]?administrator|mail (?:delivery|server)|mailer[ -]?daemon|postmaster"
    r"|microsoft (?:exchange|outlook))"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    any_of(r"""
        undeliver|unzustellbar|nicht zustellbar|zustellung fehlgeschlagen
        nicht zugestellt|nicht übermittelt
        fehler bei der zustellung|zustellungsverz
        (?:mail )?delivery (?:has )?(?:failed|failure|status notification)
        (?:mail )?delivery (?:has )?(?:error|problem|delayed|report)
        delivery .{0,30}(?:failure|failed)|returned (?:mail|to sender)|failure notice|failed mail
        mail (?:failed|not delivered)|non-delivery|failure delivery|email delivery failure
        message (?:status )?(?:could not be )?(?:undeliverable|delivered)|mail system error
        mail could not be delivered|warning: (?:could not send|message .{0,30} delayed)
        non remis|échec de la remise|mancato recapito|impossibile recapitare
    """),
    re.IGNORECASE,
)
# An enhanced code such as `5.1.1` (RFC 3463), and a reply code such as `550` before words.
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[ -])(?![ -]\d{3,})")
_ADDRESS = re.compile(
    r"<?([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){0,10})>?"
)
# The returned mail, quoted in the text: its Message-ID, and the line above it.
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
        mailbox (?:unavailable|not found)|permanent (?:fatal )?error|fatal error
        (?:address|recipient) rejected
        host (?:unknown|not found)|(?:invalid|unknown) recipient|unable to find user|not recognized
        unbekannt|existiert nicht|nicht gefunden
    """),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Bounce:
    """One bounce, with the lower-case addresses that failed, possibly none.

    `recipients` has both the address that was written to and the one it was forwarded to. `status`
    is an enhanced code such as `5.1.1`, or empty. The original is the returned mail.
    """

    recipients: tuple[str, ...]
    status: str
    is_permanent: bool
    diagnostic: str = ""
    original_message_id: str = ""
    original_references: tuple[str, ...] = ()


def may_be_bounce(mail: Mail) -> bool:
    """Return whether a mail with this header block may be a bounce and must be read whole."""
    report_kind = find_report_kind(mail.header("content-type"))
    if report_kind:
        return report_kind == "delivery_report"
    if _is_from_server(mail):
        return True
    # If only the subject says so, flufl.bounce has to agree.
    return bool(_SUBJECT.match(mail.subject)) and not mail.in_reply_to and not mail.references


def read_bounce(raw: bytes, mail: Mail) -> Bounce | None:
    """Return the content of a bounce, or None for any other mail; never raises.

    Reports of RFC 3464 count first, then the fields and words of mail servers and flufl.bounce.
    """
    if not may_be_bounce(mail):
        return None
    parts, is_whole = read_parts(raw)
    blocks = _read_status_blocks(parts)
    bounce = _read_report(blocks, parts)
    if bounce is not None or _tells_success(blocks):
        return bounce
    is_small = is_whole and len(parts) <= _MOST_PARTS_FOR_FLUFL
    return _read_words(raw if is_small else b"", mail, parts)


def _is_from_server(mail: Mail) -> bool:
    if mail.header("x-failed-recipients"):
        return True
    if mail.sender is not None and _DAEMON.match(mail.sender.email):
        return True
    is_nobody = mail.sender is None or mail.header("return-path").strip() == "<>"
    if is_nobody and _SUBJECT.search(mail.subject):
        return True
    name = mail.header("from").lstrip("\"' ")
    return _SERVER_NAME.match(name) is not None and _SUBJECT.match(mail.subject) is not None


def _read_status_blocks(parts: list[Part]) -> list[dict[str, str]]:
    """Return the groups of fields in the `delivery-status` parts, one for each recipient."""
    blocks: list[dict[str, str]] = []
    for part in parts:
        if "delivery-status" in part.content_type:
            data = part.decode(_LONGEST_TEXT).replace(b"\r\n", b"\n").strip()
            for block in re.split(rb"\n\s*\n", data)[:_MOST_BLOCKS]:
                blocks.append(dict(reversed(read_fields(block, []))))
    return blocks


def _tells_success(blocks: list[dict[str, str]]) -> bool:
    return any(block.get("action", "").lower().startswith(_SUCCESSES) for block in blocks)


def _read_report(blocks: list[dict[str, str]], parts: list[Part]) -> Bounce | None:
    """Return the bounce that an RFC 3464 report describes, or None if it names no failure."""
    recipients: dict[str, None] = {}
    statuses: list[str] = []
    diagnostics: list[str] = []
    actions: set[str] = set()
    for block in blocks:
        action = block.get("action", "").split(" ")[0].lower()
        if action in _SUCCESSES:
            continue
        original, final = block.get("original-recipient", ""), block.get("final-recipient", "")
        emails = _find_emails([_strip_type(original), _strip_type(final)])
        if not (emails or action):
            continue
        recipients.update(dict.fromkeys(emails))
        actions.add(action)
        diagnostic = _strip_type(block.get("diagnostic-code", ""))
        if diagnostic:
            diagnostics.append(diagnostic)
        statuses.append(_choose_status(block.get("status", ""), diagnostic, action))
    if not actions:
        return None
    status = max(statuses, key=lambda value: (value[:1] == "5", value))
    is_permanent = status.startswith("5") and actions != {"delayed"}
    text = (diagnostics or _split_text(parts))[0]
    original_id, references = _find_original(parts)
    return Bounce(tuple(recipients), status, is_permanent, _shorten(text), original_id, references)


def _read_words(raw: bytes, mail: Mail, parts: list[Part]) -> Bounce | None:
    """Return the bounce that a mail server describes in fields and text, or None."""
    text, returned = _split_text(parts)
    status = _find_status(text)
    failed = _failed_recipients(mail)
    temporary: tuple[str, ...] = ()
    permanent: tuple[str, ...] = ()
    if not failed:
        temporary, permanent = _ask_flufl(raw)
    if not (failed or temporary or permanent):
        says_failure = status or _SUBJECT.search(mail.subject) or _PERMANENT_WORDS.search(text)
        is_from_server = find_report_kind(mail.header("content-type")) or _is_from_server(mail)
        if not (is_from_server and says_failure):
            return None
    is_permanent = status.startswith("5")
    if not status and not temporary and not _DELAYED.search(mail.subject):
        is_permanent = bool(failed or permanent or _PERMANENT_WORDS.search(text))
    recipients = failed or permanent or temporary or _find_recipients(mail, text)
    original_id, references = _find_original(parts)
    if not original_id and (found := _ORIGINAL_ID.search(returned)):
        original_id = found[1]
    return Bounce(recipients, status, is_permanent, _shorten(text), original_id, references)


def _choose_status(status_field: str, diagnostic: str, action: str) -> str:
    """Return the more exact of the two codes that a report has for one recipient."""
    found = _STATUS.search(status_field)
    exact = _find_status(diagnostic)
    if found is None:
        if not exact and action == "failed":
            return "5.0.0"
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


def _find_original(parts: list[Part]) -> tuple[str, tuple[str, ...]]:
    """Return Message-ID and references of the returned mail, if it is attached."""
    for part in parts:
        if part.content_type in _ORIGINAL_TYPES:
            head, _ = split_head(part.decode(256 * 1024).lstrip(b"\r\n"))
            original = parse_mail(head)
            if original.message_id or original.references:
                return original.message_id, original.references + original.in_reply_to
    return "", ()


def _split_text(parts: list[Part]) -> tuple[str, str]:
    """Return the text of the mail server, and the mail that it quoted below."""
    texts: list[str] = []
    for part in parts[:5]:
        if part.content_type in ("text/plain", "text/html"):
            texts.append(part.text(_LONGEST_TEXT))
    text = "\n".join(texts)
    position = 0
    for line in text[:_LONGEST_TEXT].splitlines(keepends=True):
        if _begins_original(line.lstrip("> \t")):
            return text[:position], text[position:]
        position += len(line)
    return text[:_LONGEST_TEXT], ""


def _begins_original(line: str) -> bool:
    if line.lower().startswith(("received: ", "return-path: ", "message-id: ")):
        return True
    is_rule = line.startswith("--") and len(line) < _LONGEST_RULE
    return is_rule and _ORIGINAL_RULE.search(line) is not None


def _failed_recipients(mail: Mail) -> tuple[str, ...]:
    values = [value for name, value in mail.headers if name == "x-failed-recipients"]
    return _find_emails(values)[:_MOST_RECIPIENTS]


def _find_emails(values: Iterable[str]) -> tuple[str, ...]:
    """Return each address in the values of address fields once."""
    found: dict[str, None] = {}
    for value in values:
        addresses, _ = parse_addresses(value)
        found.update((address.email, None) for address in addresses)
    return tuple(found)


def _find_recipients(mail: Mail, text: str) -> tuple[str, ...]:
    """Return the addresses in the server's text, without the reader's and the server's own."""
    own = {address.email for address in mail.recipients}
    if mail.sender:
        own.add(mail.sender.email)
    found: dict[str, None] = {}
    for match in _ADDRESS.finditer(text[:8_000]):
        address = match[1].lower().rstrip(".").strip("'").removeprefix("smtp=")
        if address not in own and not _DAEMON.match(address):
            found[address] = None
    return tuple(found)[:_MOST_RECIPIENTS]


def _find_status(text: str) -> str:
    if found := _STATUS.search(text):
        return found[1]
    if found := _REPLY_CODE.search(text):
        return f"{found[1][0]}.0.0"
    return ""


def _ask_flufl(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the temporarily and the permanently failed addresses according to flufl.bounce."""
    try:
        # Rarely needed, and it loads 17 detectors.
        from flufl.bounce import all_failures  # noqa: PLC0415

        # It logs each of its own failures with a traceback.
        logging.getLogger("flufl.bounce").disabled = True
        temporary, permanent = all_failures(email.message_from_bytes(raw[:_MOST_BYTES_FOR_FLUFL]))
        return _sort_recipients(temporary), _sort_recipients(permanent)
    except Exception:
        return (), ()  # its detectors raise on real mails


def _sort_recipients(found: Iterable[bytes]) -> tuple[str, ...]:
    texts = sorted(item.decode("utf-8", "replace") for item in found)
    return _find_emails(texts)[:_MOST_RECIPIENTS]


def _shorten(text: str) -> str:
    return " ".join(clean_text(text).split())[:_LONGEST_DIAGNOSTIC]
