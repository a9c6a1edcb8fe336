"""Alarms: the admins get one mail when a health check fails and one when it succeeds again.

A timer of the operating system runs them, not the queue, because the queue may be what has failed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage

from crm.core.health import Finding
from crm.core.mail_backend import EmailBackend
from crm.core.smtp import Server
from crm.operations.alarm_state import Problem, load_problems, save_problems
from crm.operations.health import DATABASE, examine

logger = logging.getLogger(__name__)

# A problem must exist at two checks, 5 minutes apart, so that a connection that is lost for a
# minute causes no alarm.
TOLD_AFTER = timedelta(minutes=4)


def watch(now: datetime, *, told_after: timedelta = TOLD_AFTER) -> str:
    """Run all health checks and mail the admins new and solved problems; return the sums."""
    failed = [finding for finding in examine(now, outside=True) if not finding.is_ok]
    _looked_at, known = load_problems()
    problems, over = _compare(known, failed, now)
    begun = []
    for problem in problems:
        if problem.told_at is None and now - problem.since >= told_after:
            begun.append(problem)
    if (begun or over) and _send_alarm(begun, over):
        for problem in begun:
            problems.remove(problem)
            problems.append(replace(problem, told_at=now))
    else:
        # The next check mails what this one could not mail.
        problems += over
        begun = over = []
    save_problems(now, problems)
    return (
        f"Done, {len(problems)} problems, {len(begun)} mailed as begun, {len(over)} mailed as over."
    )


def _compare(
    known: list[Problem], failed: list[Finding], now: datetime
) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that exist now, and those that are over and were mailed."""
    problems = {}
    for finding in failed:
        problems[finding.name] = Problem(finding.name, finding.detail, now)
    over = []
    for old in known:
        if old.name in problems:
            problems[old.name] = replace(old, detail=problems[old.name].detail)
        elif DATABASE in problems:
            # Checks that did not run keep their last result.
            problems[old.name] = old
        elif old.told_at is not None:
            over.append(old)
    return list(problems.values()), over


def _send_alarm(begun: list[Problem], over: list[Problem]) -> bool:
    """Mail the admins; return whether a mail server accepted it."""
    recipients = [address for _name, address in settings.ADMINS]
    if not recipients:
        logger.warning("The alarm could not be mailed: set ADMINS.")
        return False
    subject, text = _subject(begun, over), _text(begun, over)
    message = EmailMessage(subject, text, settings.SERVER_EMAIL, recipients)
    for server in _servers():
        if EmailBackend(fail_silently=True, server=server).send_messages([message]):
            return True
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
