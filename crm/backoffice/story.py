"""The story of an offer: what happened to it, one event per line. Each layer adds its own
events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of event it is. The value names an icon of the font that the theme brings."""

    MAIL = "mail"
    FOLLOW_UP = "forward_to_inbox"
    REPLY = "reply"
    AUTOMATIC = "autorenew"
    BOUNCE = "block"
    REMINDER = "send"
    ANSWER = "forum"
    NOTE = "edit_note"
    ACT = "person"


@dataclass(frozen=True)
class Event:
    """One thing that happened to an offer.

    `at` is aware; `title` says what happened and `detail` adds lines to it, both for a salesperson.
    `url` leads to the page with all of it, or is empty.
    """

    at: datetime
    title: str
    detail: str = ""
    kind: Kind = Kind.MAIL
    url: str = ""


def sort_events(events: Iterable[Event]) -> list[Event]:
    """Return the events newest first; those of one moment keep their order."""
    return sorted(events, key=lambda event: event.at, reverse=True)
