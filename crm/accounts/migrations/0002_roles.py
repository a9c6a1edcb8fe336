from __future__ import annotations

from typing import Any

from django.db import migrations

from crm.accounts.roles import setup_roles


def make_roles(apps: Any, schema_editor: Any) -> None:
    setup_roles()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("core", "0001_initial"),
        ("offers", "0001_initial"),
        ("feedback", "0001_initial"),
        ("reminders", "0001_initial"),
        ("stats", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
