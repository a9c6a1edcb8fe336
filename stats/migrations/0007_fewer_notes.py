"""A reminder that is claimed, marked or planned again changes no figure: only those that were sent are noted."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from stats import triggers


def reinstall(apps: Any, schema_editor: Any) -> None:
    """Put the new triggers in the place of the old ones. Where some are lost, the next refresh must count all anew."""
    were_whole = not triggers.find_missing()
    triggers.uninstall()
    if were_whole:
        triggers.install()


class Migration(migrations.Migration):
    dependencies = [("stats", "0006_seller_index_covers")]
    operations = [migrations.RunPython(reinstall, migrations.RunPython.noop)]
