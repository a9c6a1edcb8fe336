"""Real runs of `send_reminders` that kill themselves with SIGKILL at a named point.

A process that has loaded Django once forks a child per run, so that a thousand kills take minutes.
It is started with the environment of the tests and driven over pipes: each line on standard input
is `POINT COUNT NOW`, and the answer is the exit status of the child. `together COUNT NOW` lets so
many children run at once and answers how many mails each sent. Nothing in the product knows of
this.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import date, datetime
from typing import Any

import django

POINTS = (
    "before claim",
    "inside claim",
    "after claim",
    "after rendering",
    "after MAIL and RCPT",
    "before mark",
    "after mark",
    "before DATA",
    "after DATA",
    "half the body",
    "after body",
    "after final reply",
    "inside record",
    "after record",
    "inside planning",
    "after planning",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fuse:
    """Burns down at the `count`-th time the point is passed."""

    def __init__(self, point: str, count: int) -> None:
        self.point, self.count = point, count

    def pass_by(self, point: str) -> None:
        if point == self.point:
            self.count -= 1
            if self.count <= 0:
                die()


def wrap(owner: Any, name: str, fuse: Fuse, *, before: str = "", after: str = "") -> None:
    original = getattr(owner, name)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        fuse.pass_by(before)
        result = original(*arguments, **options)
        fuse.pass_by(after)
        return result

    setattr(owner, name, wrapped)


def arm(fuse: Fuse) -> None:
    """Put the fuse into the real code."""
    from crm.core import smtp, smtp_replies
    from reminders import planning
    from reminders.sending import claim, mark, run

    wrap(run, "claim_mail", fuse, before="before claim", after="after claim")
    wrap(claim, "_keep_message_id", fuse, before="inside claim")
    wrap(run, "build_message", fuse, after="after rendering")
    wrap(run, "mark_transmitting", fuse, before="after MAIL and RCPT", after="after mark")
    wrap(mark, "durable_commits", fuse, after="before mark")
    wrap(smtp.Connection, "send", fuse, after="after final reply")
    wrap(mark, "mark_mailed", fuse, before="inside record")
    wrap(run, "record_result", fuse, after="after record")
    wrap(planning, "store_decisions", fuse, after="inside planning")
    wrap(run, "plan_offer_ids", fuse, after="after planning")
    send = smtp_replies.StrictSmtp.send

    def send_and_die(self: Any, content: Any) -> None:
        if isinstance(content, bytes) and b"\r\n.\r\n" in content:
            if fuse.point == "half the body" and fuse.count <= 1:
                send(self, content[: len(content) // 2])
            fuse.pass_by("half the body")
            send(self, content)
            fuse.pass_by("after body")
        elif content == b"data\r\n":
            fuse.pass_by("before DATA")
            send(self, content)
            fuse.pass_by("after DATA")
        else:
            send(self, content)

    smtp_replies.StrictSmtp.send = send_and_die


def run_once(now: datetime | None, fuse: Fuse | None = None) -> int:
    """Return how many mails the run sent."""
    from django.utils import timezone

    from reminders.sending.run import send_due

    if fuse is not None:
        arm(fuse)
    return send_due(timezone.now if now is None else lambda: now).sent


def run_together(count: int, now: datetime | None) -> list[int]:
    """Let so many children start at the same moment; return how many mails each sent."""
    start, go = os.pipe()
    result, say = os.pipe()
    children = []
    for _ in range(count):
        children.append(os.fork())
        if children[-1] == 0:
            os.close(go)
            os.read(start, 1)
            os.write(say, b"%d " % run_once(now))
            os._exit(0)
    for end in (go, start, say):
        os.close(end)
    with os.fdopen(result) as results:
        counts = [int(word) for word in results.read().split()]
    for child in children:
        os.waitpid(child, 0)
    return counts


def fork_and_wait(point: str, count: int, now: datetime | None) -> int:
    """Return the exit status of one run in a child."""
    child = os.fork()
    if child == 0:
        try:
            run_once(now, Fuse(point, count))
        finally:
            os._exit(0)
    return wait(child, kill_after=count / 1000 if point == "timer" else None)


def wait(child: int, *, kill_after: float | None) -> int:
    """Return the exit status of the child, killing it after so many seconds."""
    deadline = time.monotonic() + (kill_after or 0)
    while kill_after is not None and time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.002)
    if kill_after is not None:
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main() -> None:
    django.setup()
    import reminders.sending.run  # noqa: F401 - loaded once for all children
    from crm.core.working_days import build_calendar

    build_calendar("DE", "").is_working_day(date(2026, 9, 15))

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        point, count, clock = line.rstrip("\n").split("\t")
        now = datetime.fromisoformat(clock) if clock else None
        if point == "together":
            answer = " ".join(map(str, run_together(int(count), now)))
        else:
            answer = str(fork_and_wait(point, int(count), now))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
