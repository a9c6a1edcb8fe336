from __future__ import annotations

from typing import Any

from django.db import migrations


def remove_notices(apps: Any, schema_editor: Any) -> None:
    """The watch over the health tells of a public page that is down; nothing would ever end the rows of this kind."""
    apps.get_model("reminders", "Incident").objects.filter(kind="public_page_down").delete()


class Migration(migrations.Migration):
    dependencies = [("reminders", "0004_list_order")]

    changes_data = {"reminders_incident"}

    operations = [migrations.RunPython(remove_notices, migrations.RunPython.noop, elidable=True)]
