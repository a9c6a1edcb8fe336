from __future__ import annotations

import pytest
from django.db import OperationalError, ProgrammingError, connection

from crm.core import prepared
from offers.models import Customer
from tests.make import make_customer

RENAME = "UPDATE offers_customer SET name = %s WHERE name = %s"


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_planned_once_and_says_how_many_rows_it_changed():
    for _ in range(3):
        make_customer(name="before")
    assert [prepared.execute(RENAME, ["50 % 'off'", "before"]) for _ in range(3)] == [3, 0, 0]
    assert set(Customer.objects.values_list("name", flat=True)) == {"50 % 'off'"}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'UPDATE offers_%%'"
            )
            assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_its_errors_are_those_of_django_and_its_statements_are_seen():
    seen: list[str] = []

    def look(execute, sql, *rest):
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(look), pytest.raises((ProgrammingError, OperationalError)):
        prepared.execute("UPDATE offers_nothing SET name = %s", [""])
    assert seen == ["UPDATE offers_nothing SET name = %s"]
    connection.close()
    assert prepared.execute(RENAME, ["after", "before"]) == 0, "over a new connection"
