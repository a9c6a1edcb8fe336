from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.operations.person_archive import build_archive
from crm.operations.privacy import export_person


class Command(BaseCommand):
    help = "Write all that is stored about a person into a ZIP file, as JSON and as a page to read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("file", type=Path, help="the ZIP file to write")

    def handle(self, *args: Any, **options: Any) -> str:
        sections = export_person(options["email"])
        if sections is None:
            raise CommandError("There is no customer with this address.")
        options["file"].write_bytes(build_archive(sections))
        return (
            f"Done, {options['file']} has all that is stored about the person. "
            "Do not send it by unencrypted mail."
        )
