"""The dashboard, the lists and the export with many offers: `python -m bench.stats [--only PART]
[--rounds N] [offers …]`.

Runs on SQLite in a throw-away folder, or on the database that DATABASE_URL names (`python -m
tests.with_postgres python -m bench.stats`), which it empties; where that holds the offers already,
they are measured as they are. PART is fill, pages or exports. Prints milliseconds by page beside
the limit that a person should not have to wait longer than, and rows per second of the CSV beside
django-import-export's default export.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from statistics import median

SIZES = [250_000]
ROUNDS = 6
# Milliseconds that a page may take with 250,000 offers.
LIMITS = {"figures, last_12_months": 300, "figures, all": 1000}
FILTERED_LIMIT, LIST_LIMIT = 1500, 300
# What a team asks for, and a word that every eighth customer has.
FILTERS = {
    "declined": "status=declined",
    "one reason": "reason=price",
    "one salesperson": "salesperson={salesperson}",
    "one customer": "customer=17%40kunde17.example",
    "100 companies": "company=Huber+Hotel+5",
    "a word of every eighth company": "company=Metallbau",
    "ordered, by decision": "basis=decision&status=ordered",
}
LISTS = {
    "newest": "", "page 200": "p=200", "by company": "o=3",
    "number": "q=A778", "company": "q=Huber+Hotel+5", "customer": "q=17@kunde17.exa",
    "subject": "q=Haus+4321", "common word": "q=Gel%C3%A4nder", "two letters": "q=Da", "open": "status=open",
    "declined": "status=declined",
    "one salesperson": "salesperson__id__exact={salesperson}", "replied": "to_do=replied",
    "to check": "to_do=check", "bounced": "to_do=bounced",
    "three months": "sent_at_from=01.01.2024&sent_at_to=31.03.2024",
    "behind a number": "figures=period%3Dlast_12_months%26part%3Dstatus%253Adeclined",
    "behind one of all time": "figures=period%3Dall%26part%3Dstatus%253Adeclined",
    "behind all, filtered": "figures=period%3Dall%26part%3Dall&status__exact=declined",
    "behind all, searched": "figures=period%3Dall%26part%3Dall&q=Huber+Hotel",
}  # fmt: skip
OTHER_LISTS = {
    "follow-ups": "reminders/followup/",
    "follow-ups of a salesperson": "reminders/followup/?offer__salesperson__id__exact={salesperson}",
    "follow-ups due next": "reminders/followup/?due=next",
    "follow-ups by customer": "reminders/followup/?o=2",
    "follow-ups, search": "reminders/followup/?q=Huber+Hotel+5",
    "reminders": "reminders/reminder/",
    "reminders of a step": "reminders/reminder/?step=1",
    "reminders by recipient": "reminders/reminder/?o=4",
    "reminders in doubt": "reminders/reminder/?state__exact=in_doubt",
    "reminders, search": "reminders/reminder/?q=Huber+Hotel+5",
    "answers": "feedback/answer/",
    "answers to deal with": "feedback/answer/?handled=todo",
    "answers, search": "feedback/answer/?q=Huber+Hotel+5",
    "links": "feedback/invitation/",
    "active links": "feedback/invitation/?state__exact=active",
    "links, search": "feedback/invitation/?q=Huber+Hotel+5",
    "customers": "offers/customer/",
    "customers, search": "offers/customer/?q=Huber+Hotel+5",
}


@contextmanager
def measured(what: str, results: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    results[what] = time.perf_counter() - start


def list_pages(salesperson: int) -> dict[str, str]:
    """Return the path of each page that is measured, by its name."""
    known = {"salesperson": salesperson}
    pages = {"today": "/admin/"}
    for period in ("last_12_months", "all"):
        pages[f"figures, {period}"] = f"/stats/?period={period}"
        for name, query in FILTERS.items():
            pages[f"figures, {period}, {name}"] = f"/stats/?period={period}&{query.format(**known)}"
    pages |= {
        f"list: {name}": f"/admin/offers/offer/?{query.format(**known)}"
        for name, query in LISTS.items()
    }
    return pages | {name: f"/admin/{path.format(**known)}" for name, path in OTHER_LISTS.items()}


def measure_pages(results: dict[str, float], rounds: int) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from crm.accounts.models import User

    settings.STATS_PER_SALESPERSON = True
    client = Client()
    client.force_login(User.objects.create_superuser(f"boss{time.time_ns()}"))
    salesperson = User.objects.get(username="salesperson7").pk
    for name, path in list_pages(salesperson).items():
        times, processor_times = [], []
        for _round in range(rounds):
            start = time.process_time()
            with CaptureQueriesContext(connection) as queries, measured(name, results):
                status = client.get(path).status_code
            times.append(results[name])
            processor_times.append(time.process_time() - start)
        results[name] = median(times)
        slowest = max((float(query["time"]) for query in queries), default=0)
        print(
            f"  {name:48} {results[name] * 1000:6.0f} ms of {limit_of(name):4}"
            f" (processor {min(processor_times) * 1000:5.0f})"
            f"  {len(queries):3} queries, slowest {slowest * 1000:5.0f} ms  {status}",
            flush=True,
        )


def limit_of(name: str) -> int:
    """Return how many milliseconds a page may take."""
    return LIMITS.get(name, FILTERED_LIMIT if name.startswith("figures") else LIST_LIMIT)


def measure_exports(results: dict[str, float], number: int) -> None:
    """Run in a process that has done nothing before, so that its peak is that of the exports."""
    from stats import exports
    from stats.figures import counted_offers

    columns = exports.build_columns(with_salesperson=False)
    before = peak()
    start, size, pieces = time.perf_counter(), 0, 0
    for piece in exports.write_csv(columns, exports.read_rows(counted_offers(), columns)):
        size, pieces = size + len(piece), pieces + 1
        if pieces <= 2:
            results["first rows" if pieces == 2 else "first byte"] = time.perf_counter() - start
    results["csv"] = time.perf_counter() - start
    first = results.get("first rows", results["csv"])
    print(
        f"  csv of 17 columns            {number / results['csv']:8.0f} rows/s, {size / 1e6:.0f} MB"
    )
    print(
        f"  its first byte, first rows   {results['first byte']:8.2f} s, {first:.2f} s, {peak() - before:.0f} MiB more"
    )
    before = peak()
    some = min(number, 100_000)
    for rows in (some // 10, some):
        with measured("xlsx", results), tempfile.TemporaryFile() as file:
            exports.write_xlsx(
                columns, islice(exports.read_rows(counted_offers(), columns), rows), file
            )
        print(
            f"  xlsx of {rows:7} rows         {rows / results['xlsx']:8.0f} rows/s, {peak() - before:.0f} MiB more"
        )
    compare_exports(results, min(number, 20_000))


def compare_exports(results: dict[str, float], some: int) -> None:
    from import_export import resources

    from offers.models import Offer
    from stats import exports

    same = [
        "number",
        "first_sent_at",
        "sent_at",
        "subject",
        "customer__name",
        "customer__email",
        "customer__company",
    ]
    same += ["amount", "currency", "status", "status_at", "status_channel"]

    class OfferResource(resources.ModelResource):
        class Meta:
            model = Offer
            fields = same

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


def peak() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill_database(results: dict[str, float], number: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bench.stats_data import fill
    from offers.models import Offer

    if Offer.objects.count() == number:
        return
    call_command("flush", verbosity=0, interactive=False)
    with measured("fill", results):
        fill(number, now=timezone.now())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # as PostgreSQL does by itself in ten years
            cursor.execute("VACUUM (ANALYZE, INDEX_CLEANUP ON)")
    print(f"  filled in {results['fill']:.0f} s")


def run(number: int, part: str, rounds: int) -> None:
    """Measure with so many offers."""
    results: dict[str, float] = {}
    print(f"== {number} offers", flush=True)
    fill_database(results, number)
    if part in ("", "pages"):
        measure_pages(results, rounds)
    if part == "exports":
        measure_exports(results, number)
    elif not part:
        subprocess.run(
            [sys.executable, "-m", "bench.stats", "--only", "exports", str(number)], check=True
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", choices=["fill", "pages", "exports"])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("offers", nargs="*", type=int, default=SIZES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for number in asked.offers:
            run(number, asked.only, asked.rounds)


if __name__ == "__main__":
    main()
