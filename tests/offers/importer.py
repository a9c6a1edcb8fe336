"""A process that imports on request and lets itself be killed: `python -m tests.offers.importer`.

Reads lines of `point count folder`, one import each, in a forked child that kills itself with
SIGKILL when it comes to the point for the given time; answers `killed` or `done`. `race 2 folder`
starts as many importers at once; of several folders, with `|` between them, each takes the next.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

BATCH_SIZE = 4
# Where the child dies: module, what is called there, and whether after the call. In the order of an
# import: before the transaction, in it before each kind of row, at its end, after it, while a copy
# is made.
POINTS = {
    "before_transaction": ("offers.mail_import.store", "store_batch", False),
    "before_offers": ("offers.mail_import.store", "store_offers", False),
    "before_log": ("offers.mail_import.store", "_Batch._write_rows", False),
    "before_kept": ("offers.mail_import.store", "keep_messages", False),
    "before_matching": ("offers.mail_import.store", "find_received", False),
    "before_commit": ("crm.backoffice.changes", "follow_changes", True),
    "after_commit": ("__main__", "note_stored", False),
    "in_archive": ("offers.mail_import.archive", "os.replace", False),
}


def note_stored(_row: object) -> None:
    """Called for each log entry after its batch was committed."""


def die_at(point: str, count: int) -> None:
    module, path, afterwards = POINTS[point]
    *parents, name = path.split(".")
    place: Any = import_module(module)
    for parent in parents:
        place = getattr(place, parent)
    real: Callable[..., Any] = getattr(place, name)
    calls = 0

    def dying(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and not afterwards:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **options)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(place, name, dying)


def start(act: Callable[[], None], path: str) -> int:
    """Import a folder in a child; return its process id."""
    child = os.fork()
    if child:
        return child
    try:
        store: Any = import_module("offers.mail_import.store")
        run: Any = import_module("offers.mail_import.run")
        changes: Any = import_module("crm.backoffice.changes")
        folders = import_module("offers.models").MailFolder.objects
        store.BATCH_SIZE = BATCH_SIZE
        act()
        run.import_folders(
            folders.filter(path=path),
            after_store=changes.follow_changes,
            on_stored=note_stored,
        )
        os._exit(0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def finish(child: int) -> str:
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return "done" if status == 0 else "failed"


def main() -> None:
    django.setup()
    # What every import would load for itself.
    for name in (
        "offers.mail_import.run",
        "feedback.backoffice.links",
        "reminders.services",
        "holidays.countries",
    ):
        import_module(name)
    for line in sys.stdin:
        point, count, path = line.rstrip("\n").split(" ", 2)
        if point == "race":
            paths = path.split("|")
            children = [
                start(lambda: None, paths[number % len(paths)]) for number in range(int(count))
            ]
            print(*{finish(child) for child in children}, flush=True)
        elif point == "none":
            print(finish(start(lambda: None, path)), flush=True)
        else:
            print(finish(start(lambda p=point, c=int(count): die_at(p, c), path)), flush=True)  # type: ignore[misc]


if __name__ == "__main__":
    main()
