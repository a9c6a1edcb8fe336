"""Read bounces: which addresses failed, what the failure is about, and the returned mail. Pure."""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterable
from dataclasses import replace

from offers.parsing import failure_words
from offers.parsing.decoding import clean_text
from offers.parsing.delivery_reports import (
    MOST_RECIPIENTS,
    RecipientReport,
    find_emails,
    read_reports,
)
from offers.parsing.findings import About, Bounce
from offers.parsing.mail import Mail
from offers.parsing.mime import Part, find_report_kind, read_parts
from offers.parsing.prefixes import split_prefixes
from offers.parsing.reply import find_new_text
from offers.parsing.returned_mail import ReturnedMail, find_returned, split_text
from offers.parsing.robots import is_robot

_LONGEST_DIAGNOSTIC = 500
_LONGEST_TEXT = 64 * 1024
# A filter that writes as a person says it at once.
_LONGEST_BEGINNING = 8 * 1024
_SEARCHED_TEXT = 8_000
_MOST_ATTACHED = 5
_LONGEST_ATTACHED = 256 * 1024
# Larger mails are not given to flufl.bounce, whose detectors may take long.
_MOST_PARTS_FOR_FLUFL = 50
_MOST_BYTES_FOR_FLUFL = 64 * 1024
_MOST_LINES_FOR_FLUFL = 2_000

_DAEMON = re.compile(
    r"(?:(?:mailer-?daemon|post[-_]?master|postman|mail-?daemon|mail-?delivery|mdaemon|bounces?)"
    r"(?:[+._-][^@]*)?|microsoftexchange[0-9a-f]{32})@",
    re.IGNORECASE,
)
# Servers with any sender address or none; their mails are recognised by the subject.
_SERVER_NAME = re.compile(
    r"(?:system[ -]?administrator|(?:internet |e-?)?mail[ -]?(?:delivery|server|system|security)"
    r"|mailer[ -]?daemon|post[ -]?master|delivery (?:sub)?system|microsoft (?:exchange|outlook))"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<?([\w!#$%&'*+/=?^`{|}~.-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10})>?")
# The field of a report that was put into the text.
_NAMED = re.compile(r"^final-recipient:[ \t]*(?:rfc822;)?[ \t]*(\S{3,254})", re.I | re.M)

_RECEIPT = "message/disposition-notification"
# Sieve filters refuse a mail by a read receipt (RFC 5429): deleted, and the text says why.
_DELETED = re.compile(r"^disposition:[ \t]*automatic-action[^;\n]{0,99};[ \t]*deleted", re.I | re.M)

_DEFAULT_STATUS = {About.ADDRESS: "5.0.0", About.MAIL: "5.0.0", About.DELAY: ""}


def may_be_bounce(mail: Mail) -> bool:
    """Return whether a mail with this header block may be a bounce and must be read whole."""
    report_kind = find_report_kind(mail.header("content-type"))
    if report_kind:
        return report_kind == "delivery_report"
    if _is_from_server(mail):
        return True
    if failure_words.says_refusal(mail.subject):
        return True
    # If only the subject says so, flufl.bounce or the returned mail has to agree.
    begins = failure_words.begins_as_report(mail.subject)
    return begins and not mail.in_reply_to and not mail.references


def read_bounce(raw: bytes, mail: Mail) -> Bounce | None:
    """Return the content of a bounce, or None for any other mail; never raises.

    Reports of RFC 3464 count first, then the fields and words of mail servers and flufl.bounce,
    then the words of content filters, which may write from a person's address.
    """
    kind = find_report_kind(mail.header("content-type"))
    if kind == "other_report":
        return None
    parts, is_whole = read_parts(raw)
    if any(part.content_type == "message/feedback-report" for part in parts):
        return None
    receipts = [part for part in parts if part.content_type == _RECEIPT]
    is_receipt = bool(kind == "read_receipt" or receipts)
    if is_receipt and not _tells_deletion(receipts):
        return None
    is_from_server = not is_receipt and (may_be_bounce(mail) or _has_report(mail, parts))
    if is_from_server:
        parts = _unwrap(parts)
    text, quoted = split_text(parts, _LONGEST_TEXT if is_from_server else _LONGEST_BEGINNING)
    returned = find_returned(parts, quoted, mail)
    if is_from_server and (reports := read_reports(parts)):
        bounce = _read_report(reports, text)
    else:
        bounce = None
        if is_from_server:
            is_small = is_whole and len(parts) <= _MOST_PARTS_FOR_FLUFL
            bounce = _read_words(raw if is_small else b"", mail, text, returned)
        bounce = bounce or _read_unmarked(mail, text, returned)
        if bounce and not bounce.status and failure_words.asks_confirmation(text):
            return None
    return bounce and _add_returned(bounce, returned)


def _tells_deletion(receipts: list[Part]) -> bool:
    texts = [part.text(_LONGEST_BEGINNING) for part in receipts[:_MOST_ATTACHED]]
    return any(_DELETED.search(text) for text in texts)


def _has_report(mail: Mail, parts: list[Part]) -> bool:
    """Return whether a mail is a report by its parts, and not a person's who passes one on."""
    prefixes = split_prefixes(mail.subject)
    if prefixes.is_reply or prefixes.is_forward or mail.in_reply_to or not _is_report(parts):
        return False
    text, _ = split_text(parts, _LONGEST_BEGINNING)
    return not failure_words.has_personal_words(text)


def _is_report(parts: list[Part]) -> bool:
    return any("delivery-status" in part.content_type for part in parts)


def _unwrap(parts: list[Part]) -> list[Part]:
    """Return the parts of the report that a gateway attached to a mail of its own, if it did."""
    if _is_report(parts):
        return parts
    for part in parts[:_MOST_ATTACHED]:
        if part.content_type == "message/rfc822":
            attached, _ = read_parts(part.decode(_LONGEST_ATTACHED))
            if _is_report(attached):
                return attached
    return parts


def _is_from_server(mail: Mail) -> bool:
    if mail.header("x-failed-recipients"):
        return True
    if mail.sender is not None and _DAEMON.match(mail.sender.email):
        return True
    has_no_return = mail.header("return-path").strip() == "<>"
    if has_no_return and mail.sender is None and not mail.subject.strip():
        return True  # an absence note has at least a subject
    if (mail.sender is None or has_no_return) and failure_words.names_failure(mail.subject):
        return True
    name = mail.header("from").lstrip("\"' ")
    return _SERVER_NAME.match(name) is not None and failure_words.begins_as_report(mail.subject)


def _read_report(reports: list[RecipientReport], text: str) -> Bounce | None:
    """Return the bounce that an RFC 3464 report describes, or None if it names no failure.

    Of several kinds of failure the gravest counts, with its recipients only.
    """
    kinds: dict[About, list[RecipientReport]] = {}
    for report in reports:
        is_pending = failure_words.asks_confirmation(report.diagnostic)
        if report.action != "delivered" and not is_pending:
            kinds.setdefault(_judge_report(report, text), []).append(report)
    for about in About:
        if failures := kinds.get(about):
            break
    else:
        return None
    recipients: dict[str, None] = {}
    for failure in failures:
        recipients.update(dict.fromkeys(failure.recipients))
    statuses = [failure.status for failure in failures]
    diagnostics = [failure.diagnostic for failure in failures if failure.diagnostic]
    return Bounce(
        tuple(recipients)[:MOST_RECIPIENTS],
        max(statuses, key=_rank_status) or _DEFAULT_STATUS[about],
        about,
        _shorten((diagnostics or [text])[0]),
    )


def _judge_report(report: RecipientReport, text: str) -> About:
    if report.action == "delayed":
        return About.DELAY
    if failure_words.is_about_mail(report.status, report.diagnostic, text):
        return About.MAIL
    return About.ADDRESS


def _rank_status(status: str) -> tuple[bool, str]:
    return status.startswith("5"), status


def _add_returned(bounce: Bounce, returned: ReturnedMail) -> Bounce:
    recipients = bounce.recipients
    if not recipients and len(returned.recipients) == 1:
        recipients = returned.recipients
    return replace(bounce, recipients=recipients, original_message_id=returned.message_id)


def _read_words(raw: bytes, mail: Mail, text: str, returned: ReturnedMail) -> Bounce | None:
    """Return the bounce that a mail server describes in fields and text, or None."""
    failed = _find_failed_recipients(mail)
    temporary: tuple[str, ...] = ()
    permanent: tuple[str, ...] = ()
    if not failed:
        temporary, permanent = _ask_flufl(raw)
    recipients = failed or permanent or temporary
    if not recipients:
        recipients = _find_recipients(mail, text)
        if not _tells_failure(mail, text, returned, recipients):
            return None
    status = failure_words.find_status(text)
    about = _judge_words(status, mail, text, is_temporary=bool(temporary and not permanent))
    return Bounce(recipients, status, about, _shorten(text))


def _tells_failure(
    mail: Mail, text: str, returned: ReturnedMail, recipients: tuple[str, ...]
) -> bool:
    is_report = find_report_kind(mail.header("content-type")) == "delivery_report"
    if not (is_report or _is_from_server(mail)):
        return False
    if failure_words.says_success(f"{mail.subject}\n{text}"):
        return False
    if returned.is_there or failure_words.names_failure(mail.subject):
        return True
    # A full mailbox without an address is the reader's own.
    return bool(is_report or recipients) and failure_words.says_failure(text[:_SEARCHED_TEXT])


def _read_unmarked(mail: Mail, text: str, returned: ReturnedMail) -> Bounce | None:
    """Return the bounce in a mail that looks like a person's, or None.

    Content filters and old servers write from any address. Only their words tell them, or what
    they return or list behind the subject of a report.
    """
    prefixes = split_prefixes(mail.subject)
    is_report = failure_words.begins_as_report(mail.subject) and (
        returned.is_there or failure_words.has_status(text) or failure_words.lists_recipients(text)
    )
    if not (is_report or failure_words.says_refusal(f"{prefixes.rest}\n{text}")):
        return None
    # What a person quotes is no word of a filter, but a filter describes the mail like a quotation.
    if prefixes.is_reply or prefixes.is_forward or mail.in_reply_to:
        text = find_new_text(text)
    if failure_words.has_personal_words(f"{prefixes.rest}\n{text}"):
        return None
    is_report = is_report and failure_words.says_failure(text)
    if not (
        is_report
        or _is_returned_by_robot(mail, text, returned)
        or _says_refusal(mail, prefixes.rest, text)
    ):
        return None
    recipients = _find_recipients(mail, text) or returned.recipients[:1]
    if not recipients and mail.sender and mail.sender not in mail.recipients:
        recipients = (mail.sender.email,)
    about = About.MAIL
    if failure_words.says_unreachable(text):
        about = About.ADDRESS
    return Bounce(recipients, failure_words.find_status(text), about, _shorten(text))


def _is_returned_by_robot(mail: Mail, text: str, returned: ReturnedMail) -> bool:
    is_from_robot = mail.sender is not None and is_robot(mail.sender)
    return is_from_robot and returned.is_there and failure_words.says_failure(text)


def _says_refusal(mail: Mail, subject: str, text: str) -> bool:
    if failure_words.says_refusal(subject):
        return True
    is_program = (
        mail.header("return-path").strip() == "<>"
        or failure_words.names_failure(subject)
        or failure_words.names_filter(text)
    )
    return is_program and failure_words.says_refusal(text)


def _judge_words(status: str, mail: Mail, text: str, *, is_temporary: bool) -> About:
    # Behind the colon stands the subject of the returned mail, except in `Warning: …`.
    subject, _, _ = mail.subject.lower().removeprefix("warning:").partition(":")
    words = f"{subject}\n{text[:_SEARCHED_TEXT]}"
    if is_temporary or failure_words.says_delay(words):
        return About.DELAY
    if failure_words.is_about_mail(status, "", text):
        return About.MAIL
    return About.ADDRESS


def _find_failed_recipients(mail: Mail) -> tuple[str, ...]:
    return find_emails(value for name, value in mail.headers if name == "x-failed-recipients")


def _find_recipients(mail: Mail, text: str) -> tuple[str, ...]:
    """Return the addresses in the server's text, without the reader's and the server's own."""
    own = {address.email for address in mail.recipients}
    if mail.sender:
        own.add(mail.sender.email)
    found: dict[str, None] = {}
    named = _NAMED.findall(text) or _ADDRESS.findall(text[:_SEARCHED_TEXT])
    for email_text in named or _ADDRESS.findall(mail.subject[:_SEARCHED_TEXT]):
        for address in find_emails([email_text.strip("'").removeprefix("smtp=")]):
            if address not in own and not _DAEMON.match(address):
                found[address] = None
    return tuple(found)[:MOST_RECIPIENTS]


def _ask_flufl(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the temporarily and the permanently failed addresses according to flufl.bounce."""
    try:
        # Rarely needed, and it loads 17 detectors.
        from flufl.bounce import all_failures  # noqa: PLC0415

        # It logs each of its own failures with a traceback.
        logging.getLogger("flufl.bounce").disabled = True
        lines = raw[:_MOST_BYTES_FOR_FLUFL].split(b"\n")[:_MOST_LINES_FOR_FLUFL]
        temporary, permanent = all_failures(email.message_from_bytes(b"\n".join(lines)))
        return _sort_recipients(temporary), _sort_recipients(permanent)
    except Exception:
        return (), ()  # its detectors raise on real mails


def _sort_recipients(found: Iterable[bytes]) -> tuple[str, ...]:
    return find_emails(sorted(item.decode("utf-8", "replace") for item in found))


def _shorten(text: str) -> str:
    return " ".join(clean_text(text).split())[:_LONGEST_DIAGNOSTIC]
