"""What the readers of received mails find: bounces and absences. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class About(enum.StrEnum):
    """What a bounce is about."""

    # The address cannot be reached.
    ADDRESS = "address"
    # The mail was refused for its size, its content or where it came from; another may arrive.
    MAIL = "mail"
    # The server goes on trying.
    DELAY = "delay"


@dataclass(frozen=True)
class Bounce:
    """One bounce, with the lower-case addresses that failed, possibly none.

    `recipients` has both the addresses that were written to and those they were forwarded to.
    `status` is an enhanced code such as `5.1.1`, or empty. The original is the mail that the report
    returns or answers.
    """

    recipients: tuple[str, ...]
    status: str
    about: About
    diagnostic: str = ""
    original_message_id: str = ""


class Absence(NamedTuple):
    """How long somebody is away.

    `until` is the day of return or the last day of the absence, whichever the note names. It is
    None if the note names no day, and if the day is more than 60 days off: then `is_too_long` is
    set, and `named_day` still has the day, for the question to a person.
    """

    until: date | None = None
    is_too_long: bool = False
    named_day: date | None = None
