from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import environ
from django.core.management.base import BaseCommand, CommandError

from crm.operations.database_move import MovingError, move_database


class Command(BaseCommand):
    help = (
        "Copy everything into another, empty database, such as PostgreSQL. "
        "Stop the web server and the worker first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", required=True, metavar="URL", help="postgres://user:password@host:5432/name"
        )

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            counts = move_database(environ.Env.db_url_config(options["to"]))
        except MovingError as error:
            raise CommandError(str(error)) from error
        for table, count in sorted(counts.items()):
            self.stdout.write(f"{count:>9} {table}")
        return (
            f"Done, {sum(counts.values())} rows in {len(counts)} tables were copied and compared."
            " Now set DATABASE_URL to the new one, and start the web server and the worker."
            " The old database is unchanged; keep it for a while."
        )
