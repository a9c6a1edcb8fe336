"""System checks of what both halves share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from crm.core.clients import UNIX, is_network


@register()
def check_base_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without it no link can be made, and a wrong one would be mailed to customers."""
    address = urlsplit(settings.FEEDBACK_BASE_URL)
    if not settings.FEEDBACK_BASE_URL:
        hint = "Set it to the address that customers reach, such as https://feedback.example.com"
        return [checks.Warning("FEEDBACK_BASE_URL is not set.", hint=hint, id="core.W001")]
    if (
        address.scheme not in ("http", "https")
        or not address.netloc
        or address.query
        or address.fragment
    ):
        hint = "Write it with https:// and without anything behind the path, such as https://feedback.example.com"
        message = (
            f"FEEDBACK_BASE_URL is {settings.FEEDBACK_BASE_URL!r}, which is no address of a page."
        )
        return [Error(message, hint=hint, id="core.E001")]
    return []


@register()
def check_queue(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Two settings of Django-Q2 with which tasks were seen to run twice or break."""
    queue: dict[str, Any] = getattr(settings, "Q_CLUSTER", {})
    found: list[CheckMessage] = []
    if queue.get("sync") and "pytest" not in sys.modules:
        hint = "Remove it: `qcluster` with it corrupts the connections to PostgreSQL."
        found.append(Error("Q_CLUSTER has sync switched on.", hint=hint, id="core.E002"))
    if queue and queue.get("retry", 60) <= 2 * queue.get("timeout", 60):
        hint = "Make retry more than twice the timeout: its clock starts when a task is fetched, not when it starts."
        found.append(Error("Q_CLUSTER would run long tasks twice.", hint=hint, id="core.E003"))
    return found


@register(Tags.security)
def check_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """One that cannot be read fails at the first request."""
    hint = f"Write an address or a network, such as 127.0.0.1, or {UNIX} for a proxy that connects through a socket."
    return [
        Error(f"TRUSTED_PROXIES has {entry!r}.", hint=hint, id="core.E004")
        for entry in settings.TRUSTED_PROXIES
        if entry != UNIX and not is_network(entry)
    ]


@register(Tags.security, deploy=True)
def check_admins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Silence is noticed only when somebody is told."""
    if settings.ADMINS:
        return []
    hint = "Set ADMINS to one or more addresses, separated by commas."
    return [
        checks.Warning(
            "Nobody is told when something fails or stands still.", hint=hint, id="core.W002"
        )
    ]
