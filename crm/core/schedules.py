"""The schedules of the office: each app lists its jobs in its own `schedules.py` as `SCHEDULES`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule


@dataclass(frozen=True)
class Job:
    """When the command `name` runs: a cron expression in local time.

    Keep fixed times out of 02:00 to 03:00, which happens twice on the day summer time ends.
    """

    name: str
    cron: str


SCHEDULES = [Job("heartbeat", "* * * * *")]


def find_jobs() -> Iterator[Job]:
    """Yield the jobs of all installed apps, in the order of INSTALLED_APPS."""
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "schedules"):
            yield from getattr(import_module(f"{config.name}.schedules"), "SCHEDULES", [])
