"""The body: text without markup, names of attachments, and limits that hold against any nesting."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.body import has_closing_boundary, html_to_text, parse_body
from offers.parsing.headers import parse_mail
from offers.parsing.mime import parse_parameters, read_parts

DAVID = Path(__file__).parents[2] / "data" / "david"


def test_a_david_mail_with_a_pdf_is_read() -> None:
    body = parse_body((DAVID / "offer_2020s_two_recipients_pdf.eml").read_bytes())
    assert body.text.startswith("Sehr geehrte Frau Öztürk,")
    assert body.attachments == ("Angebot_AN-2026-0816.pdf",)


def test_an_8bit_mail_is_read() -> None:
    body = parse_body((DAVID / "offer_2020s_8bit.eml").read_bytes())
    assert "Herr Bühler" in body.text
    assert "Freundliche Grüße" in body.text


def make_message() -> EmailMessage:
    message = EmailMessage()
    message["To"] = "a@x.example"
    message.set_content("Guten Tag, anbei das Angebot über 4'711 €.")
    message.add_alternative(
        "<p>Guten <b>Tag</b></p><script>böse()</script><img src='http://x.example/p.gif'>", "html"
    )
    return message


def test_plain_text_html_and_attachments_are_told_apart() -> None:
    message = make_message()
    message.add_attachment(
        b"%PDF", maintype="application", subtype="pdf", filename="Angebot für Süd.pdf"
    )
    message.add_attachment("a;b", subtype="csv", filename="liste.csv")
    message.add_attachment(make_message())
    body = parse_body(message.as_bytes())
    assert body.text == "Guten Tag, anbei das Angebot über 4'711 €."
    assert body.attachments == ("Angebot für Süd.pdf", "liste.csv", "message.eml")


def test_html_is_read_where_there_is_no_plain_text() -> None:
    html = make_message().get_body(("html",))
    assert html is not None
    assert parse_body(html.as_bytes()).text == "Guten Tag"


def test_it_reads_what_the_standard_library_writes_in_any_encoding() -> None:
    for encoding in ("7bit", "8bit", "quoted-printable", "base64"):
        message = EmailMessage()
        text = "Grüße aus Zürich =\n" if encoding != "7bit" else "Hallo =\n"
        message.set_content(text * 50, cte=encoding)
        assert parse_body(message.as_bytes()).text == (text * 50).strip()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename=a.pdf", "a.pdf"),
        ("attachment; filename*=utf-8''Angebot%20f%C3%BCr.pdf", "Angebot für.pdf"),
        ("attachment; filename*0=Ange; filename*1=bot.pdf", "Angebot.pdf"),
        ("attachment; filename*0*=utf-8''F%C3%BC; filename*1*=r.pdf", "Für.pdf"),
        ('attachment; filename="=?utf-8?Q?F=C3=BCr.pdf?="', "Für.pdf"),
        ('attachment; filename="../../etc/passwd"', "../../etc/passwd"),
        ('attachment; filename="a\x00\x07b.pdf"', "ab.pdf"),
        ("attachment", "attachment.pdf"),
        ("attachment; filename*9999999999=x", "attachment.pdf"),
    ],
)
def test_the_name_of_an_attachment_is_read(value: str, name: str) -> None:
    raw = f"Content-Type: application/pdf\r\nContent-Disposition: {value}\r\n\r\nx".encode()
    assert parse_body(raw).attachments == (name,)


def test_parameters_of_a_content_type_are_read() -> None:
    assert parse_parameters('Multipart/Mixed; Boundary="a;b\\"c" ; charset=utf-8') == (
        "multipart/mixed",
        {"boundary": 'a;b"c', "charset": "utf-8"},
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Guten&nbsp;Tag</p><p>Zeile<br>zwei</p>", "Guten\xa0Tag\n\nZeile\nzwei"),
        ("<style>p{}</style><!-- x --><b>ja</b>", "ja"),
        ("<SCRIPT>a</SCRIPT >b", "b"),
        ("<script>nie geschlossen", "nie geschlossen"),
        ("a < b und c > d", "a < b und c > d"),
        ("&lt;script&gt;x", "<script>x"),
        ("<a href='javascript:x'>Klick</a>", "Klick"),
        ("<!-- offen", "!-- offen"),
        ("<p", "p"),
        ("", ""),
    ],
)
def test_html_becomes_plain_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


def test_a_closing_boundary_tells_a_complete_file() -> None:
    raw = (DAVID / "offer_2020s_two_recipients_pdf.eml").read_bytes()
    mail = parse_mail(raw)
    assert has_closing_boundary(mail, raw[-8192:])
    assert not has_closing_boundary(mail, raw[:-50][-8192:])
    assert has_closing_boundary(parse_mail(b"Subject: x\n\n"), b"")


def nested(depth: int) -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(depth)
    )
    tail = b"".join(b"\n--b%d--\n" % i for i in reversed(range(depth)))
    return head + b"Content-Type: text/plain\n\ntief\n" + tail


def test_deep_nesting_is_read_to_its_limit() -> None:
    assert parse_body(nested(49)).text == "tief"
    assert parse_body(nested(1_000)).text == ""


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(nested(1_000), id="1,000 deep"),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
            id="100,000 parts",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * 2_000_000,
            id="near boundaries",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + b"x: y\n" * 2_000_000,
            id="long part header",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 50_000,
            id="one boundary for all",
        ),
        pytest.param(b"Content-Type: text/html\n\n" + b"<" * 3_000_000, id="tags"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<script>" * 300_000, id="scripts"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<a href='" * 300_000, id="open tags"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<!--" * 500_000, id="comments"),
        pytest.param(b"Content-Type: text/html\n\n" + b"&amp" * 500_000, id="entities"),
        pytest.param(
            b"Content-Type: text/html\n\n" + b"</script" * 200_000 + b"<script>", id="closing tags"
        ),
        pytest.param(
            b"Content-Type: text/html\n\n<script>" + b"</script " * 200_000,
            id="unfinished closing tags",
        ),
        pytest.param(b"Content-Type: text/html\n\n" + b"<p>\n\n\n" * 200_000, id="breaks"),
        pytest.param(b"Content-Type: text/plain; charset=utf-7\n\n" + b"+" * 2_000_000, id="utf-7"),
        pytest.param(b"Content-Type: a/b;" + b" a=" * 80_000 + b"\n\n", id="parameters"),
        pytest.param(b"Content-Type: a/b;" + b' a="' * 60_000 + b"\n\n", id="quoted parameters"),
        pytest.param(b"Content-Type: a/b" + b";" * 250_000 + b"\n\n", id="semicolons"),
        pytest.param(b"Content-Transfer-Encoding: base64\n\n" + b"=" * 5_000_000, id="padding"),
        pytest.param(
            b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 2_000_000,
            id="soft breaks",
        ),
        pytest.param(b"x" * 60_000_000, id="60 MB"),
        pytest.param(b"\n" * 5_000_000, id="empty lines"),
    ],
)
def test_hostile_bodies_end(raw: bytes, hang_guard: None) -> None:
    body = parse_body(raw)
    assert len(body.attachments) <= 200
    assert len(body.text) <= 1_100_000


def test_too_many_parts_are_told() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 2_000 + b"--b--\n"
    parts, is_whole = read_parts(raw)
    assert len(parts) == 1_000
    assert not is_whole


def test_a_large_text_is_cut() -> None:
    body = parse_body(b"Content-Type: text/plain\n\n" + b"x" * 3_000_000)
    assert len(body.text) == 512 * 1024


@given(st.binary(max_size=600))
def test_no_bytes_raise(data: bytes) -> None:
    html = parse_body(
        b"Content-Type: text/html; charset=utf-7\nContent-Transfer-Encoding: base64\n\n"
        + base64.b64encode(data)
    )
    mixed = parse_body(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + data)
    for body in (html, mixed, parse_body(data)):
        for text in (body.text, *body.attachments):
            text.encode()
            assert "\x00" not in text
