from __future__ import annotations

from typing import Any

from django.db import Error, migrations, models, transaction

from stats import triggers


def create_index(apps: Any, schema_editor: Any) -> None:
    """Make the table in which offers are found by parts of words; without pg_trgm it is right, but slower."""
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


def drop_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE stats_offersearch")


def note_all(apps: Any, schema_editor: Any) -> None:
    """Watch the new columns, and have the next refresh read every offer."""
    triggers.uninstall()
    triggers.install()
    schema_editor.execute("INSERT INTO stats_offerchange (offer_id) SELECT id FROM offers_offer")


class Migration(migrations.Migration):
    dependencies = [("stats", "0003_wider_facts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create_index, drop_index)],
            state_operations=[
                migrations.CreateModel(
                    name="OfferSearch",
                    fields=[
                        ("offer_id", models.BigIntegerField(db_column="rowid", primary_key=True, serialize=False)),
                        ("words", models.TextField()),
                    ],
                    options={
                        "verbose_name": "searchable offer",
                        "verbose_name_plural": "searchable offers",
                        "default_permissions": (),
                    },
                )
            ],
        ),
        migrations.RunPython(note_all, migrations.RunPython.noop),
    ]
