"""Thirty things that a file in a mail folder can be, each with the state it must end in."""

from __future__ import annotations

import errno
import os
import socket
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import offers.mail_import.archive
import offers.mail_import.files
import offers.mail_import.folder
import offers.mail_import.read_message
import offers.mail_import.read_parts
from offers.mail_import.folder import disk_name, stored_name
from offers.models import MailFolder, Offer, SourceFile
from tests.offers.imports import import_folder, import_folders
from tests.offers.mails import build_mail, make_folder, write_file, write_mail

pytestmark = pytest.mark.django_db
State = SourceFile.State
MAIL = build_mail()
HALF = build_mail(
    headers='Content-Type: multipart/mixed; boundary="b"', body="--b\r\n\r\nHalf of it"
)


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    path = tmp_path / "mails"
    path.mkdir()
    return make_folder(path)


def path_of(folder: MailFolder) -> Path:
    return Path(folder.path)


def fifo(path: Path) -> None:
    os.mkfifo(path / "x.eml")


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path / "x.eml"))


def folder_named_like_a_mail(path: Path) -> None:
    (path / "x.eml").mkdir()
    write_file(path / "x.eml", "y.eml", MAIL)


def link_out(path: Path) -> None:
    write_file(path.parent, "secret.eml", MAIL)
    (path / "x.eml").symlink_to(path.parent / "secret.eml")


def dead_link(path: Path) -> None:
    (path / "x.eml").symlink_to(path / "nowhere.eml")


def linked_folder(path: Path) -> None:
    (path.parent / "other").mkdir()
    write_file(path.parent / "other", "y.eml", MAIL)
    (path / "x").symlink_to(path.parent / "other")


def other_name(path: Path) -> None:
    for name in ("x.eml.part", "x.msg", "eml", ".eml~"):
        write_file(path, name, MAIL)


@pytest.mark.parametrize(
    "arrange",
    [fifo, unix_socket, folder_named_like_a_mail, link_out, dead_link, linked_folder, other_name],
)
def test_what_is_no_mail_file_is_passed_over(
    folder: MailFolder, arrange: Callable[[Path], None]
) -> None:
    arrange(path_of(folder))
    write_file(path_of(folder), "real.eml", MAIL)
    import_folder(folder)
    assert list(SourceFile.objects.values_list("name", "state")) == [("real.eml", State.OFFER)]


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("content", "age", "state", "reason"),
    [
        (b"", MINUTE, State.WAITING, SourceFile.Reason.STILL_WRITTEN),
        (b"", HOUR, State.BROKEN, SourceFile.Reason.EMPTY),
        (MAIL, timedelta(seconds=1), State.WAITING, SourceFile.Reason.STILL_WRITTEN),
        (MAIL, -HOUR, State.WAITING, SourceFile.Reason.STILL_WRITTEN),
        (HALF, MINUTE, State.WAITING, SourceFile.Reason.INCOMPLETE),
        (HALF, HOUR, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (MAIL[:100], MINUTE, State.WAITING, SourceFile.Reason.INCOMPLETE),
        (MAIL[:100], HOUR, State.REVIEW, SourceFile.Reason.NO_RECIPIENT),
        (bytes(range(256)) * 40, HOUR, State.BROKEN, SourceFile.Reason.NO_MAIL),
        (b"\0" * 4096, HOUR, State.BROKEN, SourceFile.Reason.NO_MAIL),
        (b"\n" * 300_000, HOUR, State.BROKEN, SourceFile.Reason.NO_MAIL),
        (b"<html><body>Angebot 4711</body></html>", HOUR, State.BROKEN, SourceFile.Reason.NO_MAIL),
        (MAIL.replace(b"\r\n", b"\n"), HOUR, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (b"\xef\xbb\xbf" + MAIL, HOUR, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (b"junk line\r\n" + MAIL, HOUR, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (MAIL.replace(b"4711", b"4711\0\0"), HOUR, State.OFFER, SourceFile.Reason.NEW_NUMBER),
        (
            build_mail(subject="=?utf-8?Q?Angebot_4711=0D=0ABcc:_x=00?="),
            HOUR,
            State.OFFER,
            SourceFile.Reason.NEW_NUMBER,
        ),
        (
            build_mail(headers="X-Long: " + "a" * 300_000),
            HOUR,
            State.OFFER,
            SourceFile.Reason.NEW_NUMBER,
        ),
        (
            build_mail(subject="Angebot 4711 " + "x" * 5_000),
            HOUR,
            State.OFFER,
            SourceFile.Reason.NEW_NUMBER,
        ),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else None,
)
def test_what_a_file_can_contain(
    folder: MailFolder, content: bytes, age: timedelta, state: State, reason: SourceFile.Reason
) -> None:
    write_file(path_of(folder), "x.eml", content, age=age)
    import_folder(folder)
    file = SourceFile.objects.get()
    assert (file.state, file.reason) == (state, reason)
    assert not any(character in file.subject for character in "\r\n\0")


def test_a_mail_above_the_limit_is_decided_by_its_header(folder: MailFolder) -> None:
    write_file(path_of(folder), "a.eml", MAIL)
    headers = 'Content-Type: multipart/mixed; boundary="b"'
    write_mail(path_of(folder), "b.eml", subject="Ihr Angebot", headers=headers)
    for name in ("a.eml", "b.eml"):
        os.truncate(path_of(folder) / name, 51 * 1024 * 1024)
        os.utime(path_of(folder) / name, (1, 1))
    import_folder(folder)
    states = dict(SourceFile.objects.values_list("name", "reason"))
    assert states == {"a.eml": SourceFile.Reason.NEW_NUMBER, "b.eml": SourceFile.Reason.TOO_LARGE}


@pytest.mark.parametrize(
    "name",
    [
        b"Gr\xfc\xdfe.eml",
        b"x" * 251 + b".eml",
        b"\xff" * 251 + b".EML",
        b"a\\xfc.eml",
        b" a\nb\t.eMl",
        "Ü€😀.eml".encode(),
    ],
)
def test_any_name_is_kept_and_known_again(folder: MailFolder, name: bytes) -> None:
    write_file(path_of(folder), os.fsdecode(name), MAIL)
    import_folder(folder)
    file = SourceFile.objects.get()
    assert file.state == State.OFFER
    assert os.fsencode(disk_name(file.name)) == name
    assert import_folder(folder).stored == 0


def test_no_two_names_are_stored_alike() -> None:
    names = ["a\udcfc", "a\\xfc", "a\\x5cxfc", "aü", "a\ud800"]
    assert len({stored_name(name) for name in names}) == len(names)
    assert [disk_name(stored_name(name)) for name in names] == names


def test_names_that_differ_in_composition_are_two_files(folder: MailFolder) -> None:
    for form in ("NFC", "NFD"):
        write_file(path_of(folder), unicodedata.normalize(form, "Angebot für Müller.eml"), MAIL)
    import_folder(folder)
    assert sorted(SourceFile.objects.values_list("state", flat=True)) == [
        State.DUPLICATE,
        State.OFFER,
    ]


def test_a_file_that_cannot_be_read_waits(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(path_of(folder), "x.eml", MAIL)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything: let the system call refuse
        refuse(monkeypatch, errno.EACCES)
    import_folder(folder)
    assert SourceFile.objects.get().reason == SourceFile.Reason.NOT_READABLE
    monkeypatch.undo()
    path.chmod(0o600)
    import_folder(folder)
    assert SourceFile.objects.get().state == State.OFFER


def refuse(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(*_args: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(offers.mail_import.files.os, "open", fail)


def test_a_disk_that_fails_lets_the_file_wait(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(path_of(folder), "x.eml", MAIL)
    refuse(monkeypatch, errno.EIO)
    import_folder(folder)
    assert SourceFile.objects.get().state == State.WAITING


def before_reading(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen to a file between the scan and the reading of it."""
    real = offers.mail_import.read_message.read_finished

    def read(*args: object, **options: object) -> object:
        act()
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(offers.mail_import.read_message, "read_finished", read)


def test_a_file_that_vanishes_before_it_is_read_is_named(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(path_of(folder), "x.eml", MAIL)
    before_reading(monkeypatch, path.unlink)
    import_folder(folder)
    file = SourceFile.objects.get()
    assert (file.state, file.reason) == (State.BROKEN, SourceFile.Reason.VANISHED)
    monkeypatch.undo()
    write_file(path_of(folder), "x.eml", MAIL)
    os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
    import_folder(folder)
    assert SourceFile.objects.get().state == State.OFFER


@pytest.mark.parametrize("change", ["grows", "is replaced by a link", "is replaced by a pipe"])
def test_a_file_that_changes_while_it_is_read(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = write_file(path_of(folder), "x.eml", MAIL)

    def act() -> None:
        if change == "grows":
            path.write_bytes(MAIL * 2)
            return
        path.unlink()
        if change == "is replaced by a link":
            path.symlink_to("/etc/hostname")
        else:
            os.mkfifo(path)

    before_reading(monkeypatch, act)
    import_folder(folder)
    assert SourceFile.objects.get().state in (State.WAITING, State.BROKEN)
    assert not Offer.objects.exists()


def test_a_waiting_file_that_is_gone_is_named(folder: MailFolder) -> None:
    path = write_file(path_of(folder), "x.eml", MAIL, age=timedelta(0))
    import_folder(folder)
    path.unlink()
    import_folder(folder)
    assert SourceFile.objects.get().reason == SourceFile.Reason.VANISHED


def test_a_file_server_whose_clock_is_ahead_holds_nothing_up(folder: MailFolder) -> None:
    write_file(path_of(folder), "x.eml", MAIL, age=-HOUR)
    import_folder(folder)
    SourceFile.objects.update(decided_at=datetime.now(UTC) - MINUTE)
    import_folder(folder)
    assert SourceFile.objects.get().state == State.OFFER


def test_a_file_that_is_gone_after_the_import_keeps_its_offer(folder: MailFolder) -> None:
    path = write_file(path_of(folder), "x.eml", MAIL)
    import_folder(folder)
    path.unlink()
    import_folder(folder)
    assert SourceFile.objects.get().offer == Offer.objects.get()


def test_a_folder_that_does_not_exist_says_so_and_the_others_go_on(
    folder: MailFolder, tmp_path: Path
) -> None:
    missing = make_folder(tmp_path / "missing")
    write_file(path_of(folder), "x.eml", MAIL)
    result = import_folders()
    missing.refresh_from_db()
    assert missing.error
    assert missing.error in result.problems[0]
    assert Offer.objects.count() == 1
    (tmp_path / "missing").mkdir()
    import_folders()
    missing.refresh_from_db()
    assert missing.error == ""


def test_a_file_in_the_place_of_a_folder_says_so(tmp_path: Path) -> None:
    folder = make_folder(write_file(tmp_path, "folder", b""))
    assert import_folder(folder).problems


def test_a_share_that_is_lost_in_mid_scan_keeps_what_was_seen(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(path_of(folder), "waits.eml", MAIL, age=timedelta(0))
    import_folder(folder)
    write_file(path_of(folder), "x.eml", MAIL)
    real = os.scandir

    class Torn:
        def __init__(self, path: str) -> None:
            self.entries = real(path)

        def __enter__(self) -> Torn:
            return self

        def __exit__(self, *_error: object) -> None:
            self.entries.close()

        def __iter__(self) -> object:
            yield from (entry for entry in self.entries if entry.name == "x.eml")
            raise OSError(errno.EIO, "share is gone")

    monkeypatch.setattr(offers.mail_import.folder.os, "scandir", Torn)
    import_folder(folder)
    assert folder.error
    assert dict(SourceFile.objects.values_list("name", "state")) == {
        "waits.eml": State.WAITING,
        "x.eml": State.OFFER,
    }


def test_one_file_that_nachfass_stumbles_over_does_not_stop_the_rest(
    folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = offers.mail_import.read_parts.find_number

    def find_number(subject: str, pattern: str) -> str | None:
        if subject == "Angebot 4710":
            raise ValueError("a mistake of ours")
        return real(subject, pattern)

    monkeypatch.setattr(offers.mail_import.read_parts, "find_number", find_number)
    for name in "ab":
        write_mail(path_of(folder), f"{name}.eml", subject=f"Angebot 471{'ab'.index(name)}")
    import_folder(folder)
    states = dict(SourceFile.objects.values_list("name", "state"))
    assert states == {"a.eml": State.WAITING, "b.eml": State.OFFER}
    monkeypatch.undo()
    import_folder(folder)
    assert Offer.objects.count() == 2


def test_the_archive_keeps_a_copy_of_each_offer_mail(
    folder: MailFolder, tmp_path: Path, settings: Any
) -> None:
    settings.OFFERS_ARCHIVE_DIR = str(tmp_path / "archive")
    write_file(path_of(folder), "x.eml", MAIL)
    write_mail(path_of(folder), "y.eml", subject="Grüße")
    import_folder(folder)
    offer_mail = SourceFile.objects.get(name="x.eml")
    assert offer_mail.archive_path.read_bytes() == MAIL
    assert SourceFile.objects.get(name="y.eml").content_hash == ""


def test_a_full_disk_of_the_archive_loses_no_offer_and_is_made_up_for(
    folder: MailFolder, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings.OFFERS_ARCHIVE_DIR = str(tmp_path / "archive")
    monkeypatch.setattr(offers.mail_import.archive.os, "fsync", fail)
    write_file(path_of(folder), "x.eml", MAIL)
    import_folder(folder)
    assert os.strerror(errno.ENOSPC) in folder.error
    assert Offer.objects.count() == 1
    assert not [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    monkeypatch.undo()
    import_folder(folder)
    assert folder.error == ""
    assert SourceFile.objects.get().archive_path.exists()
