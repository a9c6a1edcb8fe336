"""Registering links and pulling answers over loopback: `python -m bench.sync [COUNT …]`.

The public service runs as on the VPS (gunicorn, own SQLite database). The office works on SQLite in
a throw-away folder, on PostgreSQL where DATABASE_URL names a database (`python -m
tests.with_postgres python -m bench.sync`). Prints seconds, rows per second, how much the peak
memory of the office grew, and the most resident memory that the public process had. The answers
carry a reason and sealed words; links and plans follow as after every pull.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.public_packages import only_public_packages
from tests.public_service import API_KEY, PublicService, public_service

if TYPE_CHECKING:
    from feedback.backoffice.models import Invitation

COUNTS = [1_000]
CHUNK = 1_000


def main() -> None:
    counts = [int(text) for text in sys.argv[1:]] or COUNTS
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as name:
        folder = Path(name)
        os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings.test"
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'office.sqlite3'}")
        os.environ |= {"LOG_LEVEL": "ERROR", "FEEDBACK_API_KEY": API_KEY}
        with public_service(folder, **only_public_packages()) as service:
            os.environ["FEEDBACK_API_URL"] = service.url
            set_up()
            for count in counts:
                measure(count, service)


def set_up() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def measure(count: int, service: PublicService) -> None:
    from crm.backoffice.changes import follow_changes
    from feedback.backoffice import sync
    from feedback.backoffice.models import Answer

    sync_once = partial(sync.sync, after_store=follow_changes)
    links = make_links(count)
    timed(f"{count:>7,} links registered", count, sync_once)
    service.give_answers(answers_for(links), threads=2)
    before = Answer.objects.count()
    timed(f"{count:>7,} answers pulled", count, sync_once)
    assert Answer.objects.count() - before == count
    print(f"        public process at most {most_resident_mib(service):.0f} MiB resident so far")


def make_links(count: int) -> list[Invitation]:
    from django.db import transaction
    from django.utils import timezone

    from crm.backoffice.changes import follow_changes
    from feedback.backoffice.models import Invitation
    from offers.models import Customer, Offer, number_key

    start = Offer.objects.count()
    now = timezone.now()
    for low in range(start, start + count, CHUNK):
        numbers = range(low, min(low + CHUNK, start + count))
        customers = Customer.objects.bulk_create(
            Customer(email=f"kunde{n}@kunde.example") for n in numbers
        )
        with transaction.atomic():
            offers = Offer.objects.bulk_create(
                Offer(
                    number=f"AN-{n}",
                    number_key=number_key(f"AN-{n}"),
                    customer=customer,
                    subject=f"Ihr Angebot AN-{n} Stahltreppe Musterstrasse",
                    sent_at=now,
                    first_sent_at=now,
                )
                for n, customer in zip(numbers, customers, strict=True)
            )
            follow_changes(offers)
    return list(Invitation.objects.order_by("-pk")[:count])


def answers_for(links: list[Invitation]) -> list[dict[str, str]]:
    from django.conf import settings

    from feedback import sealing

    public_key = sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    words = sealing.seal_message(sealing.Message(comment="Leider 12 % zu teuer. " * 5), public_key)
    return [
        {"digest": link.digest, "kind": "declined", "reason": "price", "sealed_comment": words}
        for link in links
    ]


def timed(what: str, count: int, act: Callable[[], object]) -> None:
    peak, start, cpu = peak_mib(), time.perf_counter(), time.process_time()
    act()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    grown = peak_mib() - peak
    print(
        f"{what}: {seconds:6.2f} s ({cpu:.2f} s of it here), {count / seconds:7,.0f} a second, +{grown:.0f} MiB"
    )


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def most_resident_mib(service: PublicService) -> float:
    """The most resident memory that the one worker process of the service ever had."""
    children = (
        Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    )
    status = Path(f"/proc/{children[0]}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
