"""What a mail file says, as far as deciding needs to know. The body is read only when the header cannot decide."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from offers.inbox import Reading, Sighting, TooLargeError, read_whole
from offers.models import Reason
from offers.parsing.automatic import automatic_reason, find_return_date
from offers.parsing.body import Body, parse_body
from offers.parsing.bounces import Bounce, read_bounce
from offers.parsing.fingerprint import fingerprint
from offers.parsing.mail import Mail
from offers.parsing.numbers import find_number, has_keyword
from offers.parsing.reply import new_text
from offers.parsing.subjects import Prefixes, split_prefixes

_NO_MAIL, _NO_PREFIXES = Mail(), Prefixes(False, False, "")
_OWN_MESSAGE_ID = "<nachfass."
# Kinds of multipart that carry no attachments.
_NO_ATTACHMENTS = ("multipart/alternative", "multipart/report", "multipart/signed")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail file, read. With a `problem` nothing else than the sighting is known.

    `number` is the offer number as written, found in the subject or, with `number_in_attachment`, in the name of an
    attachment. `returns_on` is the day named by an automatic reply.
    """

    sighting: Sighting
    sent_at: datetime
    problem: Reason | None = None
    detail: str = ""
    mail: Mail = _NO_MAIL
    header_hash: str = ""
    fingerprint: str | None = None
    defects: tuple[str, ...] = ()
    prefixes: Prefixes = _NO_PREFIXES
    number: str = ""
    number_in_attachment: bool = False
    has_keyword: bool = False
    is_too_large: bool = False
    is_own: bool = False
    automatic: str = ""
    bounce: Bounce | None = None
    returns_on: date | None = None

    @property
    def thread(self) -> tuple[str, ...]:
        """The Message-IDs that this mail is about, the nearest first; of a bounce those of the mail that came back."""
        if self.bounce:
            returned = (self.bounce.original_message_id, *reversed(self.bounce.original_references))
            return tuple(filter(None, returned))
        return (*self.mail.in_reply_to, *reversed(self.mail.references))


def examine_outgoing(folder: str | Path, reading: Reading, *, pattern: str, now: datetime) -> Letter:
    """Return what a sent mail says. `pattern` replaces the built-in number recognition, unless it is empty."""
    letter = _begin(reading, now)
    if letter.problem or letter.is_own or letter.automatic:
        return letter
    mail = letter.mail
    letter = replace(
        letter,
        fingerprint=fingerprint([each.email for each in mail.recipients], mail.subject, letter.sent_at)
        if mail.recipients and mail.sent_at
        else None,
        number=find_number(mail.subject, pattern) or "",
    )
    if letter.number:
        return letter
    letter = replace(letter, has_keyword=has_keyword(mail.subject))
    if not (letter.has_keyword or _may_have_attachments(mail)):
        return letter
    return _look_into_body(Path(folder, reading.sighting.name), letter, pattern)


def examine_incoming(folder: str | Path, reading: Reading, *, pattern: str, now: datetime) -> Letter:
    """Return what a received mail says; of automatic mails also whether they are a bounce or name a return date."""
    letter = _begin(reading, now)
    if letter.problem or letter.is_own:
        return letter
    mail = letter.mail
    letter = replace(letter, number=find_number(mail.subject, pattern) or "")
    is_report = mail.header("content-type").lower().startswith("multipart/report")
    if not (letter.automatic or is_report or _is_from_a_server(mail)):
        return letter
    try:
        raw = read_whole(Path(folder, reading.sighting.name))
    except TooLargeError:
        return replace(letter, is_too_large=True)
    except OSError as error:
        return Letter(reading.sighting, letter.sent_at, Reason.NOT_READABLE, error.strerror or str(error))
    if bounce := read_bounce(raw, mail):
        return replace(letter, bounce=bounce)
    received_on = letter.sent_at.date()
    text = f"{mail.subject}\n\n{new_text(parse_body(raw).readable)}"
    return replace(letter, returns_on=find_return_date(text, received_on=received_on))


def _begin(reading: Reading, now: datetime) -> Letter:
    mtime = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=min(reading.sighting.mtime_ns // 1000, 4 * 10**15))
    if reading.problem:
        return Letter(reading.sighting, mtime, reading.problem, reading.detail)
    mail, defects = reading.mail, list(reading.mail.defects)
    sent_at = mail.sent_at
    if sent_at is None:
        sent_at = min(mtime, now)
        defects.append("date_from_file")
    elif sent_at > now + timedelta(days=1):
        # A clock that is wrong by years must not put the reminders off by years.
        sent_at = min(mtime, now)
        defects.append("date_in_future")
    if reading.is_unfinished:
        defects.append("end_missing")
    return Letter(
        reading.sighting,
        sent_at,
        mail=mail,
        header_hash=hashlib.sha256(reading.header).hexdigest(),
        defects=tuple(defects),
        prefixes=split_prefixes(mail.subject),
        is_own=mail.message_id.startswith(_OWN_MESSAGE_ID) or bool(mail.header("x-nachfass-reminder")),
        automatic=automatic_reason(mail),
    )


def _may_have_attachments(mail: Mail) -> bool:
    kind = mail.header("content-type").lower().strip()
    return kind.startswith("multipart/") and not kind.startswith(_NO_ATTACHMENTS)


def _is_from_a_server(mail: Mail) -> bool:
    sender = mail.sender.email if mail.sender else ""
    return sender.partition("@")[0] in {"mailer-daemon", "postmaster"} or mail.header("return-path").strip() == "<>"


def _look_into_body(path: Path, letter: Letter, pattern: str) -> Letter:
    try:
        body: Body = parse_body(read_whole(path))
    except TooLargeError:
        return replace(letter, is_too_large=True)
    except OSError as error:
        return Letter(letter.sighting, letter.sent_at, Reason.NOT_READABLE, error.strerror or str(error))
    numbers = [number for name in body.attachments if (number := _find_in_name(name, pattern))]
    # Two attachments with different numbers decide nothing.
    if len({number.upper() for number in numbers}) == 1:
        return replace(letter, number=numbers[0], number_in_attachment=True)
    return letter


def _find_in_name(name: str, pattern: str) -> str | None:
    """Return the offer number in a file name such as `Angebot_AN-2026-0816.pdf`."""
    return find_number(name.rpartition(".")[0].replace("_", " "), pattern)
