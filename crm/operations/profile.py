"""Which operations this machine has."""

from __future__ import annotations

from django.conf import settings

from crm.operations.operations import Operations


def get_operations() -> Operations:
    """Return the lists of the profile that `settings.OPERATIONS` names."""
    # Neither machine has the packages and models of the other one.
    if settings.OPERATIONS == "office":
        from crm.operations import office  # noqa: PLC0415

        return office.OPERATIONS
    from crm.operations import public  # noqa: PLC0415

    return public.OPERATIONS
