"""System checks of the settings that both profiles have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from crm.core.client_address import UNIX, is_network


@register()
def check_base_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that FEEDBACK_BASE_URL is a web address, because it is mailed to customers."""
    address = urlsplit(settings.FEEDBACK_BASE_URL)
    if not settings.FEEDBACK_BASE_URL:
        hint = "Set it to the address that customers reach, such as https://feedback.example.com"
        return [checks.Warning("FEEDBACK_BASE_URL is not set.", hint=hint, id="core.W001")]
    is_page = address.scheme in ("http", "https") and address.netloc
    if not is_page or address.query or address.fragment:
        hint = "Write it with https:// and without a query, such as https://feedback.example.com"
        value = settings.FEEDBACK_BASE_URL
        message = f"FEEDBACK_BASE_URL is {value!r}, which is not the address of a page."
        return [Error(message, hint=hint, id="core.E001")]
    return []


@register(Tags.database)
def check_database_version(
    app_configs: Sequence[AppConfig] | None,
    *,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Check that the database has no migrations that this code does not know."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        recorded = MigrationRecorder(connections[alias]).applied_migrations()
        known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
        labels = {label for label, _name in known}
        unknown = sorted(key for key in recorded if key[0] in labels and key not in known)
        if unknown:
            names = ", ".join(f"{label}.{name}" for label, name in unknown[:3])
            message = f"The database was made by another version of Nachfass ({names})."
            hint = (
                "Databases from before 0.1.0 cannot be taken over. The demo starts afresh with "
                "`make demo-reset`; for anything else name an empty database in DATABASE_URL, or "
                "restore the backup that goes with this version."
            )
            found.append(Error(message, hint=hint, id="core.E005"))
    return found


@register(Tags.security)
def check_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that TRUSTED_PROXIES has only addresses, networks and the word for a socket."""
    hint = (
        f"Write an address or a network, such as 127.0.0.1, or {UNIX} for a proxy that connects "
        "through a socket."
    )
    found: list[CheckMessage] = []
    for entry in settings.TRUSTED_PROXIES:
        if entry != UNIX and not is_network(entry):
            found.append(Error(f"TRUSTED_PROXIES has {entry!r}.", hint=hint, id="core.E004"))
    return found


@register(Tags.security, deploy=True)
def check_admins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that ADMINS has an address for the alarms."""
    if settings.ADMINS:
        return []
    hint = "Set ADMINS to one or more addresses, separated by commas."
    return [checks.Warning("ADMINS is empty: nobody gets the alarms.", hint=hint, id="core.W002")]
