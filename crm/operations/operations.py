"""What is checked, deleted and done after a restore on one machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings

from crm.core.health import Check


@dataclass(frozen=True)
class Operations:
    """The lists of one profile: `crm.operations.office` or `crm.operations.public`."""

    # Look at the database and this machine. Cheap enough for a page that is asked every minute.
    checks: Sequence[Check]
    # Delete what is too old. Called with `now` and `dry_run`; return one sentence.
    pruners: Sequence[Callable[..., str]]
    # Ask other machines: for the alarms and `doctor`.
    outside_checks: Sequence[Check] = ()
    # Look at what others have to set up: for `doctor` alone.
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
