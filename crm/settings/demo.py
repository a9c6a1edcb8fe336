"""The office with the demo's own commands. Only `make demo` uses it: a real office has no
`demo_data`.
"""

from __future__ import annotations

from crm.settings.office import *  # noqa: F403
from crm.settings.office import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "crm.demo"]
