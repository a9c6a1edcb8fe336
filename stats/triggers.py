"""Triggers that note which offers' figures may have changed, whoever writes: services, admin, bulk updates, SQL.

SQLite drops the triggers of a table that a migration rebuilds; `find_missing` sees that, and the next refresh installs
them again and counts everything anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Watch:
    """A table, its column with the offer's id, the columns that matter to a count, and which new rows do."""

    table: str
    offer: str
    columns: str
    new_rows: str = ""


WATCHES = (
    Watch("offers_offer", "id", "first_sent_at, status, status_at, status_channel, amount, currency"),
    Watch("feedback_answer", "offer_id", "offer_id, kind, reason_id, seller_reason_id, dismissed_at, answered_at"),
    Watch("reminders_reminder", "offer_id", "offer_id, state, sent_at", "NEW.state = 'sent'"),
)
EVENTS = ("insert", "update", "delete")


def _name(watch: Watch, event: str) -> str:
    return f"stats_{watch.table}_{event}"


def names() -> set[str]:
    return {_name(watch, event) for watch in WATCHES for event in EVENTS}


def find_missing() -> set[str]:
    """Return the names of the triggers that the database lacks."""
    catalogue = "pg_trigger WHERE NOT tgisinternal AND tgname" if _is_postgres() else "sqlite_master WHERE name"
    column = "tgname" if _is_postgres() else "name"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {catalogue} LIKE 'stats%%'", [])  # noqa: S608 - constants
        return names() - {row[0] for row in cursor.fetchall()}


def install() -> None:
    """Create all triggers; those that are there stay."""
    missing = find_missing()
    with connection.cursor() as cursor:
        for watch in WATCHES:
            for event in EVENTS:
                if _name(watch, event) in missing:
                    for statement in _statements(watch, event):
                        cursor.execute(statement)


def uninstall() -> None:
    """Drop all triggers."""
    with connection.cursor() as cursor:
        for watch in WATCHES:
            for event in EVENTS:
                table = f" ON {watch.table}" if _is_postgres() else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(watch, event)}{table}")


def _statements(watch: Watch, event: str) -> list[str]:
    """Return the SQL of one trigger. An update notes both offers where a row moved from one to another."""
    sides = {"insert": ["NEW"], "update": ["NEW", "OLD"], "delete": ["OLD"]}[event]
    note = "INSERT INTO stats_offerchange (offer_id) " + " UNION ".join(f"SELECT {s}.{watch.offer}" for s in sides)
    when = f" WHEN ({watch.new_rows})" if watch.new_rows and event == "insert" else ""
    columns = f" OF {watch.columns}" if event == "update" else ""
    name = _name(watch, event)
    head = f"CREATE TRIGGER {name} AFTER {event.upper()}{columns} ON {watch.table} FOR EACH ROW{when}"
    if not _is_postgres():
        return [f"{head} BEGIN {note}; END"]
    function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
    return [f"{function} $$ BEGIN {note}; RETURN NULL; END $$", f"{head} EXECUTE FUNCTION {name}()"]


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"
