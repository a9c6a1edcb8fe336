"""Planning and finding what is due among many offers: `python -m bench.reminders_plan [offers …]`.

Stores offers of ten weeks, plans them all anew twice (first everything, then an ordinary night in which nothing has
changed), and asks for what is due with one in a hundred due. Prints seconds, milliseconds and the peak of memory. On
SQLite in a throw-away folder, on PostgreSQL where DATABASE_URL names a database.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

SIZES = [10_000, 100_000]
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)
CHUNK = 20_000


def fill(count: int) -> None:
    """Store open offers, one in eight customers, each with a link that works."""
    from feedback import links
    from feedback.backoffice.models import Invitation
    from offers.models import Customer, Offer

    customers = [Customer(email=f"c{n}@kunde.example") for n in range(max(10, count // 8))]
    Customer.objects.bulk_create(customers, batch_size=2000)
    for low in range(0, count, CHUNK):
        offers, invitations = [], []
        for n in range(low, min(low + CHUNK, count)):
            sent_at = NOW - timedelta(minutes=(n * 7919) % (70 * 24 * 60))
            offer = Offer(number=f"A{n}", number_key=f"A{n}", customer=customers[n % len(customers)], subject=f"A{n}")
            offer.sent_at = offer.first_sent_at = sent_at
            offers.append(offer)
        Offer.objects.bulk_create(offers, batch_size=2000)
        for offer in offers:
            token, expires_at = links.new_token(), NOW + timedelta(days=30)
            invitations.append(
                Invitation(
                    offer=offer, token=token, digest=links.digest(token), expires_at=expires_at, registered_at=NOW
                )
            )
        Invitation.objects.bulk_create(invitations, batch_size=2000)


def measure_due(count: int) -> None:
    from reminders.models import FollowUp

    FollowUp.objects.update(next_at=NOW + timedelta(days=3), because="step_due")
    last = FollowUp.objects.order_by("pk").values_list("pk", flat=True)[count // 100]
    FollowUp.objects.filter(pk__lt=last).update(next_at=NOW - timedelta(minutes=5))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        due = list(FollowUp.objects.due(NOW).values_list("offer__customer_id", "offer_id"))
        seconds.append(time.perf_counter() - start)
    print(f"  due query                    {min(seconds) * 1000:8.0f} ms  for {len(due)} due")


def run(count: int) -> None:
    from django.core.management import call_command

    from reminders.planning import plan_all

    print(f"== {count} offers")
    call_command("flush", verbosity=0, interactive=False)
    make_defaults()
    fill(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("planned anew", "a night without changes"):
        start = time.perf_counter()
        sums = plan_all(NOW)
        took = time.perf_counter() - start
        print(f"  {name:28} {took:8.1f} s   {sums.offers / took:8.0f} offers/s")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  memory above the filling     {(after - before) / 1024:8.0f} MiB")
    measure_due(count)


def make_defaults() -> None:
    from tests.reminders.rows import make_defaults as make

    make()


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
