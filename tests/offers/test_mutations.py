"""Damaged mails: whatever a file holds, the import goes on and the file ends in exactly one
state.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from offers.models import Offer, SourceFile
from tests.offers.imports import import_folder
from tests.offers.mails import DAVID, build_mail, make_folder, write_file

pytestmark = pytest.mark.django_db
MULTIPART = build_mail(
    subject="Ihr Angebot",
    headers='MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"',
    body='--b\r\nContent-Type: application/pdf; name="Angebot_4711.pdf"\r\n\r\nJVBERi0x\r\n--b--\r\n',
)
CHARSETS = (b"iso-8859-1", b"utf-7", b"x-unknown", b"base64", b"\xff\xfe", b"utf-16", b"")


def mutate(mail: bytes, chance: random.Random) -> bytes:
    """Return a mail with one to four things wrong."""
    for _time in range(chance.randint(1, 4)):
        lines = mail.split(b"\r\n")
        at = chance.randrange(len(mail) or 1)
        line = chance.randrange(len(lines))
        match chance.randrange(8):
            case 0:
                mail = (
                    mail[:at]
                    + chance.randbytes(chance.randint(1, 8))
                    + mail[at + chance.randint(0, 8) :]
                )
            case 1:
                mail = mail[:at]
            case 2:
                mail = b"\r\n".join([*lines[:line], lines[line], *lines[line:]])
            case 3:
                mail = b"\r\n".join([*lines[:line], chance.randbytes(30), *lines[line:]])
            case 4:
                mail = b"\r\n".join(
                    [*lines[:line], lines[line][: len(lines[line]) // 2], b"", *lines[line:]]
                )
            case 5:
                mail = mail.replace(b"utf-8", chance.choice(CHARSETS)).replace(
                    b"iso-8859-1", chance.choice(CHARSETS)
                )
            case 6:
                mail = mail.replace(
                    b"\r\n", chance.choice([b"\n", b"\r", b"\r\r\n", b"\0"]), chance.randint(1, 50)
                )
            case 7:
                mail = mail[:at] + b"\0" * chance.randint(1, 300) + mail[at:]
    return mail


def monsters() -> Iterator[bytes]:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(1000)
    )
    yield b"Subject: Ihr Angebot\r\nTo: a@b.example\r\n" + nested
    parts = b'--b\r\nContent-Disposition: attachment; filename="x.pdf"\r\n\r\nx\r\n' * 100_000
    yield (
        b'Subject: Ihr Angebot\r\nTo: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + parts
    )
    yield (
        b"Subject: Angebot 4711\r\nTo: "
        + b", ".join(b"a%d@b.example" % n for n in range(10_000))
        + b"\r\n\r\n"
    )
    yield b"Subject: " + b"=?utf-8?Q?Angebot?= " * 10_000 + b"\r\nTo: a@b.example\r\n\r\n"
    yield (
        b"References: "
        + b"<a@b> " * 20_000
        + b"\r\nSubject: Angebot 4711\r\nTo: a@b.example\r\n\r\n"
    )


def import_damaged(path: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    originals = [*(file.read_bytes() for file in sorted(DAVID.glob("*.eml"))), MULTIPART]
    for number in range(count):
        write_file(path, f"{number}.eml", mutate(chance.choice(originals), chance))
    result = import_folder(make_folder(path))
    assert result.problems == []
    assert result.stored == SourceFile.objects.count() == count
    assert not SourceFile.objects.filter(reason=SourceFile.Reason.FAILED).exists()
    assert Offer.objects.exists()


def test_damaged_mails_end_in_one_state_each(tmp_path: Path) -> None:
    import_damaged(tmp_path, 400, seed=7)


@pytest.mark.torture
def test_ten_thousand_damaged_mails_end_in_one_state_each(tmp_path: Path) -> None:
    import_damaged(tmp_path, 10_000, seed=8)


def test_monsters_are_decided_like_any_mail(tmp_path: Path) -> None:
    for number, monster in enumerate(monsters()):
        write_file(tmp_path, f"{number}.eml", monster)
    import_folder(make_folder(tmp_path))
    assert SourceFile.objects.count() == 5
    assert not SourceFile.objects.filter(reason=SourceFile.Reason.FAILED).exists()
