"""When the import runs."""

from __future__ import annotations

from crm.core.schedules import Job

SCHEDULES = [Job("import_offers", "* * * * *")]
