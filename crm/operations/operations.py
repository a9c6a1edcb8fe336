"""What is run, checked, deleted and done after a restore on one machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm.core.health import Check


@dataclass(frozen=True)
class Job:
    """When the command `name` runs: a cron expression in local time.

    Keep fixed times out of 02:00 to 03:00, which happens twice on the day summer time ends.
    """

    name: str
    cron: str


@dataclass(frozen=True)
class Operations:
    """The lists of one profile. The office's stand in `crm.operations.office`, those of the VPS in
    `crm.operations.public`.
    """

    # Look at the database and this machine. Cheap enough for a page that is asked every minute.
    checks: Sequence[Check]
    # Delete what is too old. Called with `now` and `dry_run`; return one sentence.
    pruners: Sequence[Callable[..., str]]
    # Commands that the queue runs.
    jobs: Sequence[Job] = ()
    # Ask other machines: for the alarms and `doctor`.
    outside_checks: Sequence[Check] = ()
    # Look at what others have to set up: for `doctor` alone.
    advice: Sequence[Check] = ()
    # Called after a restore, because what happened since the backup is not in it; return one
    # sentence.
    after_restore: Sequence[Callable[[], str]] = ()
