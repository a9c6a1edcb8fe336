"""Time and memory per imported file while the ledger grows from 1,000 to 1,000,000 rows.

`python -m bench.import_growth [--largest 1000000] [--mails 1000]`. At each size as many new mails
are imported, twice, the first time to let the database write what the filling left. On SQLite in a
throw-away folder, on PostgreSQL behind `python -m tests.with_postgres`.
"""

from __future__ import annotations

import argparse
import resource
import shutil
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time

from bench import office

STEP = 5_000
OLDEST = timedelta(minutes=2_000_000)  # almost four years


def grow(rows: int, first: int) -> None:
    """Add customers, offers, links, follow-ups and ledger rows of a folder that was imported long
    ago.
    """
    from django.db import transaction

    from crm.core.bulk import insert_rows, new_row
    from feedback import links
    from feedback.backoffice.models import Invitation
    from offers.models import Customer, MailFolder, Offer, Reason, SourceFile
    from reminders.models import FollowUp

    folder, _created = MailFolder.objects.get_or_create(name="old", path="/nowhere")
    for start in range(first, first + rows, STEP):
        numbers = range(start, min(start + STEP, first + rows))
        times = [office.SENT_AT - OLDEST + timedelta(minutes=n) for n in numbers]
        customers = [new_row(Customer, email=f"old{n}@alt{n // 9}.example") for n in numbers[::3]]
        offers = [
            new_row(
                Offer, number=f"OLD-{n}", number_key=f"OLD-{n}", customer=customers[i // 3], message_id=f"<old{n}@x>",
                sent_at=times[i], first_sent_at=times[i],
            )
            for i, n in enumerate(numbers)
        ]  # fmt: skip
        files = [
            new_row(
                SourceFile, folder=folder, name=f"{n}.eml", size=n, mtime_ns=n, state=SourceFile.State.OFFER,
                offer=offer, reason=Reason.NEW_NUMBER, message_id=f"<old{n}@x>", number=f"OLD-{n}",
                fingerprint=sha256(b"%d" % n).hexdigest(), header_hash=sha256(b"-%d" % n).hexdigest(),
                sent_at=offer.sent_at,
            )
            for n, offer in zip(numbers, offers, strict=True)
        ]  # fmt: skip
        tokens = [links.new_token() for _number in numbers]
        invitations = [
            new_row(
                Invitation,
                offer=offer,
                token=token,
                digest=links.digest(token),
                expires_at=offer.sent_at,
            )
            for offer, token in zip(offers, tokens, strict=True)
        ]
        follow_ups = [new_row(FollowUp, offer=offer, because="too_old") for offer in offers]
        with transaction.atomic():
            for table in (customers, offers, files, invitations, follow_ups):
                insert_rows(table)


def measure(place: Path, size: int, mails: int, first: int) -> tuple[float, float, int]:
    """Return milliseconds per mail of an import beside `size` old rows, as the clock and as the
    processor of the storing process count, and the peak of memory in MiB so far.
    """
    from offers.mail_import.run import import_folder
    from offers.models import MailFolder

    path = place / f"at-{size}-{first}"
    office.write_mails(path, mails, first=first)
    folder = MailFolder.objects.create(name=path.name, path=str(path))
    started, worked = perf_counter(), process_time()
    assert import_folder(folder).stored == mails
    milliseconds = (perf_counter() - started) * 1000 / mails
    own = (process_time() - worked) * 1000 / mails
    return milliseconds, own, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--mails", type=int, default=1_000)
    options = parser.parse_args()
    place = office.start(any_database=True)
    try:
        size, known, written = 1_000, 0, 0
        first = first_own = 0.0
        while size <= options.largest:
            grow(size - known, known)
            known = size
            for _round in range(2):
                milliseconds, own, peak = measure(place, size, options.mails, written)
                written += options.mails
            first, first_own = first or milliseconds, first_own or own
            print(
                f"{size:>9,} rows: {milliseconds:.3f} ms per mail, {milliseconds / first:.2f} times; "
                f"processor {own:.3f} ms, {own / first_own:.2f} times; peak {peak} MiB",
                flush=True,
            )
            size *= 10
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
