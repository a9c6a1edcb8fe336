"""Alarms: what the health checks find is mailed to the admins, once when it begins and once when it
ends.

A timer of the operating system runs them, not the queue, since the queue is one of the things that
may stand still. What is known of the problems lies in a small file, not in the database, which is
another one.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from crm.core.alarm_state import Problem, recall, remember
from crm.core.health import DATABASE, examine
from crm.core.smtp import Connection, Outcome, Server

logger = logging.getLogger(__name__)

# A problem must be there at two looks, so that a line that is cut for a minute wakes nobody. Looks
# are 5 minutes apart.
TOLD_AFTER = timedelta(minutes=4)


@dataclass(frozen=True)
class Watched:
    """What one look did: problems that are there, and names of those told as begun and as over."""

    problems: list[Problem]
    begun: list[str]
    over: list[str]


def watch(now: datetime, *, patience: timedelta = TOLD_AFTER) -> Watched:
    """Look at everything, tell the admins of what began and what is over, and remember it in
    `settings.HEALTH_FILE`.

    What cannot be mailed is not lost: it is told at the next look that can.
    """
    known = {problem.name: problem for problem in recall()[1]}
    failed = {finding.name: finding for finding in examine(now, outside=True) if not finding.is_ok}
    # Without its database the office cannot say how the rest is doing: what was wrong stays wrong.
    gone = (
        []
        if DATABASE in failed
        else [problem for name, problem in known.items() if name not in failed]
    )
    kept = {name: problem for name, problem in known.items() if problem not in gone}
    fresh = {
        name: Problem(name, finding.detail, now)
        for name, finding in failed.items()
        if not finding.is_told
    }
    problems = kept | {
        name: replace(kept[name], detail=problem.detail) if name in kept else problem
        for name, problem in fresh.items()
    }
    begun = [p for p in problems.values() if p.told_at is None and now - p.since >= patience]
    over = [problem for problem in gone if problem.told_at is not None]
    if (begun or over) and tell(begun, over):
        problems |= {problem.name: replace(problem, told_at=now) for problem in begun}
    else:
        problems |= {problem.name: problem for problem in over}
        begun = over = []
    remember(now, list(problems.values()))
    return Watched(list(problems.values()), [p.name for p in begun], [p.name for p in over])


def tell(begun: list[Problem], over: list[Problem]) -> bool:
    """Mail the admins; return whether a mail server took it. Tries `ALARM_EMAIL_URL` first, where
    there is one.
    """
    message = EmailMessage(
        _subject(begun, over), _text(begun, over), settings.SERVER_EMAIL, _admins()
    )
    if not message.to:
        logger.warning("Nobody can be told: set ADMINS.")
        return False
    for server in _servers():
        try:
            with Connection(server) as connection:
                result = connection.send(
                    parseaddr(message.from_email)[1],
                    message.recipients(),
                    message.message().as_bytes(),
                )
            if result.outcome is Outcome.ACCEPTED:
                return True
            problem = f"{result.stage} {result.code}"
        except (OSError, smtplib.SMTPException) as error:
            problem = type(error).__name__
        logger.warning("The alarm was not taken by mail server %s: %s", server.host, problem)
    return False


def _admins() -> list[str]:
    return [address for _name, address in settings.ADMINS]


def _servers() -> Iterator[Server]:
    if url := settings.ALARM_EMAIL:
        yield Server(
            host=url["EMAIL_HOST"],
            port=int(url["EMAIL_PORT"] or 25),
            user=url["EMAIL_HOST_USER"] or "",
            password=url["EMAIL_HOST_PASSWORD"] or "",
            use_tls=bool(url.get("EMAIL_USE_TLS")),
            use_ssl=bool(url.get("EMAIL_USE_SSL")),
        )
    yield Server.from_settings()


def _subject(begun: list[Problem], over: list[Problem]) -> str:
    names = ", ".join(problem.name for problem in begun or over)
    return f"Nachfass alarm: {names}" if begun else f"Nachfass, over: {names}"


def _text(begun: list[Problem], over: list[Problem]) -> str:
    lines = [
        f"{problem.name}: {problem.detail} (since {problem.since:%Y-%m-%d %H:%M} UTC)"
        for problem in begun
    ]
    lines += [f"{problem.name}: it is over." for problem in over]
    closing = "You get one mail when a problem begins and one when it ends. `python manage.py doctor` shows everything."
    return "\n\n".join([*lines, closing])
