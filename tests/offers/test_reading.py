"""Many files are read ahead in a process of their own; the import comes out the same, whatever
happens to it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import offers.mail_import.reading
import offers.mail_import.run
from offers.mail_import.folder import Sighting
from offers.mail_import.message import Letter
from offers.mail_import.run import import_folder
from offers.models import Offer, SourceFile
from tests.offers.mails import make_folder, write_file, write_mail

pytestmark = pytest.mark.django_db
COUNT = 60


@pytest.fixture(autouse=True)
def read_ahead_from_the_first_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers.mail_import.reading, "PAYS_FROM", 1)


def write_offers(path: Path) -> None:
    for number in range(COUNT):
        write_mail(
            path,
            f"{number:03}.eml",
            subject=f"Angebot AN-2026-{number:04}",
            message_id=f"<{number}@x>",
        )


def test_what_another_process_reads_is_stored_like_anything_else(tmp_path: Path) -> None:
    write_offers(tmp_path)
    write_file(tmp_path, "empty.eml", b"")
    assert import_folder(make_folder(tmp_path)).states == {
        SourceFile.State.OFFER: COUNT,
        SourceFile.State.BROKEN: 1,
    }
    assert set(Offer.objects.values_list("number", flat=True)) == {
        f"AN-2026-{number:04}" for number in range(COUNT)
    }


def test_a_reading_process_that_dies_loses_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_offers(tmp_path)
    real, importer = offers.mail_import.run._read_letter, os.getpid()

    def dying(folder: object, sighting: Sighting, *args: object) -> Letter:
        if os.getpid() != importer and sighting.name == "040.eml":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(folder, sighting, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(offers.mail_import.run, "_read_letter", dying)
    assert import_folder(make_folder(tmp_path)).states == {SourceFile.State.OFFER: COUNT}


def test_no_reading_process_is_left_behind_when_storing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_offers(tmp_path)

    children, fork = [], os.fork

    def watched_fork() -> int:
        children.append(fork())
        return children[-1]

    def fail(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fork", watched_fork)
    monkeypatch.setattr(offers.mail_import.run, "_store", fail)
    monkeypatch.setattr(offers.mail_import.run, "BATCH_SIZE", 4)
    with pytest.raises(KeyboardInterrupt):
        import_folder(make_folder(tmp_path))
    with pytest.raises(ChildProcessError):
        os.waitpid(children[0], os.WNOHANG)
