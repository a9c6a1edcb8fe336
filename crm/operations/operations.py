"""The type of a profile's lists: health checks, pruners, steps after a restore.

The lists themselves are in `office.py` and `public.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings

from crm.core.health import Check


@dataclass(frozen=True)
class Operations:
    """The lists of one profile: `crm.operations.office` or `crm.operations.public`."""

    # Check the database and this machine. Fast enough for a page that is requested every minute.
    checks: Sequence[Check]
    # Delete what is too old. Called with `now` and `dry_run`; return one sentence.
    pruners: Sequence[Callable[..., str]]
    # Check other machines: for the alarms and `doctor`.
    outside_checks: Sequence[Check] = ()
    # Check what other people have to set up: only for `doctor`.
    advice: Sequence[Check] = ()
    # Called after a restore, because the backup lacks what happened since; return one sentence.
    after_restore: Sequence[Callable[[], str]] = ()


def get_operations() -> Operations:
    """Return the lists of the profile that `settings.OPERATIONS` names."""
    # Neither machine has the packages and models of the other one.
    if settings.OPERATIONS == "office":
        from crm.operations import office  # noqa: PLC0415

        return office.OPERATIONS
    from crm.operations import public  # noqa: PLC0415

    return public.OPERATIONS
