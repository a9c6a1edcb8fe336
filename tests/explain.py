"""How the database runs a query."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction


def explain(sql: str, parameters: Any) -> str:
    """Return the steps of a query, a line each; on PostgreSQL as if the tables were large."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{sql}", parameters
        )
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
