"""Alarms: what the health checks find is mailed to the admins, once when it begins and once when it
is over.

A timer of the operating system runs them, not the queue, because the queue may be what has failed.
What the admins were told is kept in a small file, because the database may be, too.
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

from crm.core.health import Finding
from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome
from crm.operations.alarm_state import Problem, load_problems, save_problems
from crm.operations.health import DATABASE, examine

logger = logging.getLogger(__name__)

# A problem must be there at two checks, so that a connection that is lost for a minute alarms
# nobody. Checks are 5 minutes apart.
TOLD_AFTER = timedelta(minutes=4)


@dataclass(frozen=True)
class WatchResult:
    """What one health check did: the problems that exist, and the names of those that the admins
    were told as begun and as over.
    """

    problems: list[Problem]
    begun: list[str]
    over: list[str]

    def describe(self) -> str:
        """Return one sentence of sums."""
        begun, over = len(self.begun), len(self.over)
        return f"Done, {len(self.problems)} problems, {begun} told as begun, {over} told as over."


def watch(now: datetime, *, told_after: timedelta = TOLD_AFTER) -> WatchResult:
    """Run all health checks, mail the admins what began and what is over, and keep it in
    `settings.HEALTH_FILE`.

    What cannot be mailed is mailed after a later check.
    """
    failed = [finding for finding in examine(now, outside=True) if not finding.is_ok]
    _looked_at, known = load_problems()
    problems, over = _compare(known, failed, now)
    begun = [p for p in problems if p.told_at is None and now - p.since >= told_after]
    over_and_told = [problem for problem in over if problem.told_at is not None]
    if (begun or over_and_told) and send_alarm(begun, over_and_told):
        told = [replace(problem, told_at=now) for problem in begun]
        problems = [problem for problem in problems if problem not in begun] + told
    else:
        problems += over_and_told
        begun = over_and_told = []
    save_problems(now, problems)
    return WatchResult(problems, [p.name for p in begun], [p.name for p in over_and_told])


def _compare(
    known: list[Problem], failed: list[Finding], now: datetime
) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that exist now and those that are over."""
    problems = {}
    for finding in failed:
        problems[finding.name] = Problem(finding.name, finding.detail, now)
    over = []
    for old in known:
        if old.name in problems:
            problems[old.name] = replace(old, detail=problems[old.name].detail)
        elif DATABASE in problems:
            # Most checks did not run: what was wrong is taken to be wrong still.
            problems[old.name] = old
        else:
            over.append(old)
    return list(problems.values()), over


def send_alarm(begun: list[Problem], over: list[Problem]) -> bool:
    """Mail the admins; return whether a mail server accepted it. `ALARM_EMAIL_URL` is tried first,
    where it is set.
    """
    recipients = [address for _name, address in settings.ADMINS]
    if not recipients:
        logger.warning("The alarm could not be mailed: set ADMINS.")
        return False
    message = EmailMessage(
        _subject(begun, over), _text(begun, over), settings.SERVER_EMAIL, recipients
    )
    return any(_send(message, server) for server in _servers())


def _send(message: EmailMessage, server: Server) -> bool:
    sender = parseaddr(message.from_email)[1]
    try:
        with Connection(server) as connection:
            result = connection.send(sender, message.recipients(), message.message().as_bytes())
        if result.outcome is SendOutcome.ACCEPTED:
            return True
        reason = f"{result.stage} {result.code}"
    except (OSError, smtplib.SMTPException) as error:
        reason = type(error).__name__
    logger.warning("The mail server %s did not accept the alarm: %s", server.host, reason)
    return False


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
    paragraphs = []
    for problem in begun:
        since = f"{problem.since:%Y-%m-%d %H:%M} UTC"
        paragraphs.append(f"{problem.name}: {problem.detail} (since {since})")
    for problem in over:
        paragraphs.append(f"{problem.name}: it is over.")
    paragraphs.append(
        "You get one mail when a problem begins and one when it is over. "
        "`python manage.py doctor` shows everything."
    )
    return "\n\n".join(paragraphs)
