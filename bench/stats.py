"""The stats page, its upkeep and its export with many offers: `python -m bench.stats [offers …]`.

Runs on SQLite in a throw-away folder, on PostgreSQL where DATABASE_URL names a database (`python -m tests.with_postgres
python -m bench.stats`). Prints milliseconds and rows per second, the CSV beside django-import-export's default export.
"""

from __future__ import annotations

import io
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

SIZES = [10_000, 100_000]
YEARS = 10
CHUNK = 20_000


@contextmanager
def measured(what: str, results: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    results[what] = time.perf_counter() - start


def fill(number: int, *, now: datetime) -> None:
    """Store offers of ten years by 50 sellers, answers of six in ten, and one and a half reminders each."""
    from crm.accounts.models import User
    from feedback.backoffice.models import Answer
    from offers.models import Customer, Offer
    from reminders.models import Reminder
    from tests.stats.make import make_reasons

    chance, reasons = random.Random(1), make_reasons()
    sellers = User.objects.bulk_create(User(username=f"seller{n}", is_staff=True) for n in range(50))
    customers = Customer.objects.bulk_create(
        (Customer(email=f"c{n}@kunde.example", company=f"Firma {n % 997}") for n in range(max(10, number // 8))),
        batch_size=CHUNK,
    )
    for low in range(0, number, CHUNK):
        offers, answers, reminders = [], [], []
        for n in range(low, min(low + CHUNK, number)):
            sent_at = now - timedelta(seconds=chance.randrange(YEARS * 365 * 86400))
            status = chance.choice(["interested", "declined", "declined", "ordered", "no_answer", "no_answer"])
            if sent_at > now - timedelta(days=20) and status == "no_answer":
                status = "open"
            offer = Offer(number=f"A{n}", number_key=f"A{n}", customer=chance.choice(customers), status=status)
            offer.subject, offer.salesperson, offer.amount = (
                f"Ihr Angebot A{n}",
                chance.choice(sellers),
                Decimal(n % 9999),
            )
            offer.sent_at = offer.first_sent_at = sent_at
            offer.status_at = min(now, sent_at + timedelta(seconds=int(chance.expovariate(1 / 500_000))))
            offers.append(offer)
            if status not in {"no_answer", "open"}:
                kind = "declined" if status == "declined" else "interested"
                reason = chance.choice(reasons) if status == "declined" else None
                answers.append(
                    Answer(
                        offer=offer, kind=kind, reason=reason, answered_at=offer.status_at, handled_at=offer.status_at
                    )
                )
            for step in range(1, 2 + n % 2):
                at = sent_at + timedelta(days=4 * step)
                reminders.append(
                    Reminder(
                        offer=offer, step=step, state="sent", sent_at=at, mail_date=at, message_id=f"<{n}-{step}@x>"
                    )
                )
        Offer.objects.bulk_create(offers, batch_size=2000)
        Answer.objects.bulk_create(answers, batch_size=2000)
        Reminder.objects.bulk_create(reminders, batch_size=2000)


def measure_pages(results: dict[str, float]) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from crm.accounts.models import User

    client = Client()
    client.force_login(User.objects.create_superuser(f"boss{time.time_ns()}"))
    pages = {
        "page, 12 months": "/stats/?period=last_12_months",
        "page, all time": "/stats/?period=all",
        "page, all, by decision": "/stats/?period=all&basis=decision",
        "page, one seller's status": "/stats/?period=last_12_months&status=declined",
        "desk": "/admin/",
        "offer list": "/admin/offers/offer/",
        "offer list, search": "/admin/offers/offer/?q=A77",
    }
    for name, path in pages.items():
        client.get(path)
        with CaptureQueriesContext(connection) as queries, measured(name, results):
            status = client.get(path).status_code
        slowest = max((float(query["time"]) for query in queries), default=0)
        print(
            f"  {name:28} {results[name] * 1000:8.0f} ms  {len(queries):3} queries,"
            f" slowest {slowest * 1000:5.0f} ms  {status}"
        )


def measure_exports(results: dict[str, float], number: int) -> None:
    from import_export import resources

    from offers.models import Offer
    from stats import exports, queries

    columns = exports.build_columns(with_salesperson=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with measured("csv", results):
        size = sum(
            len(piece) for piece in exports.write_csv(columns, exports.read_rows(queries.counted_offers(), columns))
        )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"  csv of 17 columns            {number / results['csv']:8.0f} rows/s,"
        f" {size / 1e6:.0f} MB, {grown:.0f} MiB more"
    )
    with measured("xlsx", results), tempfile.TemporaryFile() as file:
        rows = islice(exports.read_rows(queries.counted_offers(), columns), 100_000)
        exports.write_xlsx(columns, rows, file)
    print(f"  xlsx                         {min(number, 100_000) / results['xlsx']:8.0f} rows/s")
    same = ["number", "first_sent_at", "sent_at", "subject", "customer__name", "customer__email", "customer__company"]
    same += ["amount", "currency", "status", "status_at", "status_channel"]

    class OfferResource(resources.ModelResource):
        class Meta:
            model = Offer
            fields = same

    some = min(number, 20_000)
    with measured("import-export", results):
        io.StringIO(OfferResource().export(Offer.objects.all()[:some]).csv)
    ours = [exports.Column(name, name) for name in same]
    with measured("csv, same columns", results):
        for _piece in exports.write_csv(ours, exports.read_plain(Offer.objects.all()[:some], ours)):
            pass
    times = results["import-export"] / results["csv, same columns"]
    print(f"  import-export, 12 columns    {some / results['import-export']:8.0f} rows/s")
    print(
        f"  csv, same 12 columns         {some / results['csv, same columns']:8.0f} rows/s, {times:.0f} times as many"
    )


def run(number: int) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from offers.models import Offer
    from stats import summary

    results: dict[str, float] = {}
    print(f"== {number} offers")
    call_command("flush", verbosity=0, interactive=False)
    with measured("fill", results):
        fill(number, now=timezone.now())
    with measured("first count", results):
        summary.refresh()
    print(f"  filled in {results['fill']:.0f} s, counted in {results['first count']:.0f} s")
    Offer.objects.filter(pk__in=Offer.objects.values("pk")[:100]).update(status="ordered")
    with measured("upkeep", results):
        summary.refresh()
    print(f"  100 changed offers           {results['upkeep'] * 1000:8.0f} ms")
    measure_pages(results)
    measure_exports(results, number)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for number in [int(argument) for argument in sys.argv[1:]] or SIZES:
            run(number)


if __name__ == "__main__":
    main()
