"""What a mail file says, as far as deciding needs to know. The body is read only when the header
cannot decide.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from offers.mail_import.folder import LONGEST_HEADER, Reading, Sighting, TooLargeError, read_whole
from offers.models import Reason
from offers.parsing.automatic import automatic_reason, find_return_date
from offers.parsing.body import Body, parse_body
from offers.parsing.bounces import Bounce, may_be_bounce, read_bounce
from offers.parsing.fingerprint import fingerprint
from offers.parsing.mail import Mail
from offers.parsing.numbers import find_number, has_keyword, names_appointment, names_other_document
from offers.parsing.patterns import PatternError
from offers.parsing.reply import new_text
from offers.parsing.subjects import Prefixes, split_prefixes

_NO_MAIL, _NO_PREFIXES = Mail(), Prefixes(False, False, "")
_OWN_MESSAGE_ID = "<nachfass."
# A kind of multipart that carries no attachments. Apple Mail puts them even into
# multipart/alternative.
_NO_ATTACHMENTS = ("multipart/report",)
# A file that is named by the number alone, such as `AN-2026-0815.pdf`.
_OFFER_FILE = re.compile(r"(?:AN|ANG|AG|OFF|QT|QTN|KVA?)[-_ ]?\d{2,}", re.IGNORECASE)
# What stands instead of the subject that an encrypted mail hides inside (RFC 9788; Enigmail, pEp,
# older Thunderbird).
_HIDDEN_SUBJECTS = frozenset(("[...]", "...", "…", "encrypted message", "p≡p", "pep"))
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_CALENDAR = ("text/calendar", "urn:content-classes:calendarmessage")


@dataclass(slots=True)
class Letter:
    """One mail file, read. With a `problem` nothing else than the sighting is known.

    Filled in step by step while the file is examined, and not changed after that.

    `pattern_timed_out` says that the pattern for offer numbers took too long on this mail.
    `number` is the offer number as written, found in the subject or, with `number_in_attachment`,
    in the name of an attachment; `offer_file` is the name of an attachment that looks like an
    offer. `is_other_document` is an order, an invoice or the like that only names the number,
    `is_appointment` an invitation to a meeting. `returns_on` is the day named by an automatic
    reply. `hides_subject` is an encrypted mail whose subject only its recipient can read.
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
    pattern_timed_out: bool = False
    number_in_attachment: bool = False
    has_keyword: bool = False
    offer_file: str = ""
    is_other_document: bool = False
    is_appointment: bool = False
    is_too_large: bool = False
    hides_subject: bool = False
    is_own: bool = False
    automatic: str = ""
    bounce: Bounce | None = None
    returns_on: date | None = None

    @property
    def thread(self) -> tuple[str, ...]:
        """The Message-IDs that this mail is about, the nearest first; of a bounce those of the mail
        that came back.
        """
        if self.bounce:
            returned = (self.bounce.original_message_id, *reversed(self.bounce.original_references))
            return tuple(filter(None, returned))
        return (*self.mail.in_reply_to, *reversed(self.mail.references))


def examine_outgoing(
    folder: str | Path, reading: Reading, *, pattern: str, now: datetime
) -> Letter:
    """Return what a sent mail says. `pattern` replaces the built-in number recognition, unless it
    is empty.
    """
    letter = _begin(reading, now)
    if letter.problem or letter.is_own or letter.automatic:
        return letter
    mail = letter.mail
    if mail.recipients and mail.sent_at:
        letter.fingerprint = fingerprint(
            [each.email for each in mail.recipients], mail.subject, letter.sent_at
        )
    _find_number(letter, pattern)
    if letter.pattern_timed_out:
        return letter
    if letter.number:
        letter.is_other_document = names_other_document(mail.subject)
        letter.is_appointment = names_appointment(letter.prefixes.rest) or _is_calendar(mail)
        return letter
    letter.hides_subject = _hides_subject(mail)
    letter.has_keyword = has_keyword(mail.subject)
    if letter.has_keyword or _may_have_attachments(mail):
        return _look_into_body(Path(folder, reading.sighting.name), letter, pattern)
    return letter


def examine_incoming(
    folder: str | Path, reading: Reading, *, pattern: str, now: datetime
) -> Letter:
    """Return what a received mail says; of automatic mails also whether they are a bounce or name a
    return date.
    """
    letter = _begin(reading, now)
    if letter.problem or letter.is_own:
        return letter
    mail = letter.mail
    _find_number(letter, pattern)
    is_answer = letter.prefixes.is_reply or bool(letter.thread)
    if not (letter.automatic or may_be_bounce(mail) or is_answer):
        return letter
    try:
        raw = read_whole(Path(folder, reading.sighting.name))
    except TooLargeError:
        letter.is_too_large = True
        return letter
    except OSError as error:
        return Letter(
            reading.sighting, letter.sent_at, Reason.NOT_READABLE, error.strerror or str(error)
        )
    letter.bounce = read_bounce(raw, mail)
    if not letter.bounce:
        _read_answer(letter, raw)
    return letter


def _read_answer(letter: Letter, raw: bytes) -> None:
    """Note what the text of a letter says about who wrote it and when that person is back."""
    mail, body = letter.mail, parse_body(raw).readable
    # A rule of a mailbox answers like a person, and only its text says that nobody wrote it.
    letter.automatic = letter.automatic or automatic_reason(mail, body)
    if letter.automatic:
        text = f"{mail.subject}\n\n{new_text(body)}"
        letter.returns_on = find_return_date(text, received_on=letter.sent_at.date())


def _begin(reading: Reading, now: datetime) -> Letter:
    mtime = datetime.fromtimestamp(0, UTC) + timedelta(
        microseconds=min(reading.sighting.mtime_ns // 1000, 4 * 10**15)
    )
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
        is_too_large=len(reading.header) >= LONGEST_HEADER,
        is_own=mail.message_id.startswith(_OWN_MESSAGE_ID)
        or bool(mail.header("x-nachfass-reminder")),
        automatic=automatic_reason(mail),
    )


def _find_number(letter: Letter, pattern: str) -> None:
    try:
        letter.number = find_number(letter.mail.subject, pattern) or ""
    except PatternError:  # it can be compiled, so it took too long
        letter.pattern_timed_out = True


def _may_have_attachments(mail: Mail) -> bool:
    kind = mail.header("content-type").lower().strip()
    return kind.startswith("multipart/") and not kind.startswith(_NO_ATTACHMENTS)


def _hides_subject(mail: Mail) -> bool:
    is_encrypted = mail.header("content-type").lower().lstrip().startswith(_ENCRYPTED)
    return is_encrypted and mail.subject.lower() in _HIDDEN_SUBJECTS


def _is_calendar(mail: Mail) -> bool:
    return any(
        mail.header(name).lower().startswith(_CALENDAR)
        for name in ("content-type", "content-class")
    )


def _look_into_body(path: Path, letter: Letter, pattern: str) -> Letter:
    try:
        body: Body = parse_body(read_whole(path))
    except TooLargeError:
        letter.is_too_large = True
        return letter
    except OSError as error:
        return Letter(
            letter.sighting, letter.sent_at, Reason.NOT_READABLE, error.strerror or str(error)
        )
    try:
        numbers = [number for name in body.attachments if (number := _find_in_name(name, pattern))]
    except PatternError:
        letter.pattern_timed_out = True
        return letter
    # Two attachments with different numbers decide nothing.
    if len({number.upper() for number in numbers}) == 1:
        letter.number, letter.number_in_attachment = numbers[0], True
    else:
        letter.offer_file = next(
            (name for name in body.attachments if _is_named_like_offer(name)), ""
        )
    return letter


def _find_in_name(name: str, pattern: str) -> str | None:
    """Return the offer number in a file name such as `Angebot_AN-2026-0816.pdf`."""
    text = _spell_out(name)
    return None if names_other_document(text) else find_number(text, pattern)


def _is_named_like_offer(name: str) -> bool:
    text = _spell_out(name)
    return bool(_OFFER_FILE.match(text)) or (has_keyword(text) and not names_other_document(text))


def _spell_out(name: str) -> str:
    return name.rpartition(".")[0].replace("_", " ")
