from __future__ import annotations

from typing import Any

from django.db import Error, migrations, transaction

from stats import triggers


def create_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE stats_offersearch")
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.execute("CREATE VIRTUAL TABLE stats_offersearch USING fts5(words, tokenize='trigram', detail='none')")
        return
    schema_editor.execute("CREATE TABLE stats_offersearch (rowid bigint PRIMARY KEY, words text NOT NULL)")
    try:
        with transaction.atomic(schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except Error:
        return
    schema_editor.execute("CREATE INDEX stats_offersearch_words ON stats_offersearch USING gin (words gin_trgm_ops)")


def install(apps: Any, schema_editor: Any) -> None:
    triggers.install()


class Migration(migrations.Migration):
    dependencies = [("stats", "0001_initial"), ("offers", "0001_initial"), ("feedback", "0001_initial"), ("reminders", "0001_initial")]
    operations = [migrations.RunPython(create_index, migrations.RunPython.noop), migrations.RunPython(install, migrations.RunPython.noop)]
