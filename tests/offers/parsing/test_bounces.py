"""Delivery failures of several mail servers, made as they write them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.bounces import read_bounce
from offers.parsing.findings import About, Bounce
from offers.parsing.headers import parse_mail, read_header_block
from tests.offers.bounce_samples import DELAYED, FAILED, NO_FAILURES, PEOPLE, REFUSED


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
    )


@pytest.mark.parametrize(
    ("fields", "status", "about"),
    [
        ("Action: failed\nStatus: 5.2.2", "5.2.2", About.ADDRESS),
        ("Action: delayed\nStatus: 4.4.7", "4.4.7", About.DELAY),
        ("Action: delayed\nStatus: 4.2.2 (mailbox full)", "4.2.2", About.DELAY),
        ("Action: failed\nStatus: 4.4.7", "4.4.7", About.ADDRESS),
        ("Action: failed\nStatus: 4.2.2", "4.2.2", About.ADDRESS),
        ("Action: failed", "5.0.0", About.ADDRESS),
        ("Status: 4.4.1", "4.4.1", About.DELAY),
        (
            "Action: Failed (no such user)\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown",
            "5.1.1",
            About.ADDRESS,
        ),
        (
            "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: X-Postfix; no route",
            "5.0.0",
            About.ADDRESS,
        ),
        ("Action: failed\nDiagnostic-Code: smtp; 550 no such user", "5.0.0", About.ADDRESS),
    ],
)
def test_action_and_status_decide_whether_it_failed(fields: str, status: str, about: About) -> None:
    bounce = read(make_report(f"Final-Recipient: rfc822;a@x.example\n{fields}\n"))
    assert bounce is not None
    assert (bounce.recipients, bounce.status, bounce.about) == (("a@x.example",), status, about)


@pytest.mark.parametrize(
    ("diagnostic", "about"),
    [
        ("552 5.3.4 Message too big for system", About.MAIL),
        ("550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient", About.MAIL),
        ("550 5.1.1 maximum message size exceeded", About.MAIL),
        ("554 5.6.0 Mail content refused", About.MAIL),
        ("550 5.7.1 Nachricht abgelehnt: Virus gefunden", About.MAIL),
        ("550 5.7.1 Service unavailable; client host [192.0.2.7] blocked using zen", About.MAIL),
        ("550 attachment type zip is not allowed here", About.MAIL),
        ("550 5.7.26 does not pass the DMARC policy of its domain", About.MAIL),
        ("553 5.1.8 Sender address rejected: domain not found in policy", About.MAIL),
        ("550 5.7.1 Unable to relay", About.MAIL),
        ("550 5.7.1 x", About.MAIL),
        ("554 IP=192.0.2.7 - A problem occurred. (Ask your postmaster for help.) (BL)", About.MAIL),
        ("450 4.7.1 Greylisted, try again later", About.MAIL),
        ("554 5.7.1 Client host rejected: cannot find your reverse hostname", About.MAIL),
        ("550 5.7.1 Mailbox disabled for this recipient", About.ADDRESS),
        ("550 5.1.1 <spam@virus.example>: Recipient address rejected: User unknown", About.ADDRESS),
        ("550 5.1.1 content.filter.example says no", About.ADDRESS),
        ("552 5.2.2 Mailbox size limit exceeded", About.ADDRESS),
        ("552 5.2.2 Das Postfach ist voll", About.ADDRESS),
        ("550 5.4.1 Recipient address rejected: Access denied", About.ADDRESS),
        ("X-Postfix; Host or domain name not found", About.ADDRESS),
        ("550 5.4.7 QUEUE.Expired; message expired", About.ADDRESS),
        ("550 no", About.ADDRESS),
    ],
)
def test_the_reason_tells_whether_the_address_or_the_mail_was_refused(
    diagnostic: str, about: About
) -> None:
    fields = f"Final-Recipient: rfc822;a@x.example\nAction: failed\nDiagnostic-Code: smtp; {diagnostic}\n"
    bounce = read(make_report(fields))
    assert bounce is not None
    assert bounce.about == about


def test_a_footer_about_viruses_says_nothing_about_the_failure() -> None:
    footer = "This mail was scanned for viruses and offensive content."
    fields = "Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n"
    bounce = read(make_report(fields, human=footer))
    assert bounce is not None
    assert bounce.about == About.ADDRESS


def test_the_subject_of_the_returned_mail_says_nothing_about_the_failure() -> None:
    raw = (
        "From: postmaster@kunde.example\nSubject: Unzustellbar: Luftfilter mit Verzögerung\n\n"
        "Ihre Nachricht\n  An: a@x.example\n"
        "  Betreff: Luftfilter mit Verzögerung, Größe 3, Anhang\n\n"
        "hat den Empfänger nicht erreicht:\n\na@x.example\n  Konto geschlossen\n"
    )
    bounce = read(raw)
    assert bounce is not None
    assert (bounce.recipients, bounce.about) == (("a@x.example",), About.ADDRESS)


def test_of_several_recipients_those_of_the_gravest_failure_count() -> None:
    fields = (
        "Final-Recipient: rfc822;waits@x.example\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822;gone@x.example\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822;fine@x.example\nAction: delivered\nStatus: 2.0.0\n\n"
        "Final-Recipient: rfc822;big@x.example\nAction: failed\nStatus: 5.3.4\n"
    )
    bounce = read(make_report(fields))
    assert bounce is not None
    assert (bounce.recipients, bounce.about) == (("gone@x.example",), About.ADDRESS)


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


@pytest.mark.parametrize(
    ("field", "email"),
    [
        ("Original-Recipient: rfc822;a+40x.example", "a@x.example"),
        ("Original-Recipient: rfc822;a+b@x.example", "a+b@x.example"),
        ("Final-Recipient: utf-8; b\\x{FC}hler@x.example", "bühler@x.example"),
        ("Final-Recipient: rfc822; rfc822;a@x.example", "a@x.example"),
        ("Final-Recipient: LOCAL; <A@X.example>", "a@x.example"),
    ],
)
def test_addresses_are_read_in_the_forms_of_the_standards(field: str, email: str) -> None:
    bounce = read(make_report(f"{field}\nAction: failed\nStatus: 5.1.1\n"))
    assert bounce is not None
    assert bounce.recipients == (email,)


def test_of_a_report_with_many_recipients_only_some_are_read() -> None:
    blocks = [
        f"Final-Recipient: rfc822;a{number}@x.example, b{number}@x.example\nAction: failed\n"
        for number in range(50)
    ]
    bounce = read(make_report("\n".join(blocks)))
    assert bounce is not None
    assert len(bounce.recipients) == 20


def test_the_only_recipient_of_the_returned_mail_failed_where_no_other_is_named() -> None:
    original = "Message-ID: <offer@x>\nTo: a@x.example\n"
    bounce = read(make_report("Action: failed\nStatus: 5.1.1\n", original=original))
    assert bounce is not None
    assert bounce.recipients == ("a@x.example",)


def test_a_report_that_returns_nothing_names_no_mail() -> None:
    fields = "Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n"
    bounce = read(make_report(fields, original="X-Nothing: x\n"))
    assert bounce is not None
    assert bounce.original_message_id == ""


def test_a_report_that_answers_a_mail_names_it() -> None:
    raw = (
        "From: postmaster@kunde.example\nSubject: Unzustellbar: Angebot\nIn-Reply-To: <offer@x>\n"
        "References: <first@x> <offer@x>\n\na@x.example\n#5.1.1\n"
    )
    bounce = read(raw)
    assert bounce is not None
    assert bounce.original_message_id == "<offer@x>"


def test_a_report_that_a_gateway_attached_to_its_own_is_read() -> None:
    inner = make_report("Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n")
    raw = (
        "From: postmaster@gateway.example\nSubject: Delivery Status Notification (Failure)\n"
        'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\n\nscanned for viruses\n'
        f"--outer\nContent-Type: message/rfc822\n\n{inner}\n--outer--\n"
    )
    bounce = read(raw)
    assert bounce is not None
    assert (bounce.recipients, bounce.status, bounce.about) == (
        ("a@x.example",),
        "5.1.1",
        About.ADDRESS,
    )
    assert bounce.original_message_id == "<r1@office.example>"


def test_a_report_without_its_boundary_is_read() -> None:
    report = make_report("Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n")
    bounce = read(report.replace(' boundary="b"', ""))
    assert bounce is not None
    assert (bounce.recipients, bounce.status) == (("a@x.example",), "5.1.1")


def test_a_report_behind_empty_lines_is_read_as_without() -> None:
    report = make_report("Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n")
    raw = f"\n{report}".encode()
    bounce = read_bounce(raw, parse_mail(read_header_block(io.BytesIO(raw))))
    assert bounce is not None
    assert bounce == read(report)


def test_a_failure_from_any_sender_is_told_by_the_mail_that_it_returns() -> None:
    raw = (
        "From: inet@relay.example\nSubject: Mail could not be delivered\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nThe mail could not be delivered.\n'
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <offer@x>\nTo: a@x.example\n\n--b--\n"
    )
    bounce = read(raw)
    assert bounce is not None
    assert (bounce.recipients, bounce.original_message_id) == (("a@x.example",), "<offer@x>")


@pytest.mark.parametrize("raw", FAILED.values(), ids=FAILED)
def test_a_failure_is_about_the_address(raw: str) -> None:
    bounce = read(raw)
    assert bounce is not None
    assert (bounce.recipients, bounce.about) == (("buehler@kunde-eins.example",), About.ADDRESS)


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_about_the_mail(raw: str) -> None:
    bounce = read(raw)
    assert bounce is not None
    assert (bounce.recipients, bounce.about) == (("buehler@kunde-eins.example",), About.MAIL)
    assert bounce.original_message_id == "<offer@x>"


@pytest.mark.parametrize("raw", DELAYED.values(), ids=DELAYED)
def test_a_delay_is_no_failure(raw: str) -> None:
    bounce = read(raw)
    assert bounce is not None
    assert (bounce.recipients, bounce.about) == (("buehler@kunde-eins.example",), About.DELAY)


@pytest.mark.parametrize(
    "raw", [*NO_FAILURES.values(), *PEOPLE.values()], ids=[*NO_FAILURES, *PEOPLE]
)
def test_what_tells_no_failure_is_no_bounce(raw: str) -> None:
    assert read(raw) is None


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
DELAYED_TEXT = """Return-Path: <>
From: MAILER-DAEMON@mx.example
To: p.vogt@office.example
Subject: Warning: could not send message for past 4 hours

The following address had a temporary problem, the message will be retried:
<a@x.example>
"""


@pytest.mark.parametrize(
    ("raw", "status", "about", "original"),
    [
        pytest.param(EXIM, "5.0.0", About.ADDRESS, "<r1@office.example>", id="Exim"),
        pytest.param(QMAIL, "5.1.1", About.ADDRESS, "<r1@office.example>", id="qmail"),
        pytest.param(EXCHANGE, "", About.ADDRESS, "<r1@office.example>", id="Exchange"),
        pytest.param(DELAYED_TEXT, "", About.DELAY, "", id="delayed"),
    ],
)
def test_failures_outside_the_standard_are_read(
    raw: str, status: str, about: About, original: str
) -> None:
    bounce = read(raw)
    assert bounce is not None
    assert bounce.recipients == ("a@x.example",)
    assert (bounce.status, bounce.about, bounce.original_message_id) == (status, about, original)


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


HOSTILE_HEADS = {
    "server": "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\n",
    "person": "From: a@x.example\nSubject: AW: Angebot\n\n",
    "markup": "From: postmaster@x.example\nSubject: Unzustellbar\nContent-Type: text/html\n\n",
    "status": "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: message/delivery-status\n\n",
    "returned": "From: postmaster@x.example\nSubject: Unzustellbar\n"
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n",
    "subject": "From: postmaster@x.example\nSubject: ",
    "field": "From: postmaster@x.example\nX-Failed-Recipients: ",
}


@pytest.mark.parametrize("head", HOSTILE_HEADS.values(), ids=HOSTILE_HEADS)
@pytest.mark.parametrize(
    "piece",
    [
        "<", "a@", "5.1.1", "550 ", "a@b.c ", "a.", "\nMessage-ID:", "--", "\n- ", "\n>",
        "your message ", "not delivered ", "\nold mail :",
        "ihre nachricht wurde ", "delivery ", "size exceed ", "\nsubject:",
        "\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n",
        "\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n",
        "\n--b\nContent-Type: message/rfc822\n\nFrom: a@b\n\n", "\\x{", "+4",
    ],
)  # fmt: skip
def test_hostile_texts_end(head: str, piece: str, hang_guard: None) -> None:
    raw = (head + piece * (400_000 // len(piece))).encode()
    read_bounce(raw, parse_mail(raw[: 256 * 1024]))
