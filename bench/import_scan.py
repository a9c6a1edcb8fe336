"""A look at a folder of known files with ten new ones, beside a bare `os.scandir` with `stat` of
the same folder.

`python -m bench.import_scan [--files 100000] [--rounds 5]`. The peak of memory is that of a fresh
process.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import office

CHILD = """
import resource
import django
django.setup()
from offers.mail_import.run import import_folders
from offers.models import MailFolder
from crm.backoffice.changes import follow_changes
result = import_folders([MailFolder.objects.get()], after_store=follow_changes)
print(result.stored, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def scan_bare(folder: Path) -> float:
    started = perf_counter()
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)
    return perf_counter() - started


def make_known(folder: Path, count: int) -> None:
    """Write empty-looking files and their ledger rows, as if they had been imported long ago."""
    from django.utils import timezone

    from offers.models import MailFolder, SourceFile

    folder.mkdir()
    row = MailFolder.objects.create(name="bench", path=str(folder))
    rows = []
    for number in range(count):
        path = folder / f"Angebot {number:07} Kunde.eml"
        path.write_bytes(b"x")
        found = path.stat()
        rows.append(
            SourceFile(
                folder=row, name=path.name, size=found.st_size, mtime_ns=found.st_mtime_ns, decided_at=timezone.now(),
                state=SourceFile.State.NOT_AN_OFFER, reason=SourceFile.Reason.NO_OFFER, message_id=f"<{number}@x>",
            )
        )  # fmt: skip
        if len(rows) == 5000:
            SourceFile.objects.bulk_create(rows)
            rows.clear()
    SourceFile.objects.bulk_create(rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    place = office.start()
    try:
        folder = place / "mails"
        make_known(folder, options.files)
        measure(folder, options.rounds)
    finally:
        shutil.rmtree(place)


def measure(folder: Path, rounds: int) -> None:
    import holidays.countries  # noqa: F401 - a worker has long loaded it

    import offers.mail_import.files
    from crm.backoffice.changes import follow_changes
    from offers.mail_import.run import import_folders
    from offers.models import MailFolder

    row = MailFolder.objects.get()
    ours, bare = [], []
    for _round in range(rounds):
        bare.append(scan_bare(folder))
        started = perf_counter()
        import_folders([row], after_store=follow_changes)
        ours.append(perf_counter() - started)
    ratio = median(ours) / median(bare)
    print(
        f"nothing new: {median(ours):.3f} s, bare scandir + stat {median(bare):.3f} s: {ratio:.2f} times (at most 3)"
    )

    office.write_mails(folder, 10)
    opened: list[object] = []
    real = os.open

    def count(path: object, *args: int) -> int:
        opened.append(path)
        return real(path, *args)  # type: ignore[call-overload, no-any-return]

    offers.mail_import.files.os.open = count  # type: ignore[assignment]
    started = perf_counter()
    stored = import_folders([row], after_store=follow_changes).stored
    seconds = perf_counter() - started
    offers.mail_import.files.os.open = real
    ratio = seconds / median(bare)
    print(
        f"ten new: {seconds:.3f} s, {ratio:.2f} times; {stored} stored, {len(opened)} files opened (exactly 10)"
    )

    office.write_mails(folder, 10, first=100)
    found = subprocess.run(
        [sys.executable, "-c", CHILD], check=True, capture_output=True, text=True, env=os.environ
    )
    stored_text, peak = found.stdout.split()
    print(
        f"fresh process: {stored_text} stored, peak {peak} MiB (under 150); this one {own_peak()} MiB"
    )


def own_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
