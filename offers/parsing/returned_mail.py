"""Find the mail that a delivery report returns, attached or quoted. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from offers.parsing.body import html_to_text
from offers.parsing.headers import parse_mail
from offers.parsing.mail import Mail
from offers.parsing.mime import Part, split_head

_TYPES = frozenset((
    "message/rfc822", "message/rfc822-headers", "message/global", "message/global-headers",
    "message/partial", "text/rfc822-headers", "text/rfc822-header", "text/rfc822",
))  # fmt: skip
_MOST_PARTS = 3
_LONGEST_HEAD = 64 * 1024
_LONGEST_RULE = 120
# The line above a quoted mail, and the fields that such a mail begins with.
_RULE = re.compile(r"original|copy of|returned|header|nachricht|message", re.IGNORECASE)
_HEADING = re.compile(
    r"(?:old|original|returned|ursprüngliche|zurückgesandte) (?:e-?mail|mail|message|nachricht) ?:\Z",
    re.IGNORECASE,
)
_FIRST_FIELDS = ("received: ", "return-path: ", "message-id: ")
_FIELD = re.compile(r"[> \t]*(?:received|return-path|message-id|from|to|subject|date) ?:", re.I)


@dataclass(frozen=True)
class ReturnedMail:
    """What is known of the returned mail; all is empty if none is returned."""

    message_id: str = ""
    recipients: tuple[str, ...] = ()
    is_there: bool = False


def find_returned(parts: list[Part], quoted: str, report: Mail) -> ReturnedMail:
    """Return the mail that a report has attached, else quoted in its text, else answers."""
    returned = ReturnedMail()
    attached = [part for part in parts if part.content_type in _TYPES]
    for part in attached[:_MOST_PARTS]:
        head, _ = split_head(part.decode(_LONGEST_HEAD).lstrip(b"\r\n"))
        returned = _describe(parse_mail(head))
        if returned.is_there:
            break
    if not returned.is_there:
        head = _find_quoted_head(quoted).encode("utf-8", "replace")
        returned = _describe(parse_mail(head))
        # People quote sender and recipients too, but no Message-ID.
        returned = replace(returned, is_there=bool(returned.message_id))
    if returned.message_id:
        return returned
    # Exchange and Gmail answer the mail in whose place they send the report.
    answered = (*report.in_reply_to, *reversed(report.references), "")[0]
    return replace(returned, message_id=answered)


def split_text(parts: list[Part], limit: int) -> tuple[str, str]:
    """Return the text of the mail server, and the mail that it quoted below.

    At most about `limit` bytes of each part are read, and so many characters of them all.
    """
    texts: list[str] = []
    for part in parts[:5]:
        # A multipart is left in one piece where its boundary is missing.
        if part.content_type == "text/plain" or part.content_type.startswith("multipart/"):
            texts.append(part.text(limit))
        elif part.content_type == "text/html":
            texts.append(html_to_text(part.text(limit)))
    text = "\n".join(texts)[:limit]
    position = 0
    for line in text.splitlines(keepends=True):
        if _begins_original(line.lstrip("> \t")):
            return text[:position], text[position:]
        position += len(line)
    return text, ""


def _begins_original(line: str) -> bool:
    if line.lower().startswith(_FIRST_FIELDS):
        return True
    if len(line) >= _LONGEST_RULE:
        return False
    if _HEADING.match(line.rstrip()):
        return True
    return line.startswith("--") and _RULE.search(line) is not None


def _find_quoted_head(text: str) -> str:
    """Return the header block in a quoted text, without the marks of the quotation."""
    lines: list[str] = []
    for line in text.splitlines():
        if not lines and not _FIELD.match(line):
            continue
        unquoted = line.removeprefix("> ").removeprefix(">")
        if not unquoted.strip():
            break
        lines.append(unquoted)
    return "\n".join(lines)


def _describe(mail: Mail) -> ReturnedMail:
    recipients = tuple(address.email for address in mail.recipients)
    return ReturnedMail(
        mail.message_id,
        recipients,
        bool(mail.message_id or (mail.sender and recipients)),
    )
