"""The story of an offer: what happened to it, one event per line. Each layer adds its own events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """One thing that happened to an offer.

    `at` is aware; `title` says what happened and `detail` adds words to it, both for a salesperson. `kind` groups
    events for their look: mail, follow_up, reply, automatic, bounce, reminder, answer, status, pause, note. `url` leads
    to the page with all of it, or is empty.
    """

    at: datetime
    title: str
    detail: str = ""
    kind: str = "mail"
    url: str = ""


def sort_events(events: Iterable[Event]) -> list[Event]:
    """Return the events newest first; those of one moment keep their order."""
    return sorted(events, key=lambda event: event.at, reverse=True)
