"""Rare kinds of mails: each ends in one state with a reason that says what a person has to know."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offers.models import MailFolder, SourceFile
from tests.offers.imports import import_folders
from tests.offers.mails import make_folder, write_mail

pytestmark = pytest.mark.django_db
State = SourceFile.State

HIDDEN = (State.REVIEW, SourceFile.Reason.HIDDEN_SUBJECT)
OFFER = (State.OFFER, SourceFile.Reason.NEW_NUMBER)
ENCRYPTED = {
    "smime": {
        "headers": "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n"
        "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7m",
        "body": "MIAGCSqGSIb3DQEHA6CAMIACAQAxggEwMIIBLAIBADAU\r\n",
    },
    "pgp": {
        "headers": 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"',
        "body": "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n"
        'Content-Type: application/octet-stream; name="encrypted.asc"\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n',
    },
}
JAPANESE = f"=?ISO-2022-JP?B?{b64encode('見積 Angebot 4711'.encode('iso-2022-jp')).decode()}?="
IN_PIECES = {
    "subject": "Wie besprochen",
    "headers": "Content-Type: multipart/mixed;\n boundary*0=gre;\n boundary*1=nze",
    "body": "--grenze\r\nContent-Type: text/plain\r\n\r\nx\r\n--grenze\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: attachment;\r\n filename*0*=utf-8''Angebot%20f%C3%BCr;\r\n"
    " filename*1*=%20Gel%C3%A4nder%20;\r\n filename*2=4711.pdf\r\n\r\nJVBERi0x\r\n--grenze--\r\n",
}
LONG = "\n".join(f"X-Filter-{number}: {'x' * 900}" for number in range(5_500))


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path)


def import_mail(folder: MailFolder, **fields: object) -> SourceFile:
    write_mail(Path(folder.path), "x.eml", **fields)
    import_folders([folder])
    return SourceFile.objects.get(name="x.eml")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(ENCRYPTED["smime"], OFFER, id="S/MIME encrypted"),
        pytest.param(ENCRYPTED["pgp"], OFFER, id="PGP/MIME encrypted"),
        pytest.param(ENCRYPTED["smime"] | {"subject": "..."}, HIDDEN, id="S/MIME, hidden"),
        pytest.param(ENCRYPTED["pgp"] | {"subject": "..."}, HIDDEN, id="PGP, hidden"),
        pytest.param({"headers": LONG}, OFFER, id="5 MB of header fields behind the subject"),
        pytest.param(
            {
                "sender": f"p.vogt@muster-metallbau.example\r\n{LONG.replace(chr(10), chr(13) + chr(10))}"
            },
            (State.REVIEW, SourceFile.Reason.TOO_LARGE),
            id="5 MB of header fields before the subject",
        ),
        pytest.param(
            {"to": "Kunden: a@kunde.example, Bo <b@kunde.example>;"},
            OFFER,
            id="a group of one company",
        ),
        pytest.param(
            {"to": "Kunden: a@eins.example, b@zwei.example;"},
            (State.REVIEW, SourceFile.Reason.SEVERAL_COMPANIES),
            id="a group",
        ),
        pytest.param({"to": "", "headers": "Bcc: k@kunde.example"}, OFFER, id="only Bcc"),
        pytest.param(
            {"to": "undisclosed-recipients:;"},
            (State.REVIEW, SourceFile.Reason.NO_RECIPIENT),
            id="nobody can be seen",
        ),
    ],
)
def test_it_ends_in_one_state_with_its_reason(
    folder: MailFolder, fields: dict[str, object], expected: tuple[str, str]
) -> None:
    file = import_mail(folder, **fields)
    assert (file.state, file.reason) == expected


def test_a_file_name_in_pieces_is_put_together(folder: MailFolder) -> None:
    file = import_mail(folder, **IN_PIECES)
    assert (file.state, file.reason) == (
        State.REVIEW,
        SourceFile.Reason.ATTACHMENT_LOOKS_LIKE_OFFER,
    )
    assert file.detail == "Angebot für Geländer 4711.pdf"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (JAPANESE, "見積 Angebot 4711"),
        ("=?UTF-7?Q?Angebot_4711_f+APw-r_Gel+AOQ-nder?=", "Angebot 4711 für Geländer"),
        ("=?unicode-1-1-utf-7?Q?Angebot_4711_f+APw-r?=", "Angebot 4711 für"),
    ],
)
def test_rare_charsets_of_a_subject_are_read(folder: MailFolder, subject: str, text: str) -> None:
    file = import_mail(folder, subject=subject)
    assert (file.state, file.number, file.subject) == (State.OFFER, "4711", text)


def test_a_date_without_a_zone_counts_as_utc(folder: MailFolder) -> None:
    file = import_mail(folder, sent_at=None, headers="Date: Mon, 14 Sep 2026 09:12:40")
    assert file.sent_at == datetime(2026, 9, 14, 9, 12, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "defect"),
    [
        ("Thu, 1 Jan 1970 00:00:00 +0000", "bad_date"),
        ("Fri, 4 Sep 2099 10:00:00 +0200", "date_in_future"),
    ],
)
def test_a_date_that_cannot_be_is_replaced_by_that_of_the_file(
    folder: MailFolder, date: str, defect: str
) -> None:
    file = import_mail(folder, sent_at=None, headers=f"Date: {date}")
    assert file.state == State.OFFER
    assert defect in file.defects
    assert file.sent_at is not None
    assert abs(datetime.now(UTC) - timedelta(hours=1) - file.sent_at) < timedelta(minutes=5)
