"""The office with the commands of the demo, which a real office must not have."""

from __future__ import annotations

from crm.settings.office import *  # noqa: F403
from crm.settings.office import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "crm.demo"]
