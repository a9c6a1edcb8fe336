"""Importing offer mails, beside django-mailbox's `Mailbox.process_incoming_message` on the same
files.

`python -m bench.import_offers [--mails 2000] [--large 2000] [--rounds 5]`: each round starts on an
empty SQLite database with the same settings. Ours stores log entries, customers, offers, links and
follow-ups. Its rounds come first, as django-mailbox leaves gigabytes of attachments for the disk to
write. Beside the rates stands the processor time per file, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import email
import os
import shutil
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import office


def import_ours(folder: Path, expected: int) -> tuple[float, float]:
    """Return the seconds that the import of a folder took by the clock and of the processors."""
    from crm.backoffice.changes import follow_changes
    from feedback.backoffice.models import Invitation
    from offers.mail_import.run import import_folders
    from offers.models import MailFolder, Offer

    row = MailFolder.objects.create(name="bench", path=str(folder))
    started, worked = start()
    import_folders([row], after_store=follow_changes)
    seconds = perf_counter() - started, processor_time() - worked
    assert Offer.objects.count() == Invitation.objects.count() == expected
    return seconds


def import_django_mailbox(paths: list[Path]) -> tuple[float, float]:
    """Return what django-mailbox takes for the same files."""
    from django_mailbox.models import Mailbox, Message

    mailbox = Mailbox.objects.create(name="bench")
    started, worked = start()
    for path in paths:
        mailbox.process_incoming_message(email.message_from_bytes(path.read_bytes()))
    seconds = perf_counter() - started, processor_time() - worked
    assert Message.objects.count() == len(paths)
    return seconds


def start() -> tuple[float, float]:
    """Let the disk finish what the filling or the other side has left to it, and start both
    clocks.
    """
    os.sync()
    return perf_counter(), processor_time()


def processor_time() -> float:
    """Return the seconds that this process has worked."""
    return sum(os.times()[:2])


def compare(
    place: Path, title: str, count: int, *, attachment: int, rounds: int, target: int
) -> None:
    folder = place / title.replace(" ", "-")
    paths = office.write_mails(folder, count, attachment=attachment)
    ours, theirs = [], []
    for _round in range(rounds):
        with office.fresh_database(place):
            ours.append(import_ours(folder, count))
    for _round in range(rounds):
        with office.fresh_database(place):
            theirs.append(import_django_mailbox(paths))
    (seconds, worked), (other_seconds, other_worked) = (
        map(median, zip(*side, strict=True)) for side in (ours, theirs)
    )
    print(
        f"{title}: {count / seconds:,.0f} files/s, django-mailbox {count / other_seconds:,.0f}: "
        f"{other_seconds / seconds:.1f} times (at least {target}); processor {1000 * worked / count:.2f} and "
        f"{1000 * other_worked / count:.2f} ms per file: {other_worked / worked:.1f} times",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--large", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    place = office.start(extra_apps=("django_mailbox",))
    import_module_once()
    try:
        small = f"{options.mails} small mails"
        compare(place, small, options.mails, attachment=2048, rounds=options.rounds, target=4)
        large = f"{options.large} mails with 1 MiB"
        compare(
            place, large, options.large, attachment=1024 * 1024, rounds=options.rounds, target=25
        )
    finally:
        shutil.rmtree(place)


def import_module_once() -> None:
    """Load what a worker has long loaded: the tables of public holidays take most of a second."""
    import holidays.countries  # noqa: F401


if __name__ == "__main__":
    main()
