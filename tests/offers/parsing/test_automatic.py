"""What a machine wrote: it never stops a reminder, so a person's mail must never be taken for
it.
"""

from __future__ import annotations

import pytest

from offers.parsing.automatic import find_automatic_reason
from offers.parsing.headers import parse_mail


def reason(header: str, body: str = "") -> str:
    return find_automatic_reason(parse_mail((header + "\r\n\r\n").encode()), body)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Auto-Submitted: auto-replied", "auto_submitted"),
        ("Auto-Submitted: auto-generated (vacation)", "auto_submitted"),
        ("Auto-Submitted: auto-notified; owner-email=x", "auto_submitted"),
        ("X-Autoreply: yes", "autoreply_field"),
        ("X-Autorespond: Angebot", "autoreply_field"),
        ("Precedence: auto_reply", "precedence"),
        ("Precedence: bulk", "precedence"),
        ("Precedence: list\r\nSubject: Newsletter", "precedence"),
        ("Return-Path: <>", "null_sender"),
        ("From: MAILER-DAEMON@mx.example", "null_sender"),
        ("Content-Type: multipart/report; report-type=disposition-notification", "read_receipt"),
        ("Content-Type: multipart/report; report-type=delivery-status", "delivery_report"),
        ("Subject: Automatische Antwort: Angebot 4711", "subject"),
        ("Subject: Abwesenheitsnotiz: AW: Angebot 4711", "subject"),
        ("Subject: Abwesend: Angebot", "subject"),
        ("Subject: [EXTERN] Automatische Antwort: Angebot", "subject"),
        ("Subject: Out of Office: Quote", "subject"),
        ("Subject: Out of Office Re: Quote", "subject"),
        ("Subject: Automatic reply: Quote", "subject"),
        ("Subject: Ich bin nicht im =?utf-8?Q?B=C3=BCro?=", "subject"),
        ("Subject: =?utf-8?Q?R=C3=A9ponse_automatique?= : Devis", "subject"),
        ("Subject: Risposta automatica: Offerta", "subject"),
        ("Subject: Gelesen: Angebot 4711", "read_receipt"),
        ("Subject: Read: Quote", "read_receipt"),
        ("Subject: Lesebestätigung: Angebot", "read_receipt"),
    ],
)
def test_a_machine_is_recognised(header: str, expected: str) -> None:
    assert reason(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Subject: AW: Angebot 4711",
        "Subject: AW: Automatische Antwort: Angebot 4711",
        "Subject: Absage Angebot 4711",
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: All",
        "Precedence: list\r\nSubject: AW: Angebot",
        "Precedence: list\r\nIn-Reply-To: <1@x>",
        "List-Id: <verkauf.example>\r\nSubject: AW: Angebot",
        "Precedence: normal",
        "Return-Path: <a@x.example>",
        "Subject: Autohaus: Angebot",
        "Subject: Ready for order: Quote",
        "Subject: Ihre Anfrage vom 20.11., Angebot 4711",
        "Subject: Danke für Ihre Anfrage: Angebot 4711",
        "Subject: Abwesenheiten im Projekt",
        "Subject: Leseprobe: Angebot",
        "X-Mailer: david by Tobit.Software",
        "Content-Type: multipart/mixed; boundary=x",
    ],
)
def test_a_person_is_never_taken_for_a_machine(header: str) -> None:
    assert reason(header) == ""


def test_david_mails_are_written_by_people() -> None:
    for name in (
        "offer_2020s_8bit",
        "follow_up_counted_reply",
        "offer_2000s_ut_date",
        "offer_2020s_two_recipients_pdf",
    ):
        with open(f"tests/data/david/{name}.eml", "rb") as file:
            assert find_automatic_reason(parse_mail(file.read())) == ""


def test_the_text_counts_only_where_it_is_new() -> None:
    assert reason("Subject: Eingang", "Dies ist eine automatisch erzeugte Nachricht.") == "text"
    quoted = "Ja, gern.\n\nAm 14.09.2026 schrieb Petra Vogt:\n> Dies ist eine automatisch erzeugte Nachricht."
    assert reason("Subject: AW: Angebot", quoted) == ""
