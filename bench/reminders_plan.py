"""Planning and finding what is due among many offers: `python -m bench.reminders_plan [offers …]`.

Stores offers of ten weeks, plans them all anew twice (first everything, then an ordinary night in
which nothing has changed), and asks for what is due with one in a hundred due. Prints seconds,
milliseconds and the peak of memory. On SQLite in a throw-away folder, on PostgreSQL where
DATABASE_URL names a database.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

SIZES = [10_000, 250_000]
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)


def fill(count: int) -> None:
    """Store open offers, one in eight customers, each with a link that works. Copies of one row, by
    SQL.
    """
    from django.db import connection

    from feedback import links
    from feedback.backoffice.models import Invitation
    from offers.models import Customer, Offer

    customers = max(10, count // 8)
    customer = Customer.objects.create(email="c0@kunde.example")
    offer = Offer.objects.create(
        number="A0",
        number_key="A0",
        customer=customer,
        subject="A0",
        sent_at=NOW,
        first_sent_at=NOW,
    )
    token = links.new_token()
    Invitation.objects.create(
        offer=offer,
        token=token,
        digest=links.digest(token),
        expires_at=NOW + timedelta(days=30),
        registered_at=NOW,
    )
    is_postgres = connection.vendor == "postgresql"
    minutes = f"(n * 7919) %% {70 * 24 * 60}"
    base = connection.ops.adapt_datetimefield_value(NOW)
    sent_at = f"datetime('{base}', '-' || ({minutes}) || ' minutes')"
    if is_postgres:
        sent_at = f"'{base}'::timestamptz - make_interval(mins => ({minutes})::int)"
    token_of = "md5(n::text)::uuid" if is_postgres else "printf('%%032x', n)"
    digest_of = "lpad(to_hex(n), 64, '0')" if is_postgres else "printf('%%064x', n)"
    text = {
        "number": "'A' || n",
        "number_key": "'A' || n",
        "subject": "'A' || n",
        "message_id": "'<' || n || '@x>'",
    }
    copy_rows(
        Customer, customers, {"id": f"{customer.pk} + n", "email": "'c' || n || '@kunde.example'"}
    )
    owner = {"id": f"{offer.pk} + n", "customer_id": f"{customer.pk} + n %% {customers}"}
    copy_rows(Offer, count, {**text, **owner, "sent_at": sent_at, "first_sent_at": sent_at})
    link = {"id": "n + 1", "offer_id": f"{offer.pk} + n", "token": token_of, "digest": digest_of}
    copy_rows(Invitation, count, link)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def copy_rows(model: Any, count: int, values: dict[str, str]) -> None:
    """Copy the one row of a model until there are `count`, with some columns as SQL expressions of
    n = 1, 2, …
    """
    from django.db import connection

    columns = [field.column for field in model._meta.local_concrete_fields if not field.generated]
    expressions = ", ".join(values.get(column, column) for column in columns)
    table = model._meta.db_table
    series = f"WITH RECURSIVE s(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM s WHERE n < {count - 1})"
    statement = f"{series} SELECT {expressions} FROM {table}, s"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {statement}", [])


def sweep() -> None:
    """Do what autovacuum does within a minute of such changes, so that the figure is that of an
    ordinary day.
    """
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE reminders_followup, offers_offer")


def measure_due(count: int) -> None:
    from reminders.models import FollowUp

    FollowUp.objects.update(next_at=NOW + timedelta(days=3), because="step_due")
    last = FollowUp.objects.order_by("pk").values_list("pk", flat=True)[count // 100]
    FollowUp.objects.filter(pk__lt=last).update(next_at=NOW - timedelta(minutes=5))
    sweep()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        due = FollowUp.objects.due(NOW).by_customer()
        seconds.append(time.perf_counter() - start)
    print(f"  due query                    {min(seconds) * 1000:8.1f} ms  for {len(due)} due")


def run(count: int) -> None:
    from django.core.management import call_command

    from reminders.planning import plan_all
    from tests.default_data import make_default_data

    print(f"== {count} offers")
    call_command("flush", verbosity=0, interactive=False)
    make_default_data()
    fill(count)
    before = memory()
    for name in ("planned anew", "a night without changes"):
        start = time.perf_counter()
        sums = plan_all(NOW)
        took = time.perf_counter() - start
        print(f"  {name:28} {took:8.1f} s   {sums.offers / took:8.0f} offers/s")
        print(f"  memory above the filling     {memory() - before:8.0f} MiB")
    measure_due(count)


def memory() -> float:
    """Return the peak of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for count in [int(argument) for argument in sys.argv[1:]] or SIZES:
            run(count)


if __name__ == "__main__":
    main()
