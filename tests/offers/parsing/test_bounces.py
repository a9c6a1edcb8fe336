"""Delivery failures of several mail servers, made as they write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.bounces import About, Bounce, read_bounce
from offers.parsing.headers import parse_mail


def read(raw: str) -> Bounce | None:
    data = raw.encode()
    return read_bounce(data, parse_mail(data))


def make_report(status: str, *, human: str = "Es tut uns leid.", original: str = "") -> str:
    original = (
        original
        or "Message-ID: <r1@office.example>\nReferences: <offer@david.example>\nSubject: AW: Angebot\n"
    )
    return (
        "From: MAILER-DAEMON@mx.example\nTo: p.vogt@office.example\nSubject: Undelivered Mail Returned to Sender\n"
        'Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{human}\n\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\nArrival-Date: Mon, 14 Sep 2026 07:12:40 +0000\n\n{status}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--\n"
    )


def test_a_permanent_failure_by_the_standard_is_read() -> None:
    bounce = read(
        make_report(
            "Final-Recipient: rfc822; J.Buehler@kunde.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <j.buehler@kunde.example>: User unknown\n"
        )
    )
    assert bounce == Bounce(
        recipients=("j.buehler@kunde.example",),
        status="5.1.1",
        about=About.ADDRESS,
        diagnostic="550 5.1.1 <j.buehler@kunde.example>: User unknown",
        original_message_id="<r1@office.example>",
        original_references=("<offer@david.example>",),
        returns_mail=True,
    )


@pytest.mark.parametrize(
    ("fields", "status", "is_permanent"),
    [
        ("Action: failed\nStatus: 5.2.2", "5.2.2", True),
        ("Action: delayed\nStatus: 4.4.7", "4.4.7", False),
        ("Action: delayed\nStatus: 4.2.2 (mailbox full)", "4.2.2", False),
        ("Action: failed\nStatus: 4.4.7", "4.4.7", True),
        ("Action: failed", "5.0.0", True),
        (
            "Action: Failed (no such user)\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown",
            "5.1.1",
            True,
        ),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: X-Postfix; no route", "5.0.0", True),
        ("Action: failed\nDiagnostic-Code: smtp; 550 no such user", "5.0.0", True),
    ],
)
def test_status_and_action_decide_whether_it_is_for_good(
    fields: str, status: str, is_permanent: bool
) -> None:
    bounce = read(make_report(f"Final-Recipient: rfc822;a@x.example\n{fields}\n"))
    assert bounce is not None
    assert (bounce.recipients, bounce.status, bounce.is_permanent) == (
        ("a@x.example",),
        status,
        is_permanent,
    )


def test_both_the_address_written_to_and_the_one_forwarded_to_are_named() -> None:
    bounce = read(
        make_report(
            "Original-Recipient: rfc822;a@x.example\nFinal-Recipient: rfc822;b@y.example\n"
            "Action: failed\nStatus: 5.1.1\n\n"
            "Final-Recipient: rfc822;c@z.example\nAction: delivered\nStatus: 2.0.0\n"
        )
    )
    assert bounce is not None
    assert bounce.recipients == ("a@x.example", "b@y.example")


def test_a_success_or_a_read_receipt_is_no_bounce() -> None:
    assert (
        read(make_report("Final-Recipient: rfc822;a@x.example\nAction: delivered\nStatus: 2.0.0\n"))
        is None
    )
    assert (
        read(
            "Content-Type: multipart/report; report-type=disposition-notification\nSubject: Gelesen: x\n\n"
        )
        is None
    )


def test_an_ordinary_reply_is_no_bounce() -> None:
    assert (
        read(
            "From: a@x.example\nTo: p@y.example\nSubject: AW: Angebot\n\nuser unknown 550 5.1.1 <b@x.example>"
        )
        is None
    )
    assert (
        read("From: newsletter <bounce@x.example>\nSubject: Neues\n\nHallo <b@x.example>") is None
    )


EXIM = """Return-path: <>
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: p.vogt@office.example
X-Failed-Recipients: a@x.example
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered to one or more of its recipients.

  a@x.example
    550 Unknown user

------ This is a copy of the message, including all the headers. ------

Message-ID: <r1@office.example>
To: a@x.example, other@z.example
"""
QMAIL = """Return-Path: <>
From: MAILER-DAEMON@mx.example
To: p.vogt@office.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<a@x.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 No such user

--- Below this line is a copy of the message.

Return-Path: <p.vogt@office.example>
Message-ID: <r1@office.example>
"""
EXCHANGE = """From: Microsoft Outlook <postmaster@office.example>
To: p.vogt@office.example
Subject: Unzustellbar: Ihr Angebot AN-2026-0815

Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:

a@x.example
Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.

Message-ID: <r1@office.example>
"""
DELAYED = """Return-Path: <>
From: MAILER-DAEMON@mx.example
To: p.vogt@office.example
Subject: Warning: could not send message for past 4 hours

The following address had a temporary problem, the message will be retried:
<a@x.example>
"""


@pytest.mark.parametrize(
    ("raw", "status", "is_permanent", "original"),
    [
        pytest.param(EXIM, "5.0.0", True, "<r1@office.example>", id="Exim"),
        pytest.param(QMAIL, "5.1.1", True, "<r1@office.example>", id="qmail"),
        pytest.param(EXCHANGE, "", True, "<r1@office.example>", id="Exchange"),
        pytest.param(DELAYED, "", False, "", id="delayed"),
    ],
)
def test_failures_outside_the_standard_are_read(
    raw: str, status: str, is_permanent: bool, original: str
) -> None:
    bounce = read(raw)
    assert bounce is not None
    assert bounce.recipients == ("a@x.example",)
    assert (bounce.status, bounce.is_permanent, bounce.original_message_id) == (
        status,
        is_permanent,
        original,
    )


@given(st.binary(max_size=500))
def test_no_bytes_raise(data: bytes) -> None:
    heads = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status\n\n",
        b"From: postmaster@x.example\nContent-Type: multipart/mixed; boundary=b\nSubject: Undeliverable\n\n--b\n",
    )
    for head in heads:
        read_bounce(head + data, parse_mail(head))


@pytest.mark.parametrize(
    "piece", [b"<", b"a@", b"5.1.1", b"550 ", b"a@b.c ", b"a.", b"\nMessage-ID:", b"--", b"\n- "]
)
def test_hostile_texts_end(piece: bytes, hang_guard: None) -> None:
    head = b"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\n"
    read_bounce(head + piece * 200_000, parse_mail(head))
