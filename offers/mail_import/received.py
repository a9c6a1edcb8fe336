"""Keep what a received mail names that led to nothing yet, and build its message from that again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from offers.mail_import.folder import FolderFile, disk_name
from offers.mail_import.message import MailMessage
from offers.models import Offer, ReceivedMessage, ReceivedName, SourceFile, number_key
from offers.parsing.findings import About, Absence, Bounce
from offers.parsing.mail import Address, Mail
from offers.parsing.mailboxes import find_domain, is_company, mailbox_key
from offers.parsing.prefixes import split_prefixes

State, Reason = SourceFile.State, SourceFile.Reason
_LONGEST_NAME = 500
_MOST_AT_ONCE = 5_000
_KEPT_STATES = (State.NOT_AN_OFFER, State.AUTOMATIC, State.REVIEW)
# Settled: a person's decision, or what the customer's absence or the delivery changed.
_SETTLED = (Reason.IGNORED, Reason.RETURN_DATE, Reason.BOUNCED)


def keep_messages(kept: Sequence[tuple[SourceFile, MailMessage]], *, now: datetime) -> None:
    """Store what these received mails name, and forget those that are settled."""
    ReceivedMessage.objects.filter(file__in=[row for row, _message in kept]).delete()
    messages: list[ReceivedMessage] = []
    names: list[ReceivedName] = []
    for row, message in kept:
        if message.problem or row.state not in _KEPT_STATES or row.reason in _SETTLED:
            continue
        received = ReceivedMessage(
            file=row,
            kind=_find_kind(message),
            at=message.sent_at,
            content=_describe(message),
            kept_at=now,
        )
        messages.append(received)
        names += [ReceivedName(message=received, value=name) for name in find_names(message)]
    ReceivedMessage.objects.bulk_create(messages)
    ReceivedName.objects.bulk_create(names)


def find_received(names: Collection[str], offers: Collection[Offer]) -> list[ReceivedMessage]:
    """Return the kept messages that name one of these, or ask about one of these offers."""
    keys: set[int] = set()
    wanted = sorted(names)
    # A list of offers that is uploaded names more than a query can take.
    for start in range(0, len(wanted), _MOST_AT_ONCE):
        rows = ReceivedName.objects.filter(value__in=wanted[start : start + _MOST_AT_ONCE])
        keys.update(rows.values_list("message", flat=True))
    about = [offer.pk for offer in offers if offer.pk]
    for start in range(0, len(about), _MOST_AT_ONCE):
        asked = ReceivedMessage.objects.filter(file__offer__in=about[start : start + _MOST_AT_ONCE])
        keys.update(asked.values_list("pk", flat=True))
    found = ReceivedMessage.objects.filter(
        pk__in=keys, file__state__in=_KEPT_STATES, file__decided_by=None
    ).exclude(file__reason__in=_SETTLED)
    return list(found.select_related("file__folder").order_by("at", "pk"))


def find_names(message: MailMessage) -> set[str]:
    """Return what a received mail names, as `ReceivedName` has it."""
    names = {message_id[:_LONGEST_NAME] for message_id in message.thread}
    if message.number:
        names.add(f"#{number_key(message.number)}")
    for email in (*message.sender_emails, *message.bounced_emails):
        names.add(mailbox_key(email)[:_LONGEST_NAME])
    names.update(_name_companies(message.sender_emails))
    return names - {""}


def name_offer(offer: Offer) -> set[str]:
    """Return the names by which a received mail may be about an offer, but for its mails."""
    email = offer.customer.email
    return {f"#{offer.number_key}", mailbox_key(email), *_name_companies([email])}


def _name_companies(emails: Iterable[str]) -> set[str]:
    domains = {find_domain(email) for email in emails}
    return {f"@{domain}"[:_LONGEST_NAME] for domain in domains if is_company(domain)}


def build_message(received: ReceivedMessage) -> MailMessage:
    """Return the message of a kept mail as it was read."""
    row, content = received.file, received.content
    recipients: dict[str, list[Address]] = defaultdict(list)
    for entry in row.recipients:
        recipients[entry["field"]].append(Address(entry["email"], entry["name"]))
    mail = Mail(
        message_id=row.message_id,
        sent_at=received.at,
        subject=row.subject,
        sender=Address(row.sender, row.sender_name) if row.sender else None,
        to=tuple(recipients["to"]),
        cc=tuple(recipients["cc"]),
        bcc=tuple(recipients["bcc"]),
        resent_to=tuple(recipients["resent-to"]),
        in_reply_to=tuple(content["thread"]),
    )
    return MailMessage(
        FolderFile(disk_name(row.name), row.size, row.mtime_ns),
        received.at,
        mail=mail,
        header_hash=row.header_hash,
        defects=tuple(row.defects),
        prefixes=split_prefixes(row.subject),
        number=row.number,
        pattern_timed_out=content["pattern_timed_out"],
        automatic=content["automatic"],
        is_surely_automatic=content["is_surely_automatic"],
        bounce=_read_bounce(content["bounce"]),
        absence=_read_absence(content["absence"]),
        reply_to=tuple(content["reply_to"]),
        is_forged=content["is_forged"],
        is_guessing=content["is_guessing"],
        # Rows of an earlier version do not have these.
        may_name_ours=content.get("may_name_ours", False),
        is_new_inquiry=content.get("is_new_inquiry", False),
        other_number=content.get("other_number", ""),
    )


def _find_kind(message: MailMessage) -> ReceivedMessage.Kind:
    if message.bounce:
        return ReceivedMessage.Kind.BOUNCE
    if message.automatic:
        return ReceivedMessage.Kind.AUTOMATIC
    return ReceivedMessage.Kind.REPLY


def _describe(message: MailMessage) -> dict[str, Any]:
    """Return what the log entry of a message does not have, as JSON."""
    absence = message.absence
    return {
        "thread": list(message.thread),
        "pattern_timed_out": message.pattern_timed_out,
        "automatic": message.automatic,
        "is_surely_automatic": message.is_surely_automatic,
        "bounce": asdict(message.bounce) if message.bounce else None,
        "absence": {
            "until": _write_day(absence.until),
            "is_too_long": absence.is_too_long,
            "named_day": _write_day(absence.named_day),
        },
        "reply_to": list(message.reply_to),
        "is_forged": message.is_forged,
        "is_guessing": message.is_guessing,
        "may_name_ours": message.may_name_ours,
        "is_new_inquiry": message.is_new_inquiry,
        "other_number": message.other_number,
    }


def _read_bounce(content: dict[str, Any] | None) -> Bounce | None:
    if content is None:
        return None
    values: dict[str, Any] = {}
    # Fields that a later version adds have their default in older rows.
    for field in fields(Bounce):
        if field.name in content:
            value = content[field.name]
            values[field.name] = tuple(value) if isinstance(value, list) else value
    return Bounce(**{**values, "about": About(values["about"])})


def _read_absence(content: dict[str, Any]) -> Absence:
    until, named_day = _read_day(content["until"]), _read_day(content["named_day"])
    return Absence(until=until, is_too_long=content["is_too_long"], named_day=named_day)


def _write_day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _read_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
