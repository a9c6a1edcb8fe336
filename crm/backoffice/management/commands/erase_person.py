from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.operations.person_archive import describe_rest
from crm.operations.privacy import ErasureError, erase_person


class Command(BaseCommand):
    help = "Erase a person: names, addresses and words go, the figures stay. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> str:
        if not options["yes"]:
            answer = input(f"Erase {options['email']} for good? Type yes: ")
            if answer.strip() != "yes":
                raise CommandError("Nothing was changed.")
        try:
            erasure = erase_person(options["email"], now=timezone.now())
        except ErasureError as error:
            raise CommandError(str(error)) from error
        if erasure is None:
            raise CommandError("There is no customer with this address.")
        done = "Done, the person was erased and will not be written to again."
        return f"{done} {describe_rest(erasure)}".strip()
