from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from crm.operations.secrets import env_lines, make_secrets


class Command(BaseCommand):
    help = "Print fresh secrets for the env files of both machines. Changes nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> str:
        fresh = make_secrets()
        return (
            "# For the env file of the office. Keep a copy of FEEDBACK_SEALING_PRIVATE_KEY in a safe\n"
            "# place: without it nobody can read the comments of customers.\n"
            f"{env_lines(fresh.office)}"
            "\n# For the env file of the public service.\n"
            f"{env_lines(fresh.public)}"
        )
