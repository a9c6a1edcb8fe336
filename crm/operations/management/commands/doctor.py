from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.operations.health import examine


class Command(BaseCommand):
    help = "Run all health checks: one line per check. Ends with 1 when one has failed."

    def handle(self, *args: Any, **options: Any) -> str:
        failed = total = 0
        for finding in examine(timezone.now(), outside=True, advice=True):
            total += 1
            mark = self.style.SUCCESS("ok  ")
            if not finding.is_ok:
                failed += 1
                mark = self.style.ERROR("FAIL")
            self.stdout.write(f"{mark} {finding.name}: {finding.detail}")
        if failed:
            words = _("%(failed)s of %(total)s checks failed.")
            raise CommandError(words % {"failed": failed, "total": total})
        return _("Done, all %s checks passed.") % total
