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
            contents = move_database(environ.Env.db_url_config(options["to"]))
        except MovingError as error:
            raise CommandError(str(error)) from error
        for table, content in sorted(contents.items()):
            self.stdout.write(f"{content.count:>9} {content.digest[:12]} {table}")
        rows = sum(content.count for content in contents.values())
        return (
            f"Done, {rows} rows in {len(contents)} tables were copied and compared."
            " Now set DATABASE_URL to the new one, and start the web server and the worker."
            " The old database is unchanged; keep it for a while."
        )
