"""The header block: what David writes, and what real mails get wrong."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.headers import parse_mail, read_header_block
from offers.parsing.mail import Address, Mail

DAVID = Path(__file__).parents[2] / "data" / "david"


def read_david(name: str) -> Mail:
    with (DAVID / name).open("rb") as file:
        return parse_mail(read_header_block(file))


def test_a_mail_by_todays_david_is_read() -> None:
    mail = read_david("offer_2020s_8bit.eml")
    assert mail.message_id == "<000232C3.6AA74068@mail.muster-metallbau.example>"
    assert mail.sent_at == datetime(2026, 9, 14, 7, 12, 40, tzinfo=UTC)
    assert mail.subject == "Ihr Angebot AN-2026-0815 Stahltreppe Musterstrasse 12"
    assert mail.sender == Address("p.vogt@muster-metallbau.example", "Petra Vogt")
    assert mail.to == (Address("buehler@kunde-eins.example", "Jürg Bühler"),)
    assert mail.header("X-David-Sym") == "0"
    assert mail.defects == ("raw_8bit",)


def test_a_mail_by_an_old_david_is_read() -> None:
    mail = read_david("offer_2000s_ut_date.eml")
    assert mail.sent_at == datetime(2006, 3, 3, 16, 3, 4, tzinfo=UTC)
    assert mail.to == (Address("bestellung@kunde-drei.example"),)
    assert mail.defects == ()


def test_several_recipients_and_folded_encoded_words_are_read() -> None:
    mail = read_david("offer_2020s_two_recipients_pdf.eml")
    assert mail.subject == "Angebot Nr. AN-2026-0816 für Geländer und Balkonanlage"
    assert mail.to == (
        Address("a.oeztuerk@kunde-zwei.example", "Ayse Öztürk"),
        Address("einkauf@kunde-zwei.example"),
    )
    assert mail.cc == (Address("innendienst@muster-metallbau.example", "Innendienst"),)
    assert [address.domain for address in mail.recipients][-1] == "muster-metallbau.example"


def test_a_reply_names_the_mails_it_answers() -> None:
    mail = read_david("follow_up_counted_reply.eml")
    assert mail.in_reply_to == ("<1eccf3a5-cce2-2109-5e04-ed9f43105a57@kunde-eins.example>",)
    assert mail.references[0] == "<000232C3.6AA74068@mail.muster-metallbau.example>"
    assert len(mail.references) == 2


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("=?utf-8?Q?Angebot_f=C3=BCr_Gel=C3=A4nder?=", "Angebot für Geländer"),
        ("=?UTF-8?B?QW5nZWJvdA==?= =?UTF-8?B?IDQ3MTE=?=", "Angebot 4711"),
        ("=?utf-8?Q?Gel=C3?=\r\n =?utf-8?Q?=A4nder?=", "Geländer"),
        ("=?iso-8859-1?Q?=84S=FCd=93_=96_4711?=", "„Süd“ – 4711"),
        ("=?us-ascii?Q?M=FCller?=", "Müller"),
        ("=?utf-8?Q?M=FCller?=", "Müller"),
        ("=?x-unknown?Q?M=C3=BCller?=", "Müller"),
        ("=?rot13?Q?M=C3=BCller?=", "Müller"),
        ("=?utf-8?Q?Angebot 4711 mit Blanks?=", "Angebot 4711 mit Blanks"),
        ("=?utf-8?Q?Ist_das_gut??=", "Ist das gut?"),
        ("=?utf-8*de?Q?M=C3=BCller?=", "Müller"),
        ("=?utf-8?B?QW5nZWJvdA?=", "Angebot"),
        ("=?utf-8?B?QW5n*ZWJvdA===?=", "Angebot"),
        ("=?utf-8?Q?Zeile=0D=0ABcc:_x@y.example?=", "Zeile Bcc: x@y.example"),
        ("=?utf-8?Q?Null=00zeichen?=", "Nullzeichen"),
        ("=?utf-7?Q?+2D0-?=", "\ufffd"),
        ("Angebot\r\n\t4711", "Angebot 4711"),
        ("Angebot\r\n =?utf-8?Q?4711?=", "Angebot 4711"),
        ("=?utf-8?Q?ohne_Ende", "=?utf-8?Q?ohne_Ende"),
        ("=?broken", "=?broken"),
        ("", ""),
    ],
)
def test_a_subject_is_decoded_to_one_clean_line(value: str, subject: str) -> None:
    assert parse_mail(f"Subject: {value}\r\n\r\n".encode()).subject == subject


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Angebot f\xc3\xbcr S\xc3\xbcd", "Angebot für Süd"),
        (b"Angebot f\xfcr \x84S\xfcd\x93", "Angebot für „Süd“"),
    ],
)
def test_raw_bytes_are_utf8_else_windows_1252_field_by_field(raw: bytes, subject: str) -> None:
    mail = parse_mail(
        b"Subject: "
        + raw
        + b"\r\nFrom: J\xf6rg <j@a.example>\r\nTo: M\xc3\xbc <m@b.example>\r\n\r\n"
    )
    assert (mail.subject, mail.sender, mail.to[0].name) == (
        subject,
        Address("j@a.example", "Jörg"),
        "Mü",
    )


@pytest.mark.parametrize(
    ("value", "emails"),
    [
        ("a@x.example", ["a@x.example"]),
        ("<A@X.Example>", ["a@x.example"]),
        ('"Vogt, Petra" <p@x.example>, b@y.example', ["p@x.example", "b@y.example"]),
        ("Vogt, Petra <p@x.example>", ["p@x.example"]),
        ("a@x.example; b@y.example;", ["a@x.example", "b@y.example"]),
        ("a@x.example b@y.example", ["a@x.example", "b@y.example"]),
        ("A <a@x.example> B <b@y.example>", ["a@x.example", "b@y.example"]),
        ("Einkauf: a@x.example, b@y.example;", ["a@x.example", "b@y.example"]),
        ("Einkauf: a@x.example;, c@z.example", ["a@x.example", "c@z.example"]),
        ("undisclosed-recipients:;", []),
        ("<Undisclosed Recipients@x.example>", []),
        ("<Undisclosed.Recipients@x.example>", ["undisclosed.recipients@x.example"]),
        ("p@x.example (Petra, im (Innen)dienst)", ["p@x.example"]),
        ("(offen <p@x.example>", ["p@x.example"]),
        ('"offen <p@x.example>, b@y.example', ["p@x.example", "b@y.example"]),
        ("Petra <p@x.example", ["p@x.example"]),
        ("Petra p@x.example>", ["p@x.example"]),
        ("'p@x.example' <p@x.example>", ["p@x.example"]),
        ("'p@x.example'", ["p@x.example"]),
        ("mailto:p@x.example", ["p@x.example"]),
        ("<mailto:p@x.example>", ["p@x.example"]),
        ("<@relay.example:p@x.example>", ["p@x.example"]),
        ("p @ x.example", ["p@x.example"]),
        ("p@x.example.", ["p@x.example"]),
        ("sean.o'neill@x.example", ["sean.o'neill@x.example"]),
        ('"john doe"@x.example', ['"john doe"@x.example']),
        ("p@[192.168.1.1]", ["p@[192.168.1.1]"]),
        ("müller@x.example", ["müller@x.example"]),
        ("a@b@c.example, d@x.example", ["d@x.example"]),
        ("root, p@x.example", ["p@x.example"]),
        ("=?utf-8?Q?Vogt,_Petra?= <p@x.example>", ["p@x.example"]),
        ("=?utf-8?Q?Petra_=3Cp=40x.example=3E?=", ["p@x.example"]),
        ("p@x.example, P@X.EXAMPLE", ["p@x.example"]),
        (",,, a@x.example ,,", ["a@x.example"]),
        ("<>", []),
        ("a" * 300 + "@x.example", []),
    ],
)
def test_no_recipient_is_lost_and_none_invented(value: str, emails: list[str]) -> None:
    mail = parse_mail(f"To: {value}\r\n\r\n".encode())
    assert [address.email for address in mail.to] == emails


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('"Vogt, Petra" <p@x.example>', "Vogt, Petra"),
        ("Vogt, Petra <p@x.example>", "Vogt, Petra"),
        ('"Petra \\"Pit\\" Vogt" <p@x.example>', "Petra Pit Vogt"),
        ("=?utf-8?Q?J=C3=BCrg?= =?utf-8?Q?_B=C3=BChler?= <p@x.example>", "Jürg Bühler"),
        ('"=?utf-8?Q?J=C3=BCrg?=" <p@x.example>', "Jürg"),
        ("=?utf-8?Q?Vogt,_Petra?= <p@x.example>", "Vogt, Petra"),
        ("'Petra Vogt' <p@x.example>", "Petra Vogt"),
        ("p@x.example <p@x.example>", ""),
        ("=?utf-8?Q?evil=40y.example=2C_x?= <p@x.example>", "evil@y.example, x"),
        ("=?utf-8?Q?Zeile=0D=0AX:_y?= <p@x.example>", "Zeile X: y"),
    ],
)
def test_names_are_decoded_and_never_become_recipients(value: str, name: str) -> None:
    mail = parse_mail(f"To: {value}\r\n\r\n".encode())
    assert mail.to == (Address("p@x.example", name),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 14 Sep 2026 07:12:40 +0000", "2026-09-14T07:12:40+00:00"),
        ("03 Mar 2006 16:03:04 UT", "2006-03-03T16:03:04+00:00"),
        ("Mon, 14 Sep 2026 09:12:40 +0200 (CEST)", "2026-09-14T07:12:40+00:00"),
        ("Mon, 14 Sep 2026 09:12 +0200", "2026-09-14T07:12:00+00:00"),
        ("14 Sep 26 09:12:40 MESZ", "2026-09-14T07:12:40+00:00"),
        ("Mo, 14 Okt 2026 09:12:40 +0200", "2026-10-14T07:12:40+00:00"),
        ("Mon, 14 September 2026 09:12:40 +02", "2026-09-14T07:12:40+00:00"),
        ("Mon, 14 Sep 2026 09:12:40", "2026-09-14T09:12:40+00:00"),
        ("Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        ("2026-09-14T09:12:40+02:00", "2026-09-14T07:12:40+00:00"),
        ("2026-09-14 09:12:40 +0200", "2026-09-14T07:12:40+00:00"),
        ("Mon Sep 14 09:12:40 2026", "2026-09-14T09:12:40+00:00"),
        ("Mon, 14 Sep 2026 09:12:40 +9999", "2026-09-14T09:12:40+00:00"),
        ("Mon, 31 Feb 2026 09:12:40 +0000", None),
        ("Mon, 14 Sep 1066 09:12:40 +0000", None),
        ("Mon, 14 Sep 9999 23:59:59 -0100", None),
        ("heute", None),
        ("", None),
    ],
)
def test_a_date_is_read_in_every_form_that_mails_have(value: str, expected: str | None) -> None:
    sent_at = parse_mail(f"Date: {value}\r\nSubject: x\r\n\r\n".encode()).sent_at
    assert (sent_at.isoformat() if sent_at else None) == expected


def test_an_unreadable_date_falls_back_to_the_newest_received_line() -> None:
    mail = parse_mail(
        b"Received: from c by d; \r\n Tue, 15 Sep 2026 10:00:00 +0000\r\n"
        b"Received: from a by b; Mon, 14 Sep 2026 10:00:00 +0000\r\nDate: gestern\r\n\r\n"
    )
    assert mail.sent_at == datetime(2026, 9, 15, 10, tzinfo=UTC)
    assert {"bad_date", "date_from_received"} <= set(mail.defects)


def test_junk_lines_do_not_end_the_block() -> None:
    mail = parse_mail(
        b"From verkauf Mon Sep 14\r\nSubject: A\r\ndas ist Unfug\r\n : auch\r\nTo: a@x.example\r\n\r\n"
    )
    assert (mail.subject, mail.to) == ("A", (Address("a@x.example"),))
    assert "junk_line" in mail.defects


def test_a_sound_mail_has_no_defects() -> None:
    mail = parse_mail(
        b"From: a@x.example\r\nTo: b@y.example\r\nSubject: x\r\n folded\r\n\ttwice\r\n"
        b"Date: Mon, 14 Sep 2026 07:12:40 +0000\r\nMessage-ID: <1@x>\r\n\r\n"
    )
    assert mail.defects == ()


def test_all_lines_of_to_count_but_only_the_first_subject() -> None:
    mail = parse_mail(
        b"To: a@x.example\nSubject: A\nTo: b@y.example\nSubject: B\nBcc: c@z.example\n\n"
    )
    assert [address.email for address in mail.recipients] == [
        "a@x.example",
        "b@y.example",
        "c@z.example",
    ]
    assert mail.subject == "A"
    assert "repeated_subject" in mail.defects


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<1.2@x>", "<1.2@x>"),
        ("1.2@x", "<1.2@x>"),
        ("<1.2@x> (added by relay)", "<1.2@x>"),
        ("<1.2\r\n @x>", "<1.2@x>"),
        ("<>", ""),
    ],
)
def test_a_message_id_always_has_its_brackets(value: str, expected: str) -> None:
    assert parse_mail(f"Message-ID: {value}\r\n\r\n".encode()).message_id == expected


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_kind_of_line_end_is_read(newline: bytes) -> None:
    raw = newline.join(
        [b"\xef\xbb\xbfTo: a@x.example", b"Subject: A", b" B", b"", b"Subject: in the body", b""]
    )
    mail = parse_mail(read_header_block(io.BytesIO(raw)))
    assert (mail.subject, len(mail.to)) == ("A B", 1)


class CountingStream(io.BytesIO):
    """Counts how much was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize("length", [0, 8_170, 8_180, 8_185, 8_190, 20_000])
def test_attachments_are_not_read(length: int) -> None:
    stream = CountingStream(
        b"X-Filler: " + b"x" * length + b"\r\nTo: a@x.example\r\n\r\n" + b"body" * 1_000_000
    )
    block = read_header_block(stream)
    assert block.endswith(b"example\r\n\r\n")
    assert stream.taken <= len(block) + 8 * 1024


def test_a_block_without_end_is_cut_at_the_limit_and_says_so() -> None:
    block = read_header_block(io.BytesIO(b"X: y\r\n" * 100_000), limit=10_000)
    assert len(block) == 10_000
    assert "header_not_ended" in parse_mail(block).defects


def test_an_empty_file_is_an_empty_mail() -> None:
    assert parse_mail(read_header_block(io.BytesIO(b""))).defects == ("header_not_ended", "empty")


@given(st.binary(max_size=400))
def test_no_bytes_raise_and_no_text_has_control_characters(data: bytes) -> None:
    for prefix in (b"", b"Subject: ", b"To: ", b"Date: ", b"Subject: =?utf-8?B?", b"To: =?x?Q?"):
        mail = parse_mail(prefix + data)
        texts = [mail.subject, mail.message_id, *(value for _, value in mail.headers)]
        texts += [text for address in mail.recipients for text in (address.email, address.name)]
        for text in texts:
            assert not any(
                ord(character) < 32 or 0xD800 <= ord(character) <= 0xDFFF for character in text
            )
            text.encode()


@given(
    st.lists(
        st.from_regex(r"\A[a-z0-9.+_-]{1,20}@[a-z0-9-]{1,20}\.example\Z"),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
def test_every_plain_address_comes_back(emails: list[str]) -> None:
    mail = parse_mail(("To: " + ",\r\n ".join(emails) + "\r\n\r\n").encode())
    assert [address.email for address in mail.to] == emails


@pytest.mark.parametrize(
    "hostile",
    [
        b"Subject: " + b"=?u?q?" * 40_000,
        b"Subject: " + b"=?utf-8?Q?a?=" * 20_000,
        b"To: " + b"(" * 250_000,
        b"To: " + b'"' * 250_000,
        b"To: " + b"<" * 250_000,
        b"To: " + b"a, " * 80_000,
        b"To: " + b"a:" * 120_000,
        b"To: " + b"a@b " * 60_000,
        b"To: " + b"a@" * 120_000,
        b"To: " + b"a" * 250_000,
        b"To: <" + b"a" * 250_000 + b">",
        b"To: " + b'"\\' * 120_000,
        b"To: " + b"=?" * 120_000,
        b"To: a" + b" " * 250_000 + b"@b",
        b"To: a" + b"\n " * 120_000 + b"@b",
        b"Date: " + b"1" * 250_000,
        b"Date: " + b" " * 250_000,
        b"References: " + b"<" * 250_000,
        b"Message-ID: " + b"<" * 250_000,
        b"X: y\n" * 50_000,
        b"X:\n " * 60_000,
        b"a" * 250_000,
        b"Subject: " + b" \t" * 120_000 + b"\x01",
    ],
    ids=lambda value: value[:14].decode("ascii", "replace") if isinstance(value, bytes) else "",
)
def test_a_hostile_header_block_takes_linear_time(hostile: bytes, hang_guard: None) -> None:
    parse_mail(hostile)
