from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from crm.operations.catalogues import compile_catalogue, find_catalogues


class Command(BaseCommand):
    help = "Compile the project's translation catalogues. Needs no GNU gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> str:
        compiled = total = 0
        for path in find_catalogues(settings.BASE_DIR):
            total += 1
            compiled += compile_catalogue(path)
        return f"Done, {compiled} catalogues compiled, {total - compiled} were up to date."
