"""Triggers that note which offers' figures or words may have changed, whoever writes: services,
admin, SQL.

SQLite drops the triggers of a table that a migration rebuilds; `find_missing` sees that, and the
next refresh installs them again and counts everything anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

EVENTS = ("insert", "update", "delete")


@dataclass(frozen=True)
class Watch:
    """A table, the SQL that names the offers of a {row}, the columns that matter, which rows do,
    and the events.
    """

    table: str
    offers: str
    columns: str
    rows: str = ""
    events: tuple[str, ...] = EVENTS


_OF_OFFER = "SELECT {row}.offer_id"
# A change of a customer is noted by the customer's id with a minus before it. A trigger that looked
# up the offers would keep SQLite from renaming their table, which is how migrations change one.
WATCHES = (
    Watch(
        "offers_offer",
        "SELECT {row}.id",
        "number, subject, first_sent_at, status, status_at, status_channel, amount, currency, customer_id,"
        " salesperson_id",
    ),
    Watch(
        "feedback_answer",
        _OF_OFFER,
        "offer_id, kind, reason_id, seller_reason_id, dismissed_at, answered_at",
    ),
    Watch("reminders_reminder", _OF_OFFER, "offer_id, state, sent_at", "{row}.state = 'sent'"),
    Watch(
        "offers_customer",
        "SELECT -{row}.id",
        "email, name, company",
        events=("update",),
    ),
)


def _name(watch: Watch, event: str) -> str:
    return f"stats_{watch.table}_{event}"


def names() -> set[str]:
    return {_name(watch, event) for watch in WATCHES for event in watch.events}


def find_missing() -> set[str]:
    """Return the names of the triggers that the database lacks."""
    catalogue = (
        "pg_trigger WHERE NOT tgisinternal AND tgname"
        if _is_postgres()
        else "sqlite_master WHERE name"
    )
    column = "tgname" if _is_postgres() else "name"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {catalogue} LIKE 'stats%%'", [])  # noqa: S608 - constants
        return names() - {row[0] for row in cursor.fetchall()}


def install() -> None:
    """Create all triggers; those that are there stay."""
    missing = find_missing()
    with connection.cursor() as cursor:
        for watch in WATCHES:
            for event in watch.events:
                if _name(watch, event) in missing:
                    for statement in _statements(watch, event):
                        cursor.execute(statement)


def uninstall() -> None:
    """Drop all triggers."""
    with connection.cursor() as cursor:
        for watch in WATCHES:
            for event in watch.events:
                table = f" ON {watch.table}" if _is_postgres() else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(watch, event)}{table}")


def _statements(watch: Watch, event: str) -> list[str]:
    """Return the SQL of one trigger. An update notes both offers where a row moved from one to
    another.
    """
    sides = {"insert": ["NEW"], "update": ["NEW", "OLD"], "delete": ["OLD"]}[event]
    note = "INSERT INTO stats_offerchange (offer_id) " + " UNION ".join(
        watch.offers.format(row=side) for side in sides
    )
    name = _name(watch, event)
    which = (
        " OR ".join(f"({watch.rows.format(row=side)})" for side in sides) if watch.rows else "TRUE"
    )
    if _is_postgres():
        return _postgres_statements(watch, event, name, which, note)
    columns = f" OF {watch.columns}" if event == "update" else ""
    head = f"CREATE TRIGGER {name} AFTER {event.upper()}{columns} ON {watch.table} FOR EACH ROW WHEN {which}"
    return [f"{head} BEGIN {note}; END"]


def _postgres_statements(watch: Watch, event: str, name: str, which: str, note: str) -> list[str]:
    """Return the function and the trigger. The condition stands in the function, where no column
    depends on it.

    PostgreSQL refuses a migration that changes the type of a column which a trigger itself names.
    """
    sides = [
        ", ".join(f"{side}.{column.strip()}" for column in watch.columns.split(","))
        for side in ("OLD", "NEW")
    ]
    update = f"({sides[0]}) IS DISTINCT FROM ({sides[1]})"
    condition = f"({which}) AND {update}" if event == "update" else which
    function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
    return [
        f"{function} $$ BEGIN IF {condition} THEN {note}; END IF; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER {event.upper()} ON {watch.table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"
