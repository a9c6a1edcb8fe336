from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from crm.operations.catalogues import compile_catalogue, find_catalogues


class Command(BaseCommand):
    help = "Compile the project's translation catalogues. Needs no GNU gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> str:
        written = [compile_catalogue(path) for path in find_catalogues(settings.BASE_DIR)]
        return f"Done, {sum(written)} catalogues compiled, {len(written) - sum(written)} were up to date."
