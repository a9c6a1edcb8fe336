"""Runs under the office profile: `sync_feedback` in one process after another, each killed at a
moment.

`python -m tests.feedback.dying_office SEED MOMENT…` prints how many were killed. The moments are
those of MOMENTS.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any

from crm import profile

MOMENTS = ["asking", "asked", "storing", "stored", "acknowledged", "registered"]


def main() -> None:
    profile.load()
    import django

    django.setup()
    dice = random.Random(int(sys.argv[1]))
    killed = 0
    for moment in sys.argv[2:]:
        nth = dice.randint(1, 3)
        child = os.fork()
        if child == 0:
            run(moment, nth)
        _pid, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(killed)


def run(moment: str, nth: int) -> None:
    """Sync in small pages until the moment has come for the nth time, and die in it; never
    returns.
    """
    from django.core.management import call_command

    from feedback import wire
    from feedback.backoffice import receive, sync
    from feedback.backoffice.api_client import ApiClient

    wire.MAX_FEEDBACKS, wire.MAX_INVITATIONS = 2, 2
    place, name, is_before = {
        "asking": (ApiClient, "get_feedbacks", True),
        "asked": (ApiClient, "get_feedbacks", False),
        # The answers are written, what follows from them is not, and nothing is committed.
        "storing": (receive, "store_received", False),
        "stored": (sync, "receive_page", False),
        "acknowledged": (ApiClient, "acknowledge", False),
        "registered": (ApiClient, "put_invitations", False),
    }[moment]
    setattr(place, name, dying(getattr(place, name), nth, is_before=is_before))
    call_command("sync_feedback")
    os._exit(0)


def dying(function: Callable[..., Any], nth: int, *, is_before: bool) -> Callable[..., Any]:
    left = nth

    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **keywords)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


if __name__ == "__main__":
    main()
