"""Mails that went wrong on the way: `mutate(seed)` makes the same one for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

DAVID = Path(__file__).parents[2] / "data" / "david"
REPORT = (
    b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: p.vogt@muster-metallbau.example\r\n"
    b"Subject: Undeliverable: Ihr Angebot AN-2026-0815\r\nDate: Tue, 15 Sep 2026 14:02:11 +0000\r\n"
    b"Message-ID: <b1@mx.example>\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
    b"--r\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n550 5.1.1 <buehler@kunde-eins.example>: unknown user\r\n"
    b"--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; buehler@kunde-eins.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    b"--r\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Message-ID: <000232C3.6AA74068@mail.muster-metallbau.example>\r\n\r\nx\r\n--r--\r\n"
)
ABSENCE = (
    b"From: =?utf-8?Q?J=C3=BCrg_B=C3=BChler?= <buehler@kunde-eins.example>\r\nTo: p.vogt@muster-metallbau.example\r\n"
    b"Subject: Automatische Antwort: Ihr Angebot AN-2026-0815\r\nDate: Tue, 15 Sep 2026 14:02:11 +0200\r\n"
    b"Message-ID: <a1@kunde-eins.example>\r\nAuto-Submitted: auto-replied\r\n"
    b"Content-Type: text/html; charset=windows-1252\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Ich bin bis einschlie=DFlich 21.09. abwesend.</p>\r\n"
)
CHARSETS = [
    b"utf-8",
    b"utf-16",
    b"utf-7",
    b"iso-2022-jp",
    b"big5",
    b"x-unknown",
    b"rot13",
    b"idna",
    b"hex",
    b"cp1252",
    b"",
    b"\xff",
]
JUNK = [
    b"das ist Unfug",
    b"\x00\x01\x02",
    b":",
    b" : x",
    b"From verkauf Mon Sep 14",
    b"\xff\xfe",
    b"Subject",
    b">From: a@b",
    b"\x0b",
]
Mutation = Callable[[random.Random, bytes], bytes]


def originals() -> list[bytes]:
    """Return sound mails to start from."""
    return [path.read_bytes() for path in sorted(DAVID.glob("*.eml"))] + [REPORT, ABSENCE]


def flip_bytes(rng: random.Random, raw: bytes) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.randint(1, 30)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def cut(rng: random.Random, raw: bytes) -> bytes:
    return raw[: rng.randint(0, len(raw))]


def drop_slice(rng: random.Random, raw: bytes) -> bytes:
    start = rng.randint(0, len(raw))
    return raw[:start] + raw[start + rng.randint(0, 200) :]


def repeat_slice(rng: random.Random, raw: bytes) -> bytes:
    start = rng.randint(0, len(raw))
    piece = raw[start : start + rng.randint(1, 80)]
    return raw[:start] + piece * rng.choice([2, 10, 1_000]) + raw[start:]


def double_header(rng: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    line = rng.choice(lines[: rng.randint(1, 15)])
    lines.insert(rng.randint(0, min(15, len(lines))), line)
    return b"\n".join(lines)


def tear_header(rng: random.Random, raw: bytes) -> bytes:
    position = rng.randint(0, min(900, len(raw)))
    return (
        raw[:position]
        + rng.choice([b"\r\n", b"\n", b"\r", b"\r\n ", b"\n\t", b"\r\r\n"])
        + raw[position:]
    )


def insert_junk(rng: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    lines.insert(rng.randint(0, min(12, len(lines))), rng.choice(JUNK))
    return b"\n".join(lines)


def change_charset(rng: random.Random, raw: bytes) -> bytes:
    for name in (b"utf-8", b"iso-8859-1", b"windows-1252"):
        raw = raw.replace(name, rng.choice(CHARSETS))
    return raw


def change_encoding(rng: random.Random, raw: bytes) -> bytes:
    encodings = [b"base64", b"quoted-printable", b"8BIT", b"x-uuencode", b"\xff"]
    for name in encodings[:3]:
        raw = raw.replace(name, rng.choice(encodings))
    return raw


def change_line_ends(rng: random.Random, raw: bytes) -> bytes:
    return raw.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\r\r\n", b"\n\n", b"\x00", b"\x85"]))


def nest(rng: random.Random, raw: bytes) -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=n%d\n\n--n%d\n" % (i, i)
        for i in range(rng.choice([60, 1_000]))
    )
    return raw.split(b"\r\n\r\n", 1)[0].replace(b"Content-Type", b"X-Was") + b"\r\n" + head + raw


def multiply_parts(rng: random.Random, raw: bytes) -> bytes:
    head = raw.split(b"\r\n\r\n", 1)[0].replace(b"Content-Type", b"X-Was")
    part = rng.choice(
        [b"--p\n\nx\n", b"--p\nContent-Disposition: attachment\n\nx\n", b"--p\n--p\n"]
    )
    return (
        head
        + b"\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n"
        + part * rng.choice([1_500, 100_000])
    )


def grow_header(rng: random.Random, raw: bytes) -> bytes:
    field = rng.choice(
        [
            b"To: ",
            b"Subject: ",
            b"References: ",
            b"Date: ",
            b"X-Filler: ",
            b"Content-Type: ",
            b"From: ",
        ]
    )
    piece = rng.choice(
        [
            b"a",
            b"=?utf-8?Q?",
            b"<",
            b'"',
            b"(",
            b", ",
            b"a@b ",
            b"\\",
            b"\xe4",
            b" \r\n ",
            b"=",
            b";a=",
            b"1 ",
        ]
    )
    return field + piece * rng.choice([100, 10_000, 60_000]) + b"\r\n" + raw


def shuffle_lines(rng: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


LIGHT: list[Mutation] = [
    *(flip_bytes, cut, drop_slice, repeat_slice, double_header, tear_header, insert_junk),
    *(change_charset, change_encoding, change_line_ends, shuffle_lines),
]
HEAVY: list[Mutation] = [nest, multiply_parts, grow_header]


def mutate(seed: int) -> bytes:
    """Return one damaged mail; one in eight is also of hostile size."""
    rng = random.Random(seed)
    raw = rng.choice(originals())
    for mutation in rng.choices(LIGHT, k=rng.randint(1, 4)):
        raw = mutation(rng, raw)
    return rng.choice(HEAVY)(rng, raw) if rng.random() < 0.125 else raw
