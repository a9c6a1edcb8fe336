from __future__ import annotations

from typing import Any

from django.db import migrations

from stats import triggers


def install(apps: Any, schema_editor: Any) -> None:
    triggers.install()


def uninstall(apps: Any, schema_editor: Any) -> None:
    triggers.uninstall()


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0001_initial"),
        ("offers", "0001_initial"),
        ("feedback", "0004_dismissed_answers"),
        ("reminders", "0001_initial"),
    ]
    operations = [migrations.RunPython(install, uninstall)]
