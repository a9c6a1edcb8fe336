from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import import_module
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from feedback import links
from reminders.mail.message import build_message
from reminders.mail.phrases import PHRASES, write_date
from reminders.mail.rendering import (
    MailSender,
    OfferInMail,
    ReminderMail,
    reply_subject,
    write_parts,
)
from reminders.mail.templating import PLACEHOLDERS, MailTextError, compile_text, render
from tests.reminders.header_checker import find_faults

TEXTS = import_module("reminders.migrations.0002_default_plan_and_texts").TEXTS
BASE = "https://feedback.test"
LANGUAGES = ("de", "en", "fr", "it")

SENDER = MailSender(
    from_email="Angebote <angebote@muster-metallbau.example>",
    company="Muster Metallbau AG",
    legal_notice="Muster Metallbau AG, 8000 Zürich\nCHE-123.456.789 MWST",
    imprint_url="https://muster-metallbau.example/impressum",
    privacy_url="https://muster-metallbau.example/datenschutz",
    salesperson_name="Petra Vögtlin",
    salesperson_email="p.voegtlin@muster-metallbau.example",
    salesperson_phone="+41 44 000 00 00",
)


def make_line(number: str = "AN-2026-1", **fields: Any) -> OfferInMail:
    token = UUID(int=Random(repr(number)).getrandbits(128), version=4)
    defaults = {
        "offered_on": date(2026, 9, 10),
        "subject": f"Ihr Angebot {number}",
        "form_url": links.form_url(BASE, token),
        "opt_out_url": links.opt_out_url(BASE, token),
        "message_id": "<offer-1@muster-metallbau.example>",
    }
    return OfferInMail(number, **{**defaults, **fields})


def make_mail(language: str = "de", step: int = 1, **fields: Any) -> ReminderMail:
    subject, body = TEXTS[language, step]
    defaults = {
        "message_id": "<nachfass.0123456789abcdef@muster-metallbau.example>",
        "mail_date": datetime(2026, 9, 15, 7, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Zurich")),
        "recipient": "j.buehler@kunde.example",
        "customer_email": "j.buehler@kunde.example",
        "customer_name": "Jörg Bühler",
        "customer_company": "Kunde GmbH",
        "language": language,
        "sender": SENDER,
        "offers": (make_line(),),
        "subject_text": subject,
        "body_text": body,
    }
    return ReminderMail(**{**defaults, **fields})


def read(mail: ReminderMail) -> EmailMessage:
    return message_from_bytes(build_message(mail), policy=policy.default)  # type: ignore[return-value]


def test_the_headers_are_those_of_the_design():
    mail = read(make_mail())
    assert (
        str(mail["From"])
        == "Petra Vögtlin | Muster Metallbau AG <angebote@muster-metallbau.example>"
    )
    assert str(mail["Reply-To"]) == "Petra Vögtlin <p.voegtlin@muster-metallbau.example>"
    assert str(mail["To"]) == "Jörg Bühler <j.buehler@kunde.example>"
    assert str(mail["Subject"]) == "AW: Ihr Angebot AN-2026-1"
    assert mail["In-Reply-To"] == mail["References"] == "<offer-1@muster-metallbau.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["List-Unsubscribe"] == f"<{make_line().opt_out_url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["X-Nachfass-Reminder"] == "nachfass.0123456789abcdef"
    assert mail["Date"] == "Tue, 15 Sep 2026 09:30:00 +0200"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_both_parts_say_all_that_a_customer_must_know(language: str, kind: str):
    text = read(make_mail(language)).get_body((kind,)).get_content()
    line = make_line()
    for needed in (
        line.number, write_date(line.offered_on, language), line.form_url, f"{line.form_url}?a=interested",
        f"{line.form_url}?a=declined", line.opt_out_url, "CHE-123.456.789 MWST", "j.buehler@kunde.example",
        SENDER.imprint_url, SENDER.privacy_url, SENDER.salesperson_phone, "Jörg Bühler",
    ):  # fmt: skip
        assert needed in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "letzte Erinnerung"),
        ("en", "last reminder"),
        ("fr", "dernier rappel"),
        ("it", "ultimo promemoria"),
    ],
)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_only_the_last_reminder_of_the_plan_says_that_it_is_the_last(
    language: str, words: str, step: int
):
    for is_last in (False, True):
        parts = write_parts(make_mail(language, step, offers=(make_line(is_last_step=is_last),)))
        assert (words in parts.text, words in parts.html) == (is_last, is_last)


def test_a_mail_about_several_offers_says_why_it_comes_in_the_plural():
    mail = make_mail(offers=(make_line("A-1"), make_line("A-2")))
    assert "die genannten Angebote an" in write_parts(mail).text
    assert "das genannte Angebot an" in write_parts(make_mail()).html


def test_nothing_in_the_mail_is_fetched_from_elsewhere():
    html = write_parts(make_mail()).html
    assert "<img" not in html
    assert "<link" not in html
    assert "url(" not in html
    assert "<script" not in html


def test_several_offers_each_have_their_own_link_and_say_which_is_the_last():
    offers = (make_line("A-1"), make_line("A-2", is_last_step=True, message_id="<two@x.example>"))
    mail = make_mail(offers=offers)
    parts = write_parts(mail)
    assert all(offer.form_url in parts.text and offer.form_url in parts.html for offer in offers)
    assert (
        parts.text.count(PHRASES["de"].last_of_offer)
        == parts.html.count(PHRASES["de"].last_of_offer)
        == 1
    )
    assert str(read(mail)["References"]).split() == [
        "<offer-1@muster-metallbau.example>",
        "<two@x.example>",
    ]


def test_the_same_letter_is_the_same_mail():
    assert build_message(make_mail()) == build_message(make_mail())


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Ihr Angebot 5", "AW: Ihr Angebot 5"),
        ("AW: Ihr Angebot 5", "AW: Ihr Angebot 5"),
        ("Re: AW: Re[2]: Offerte", "AW: Offerte"),
        ("Re-2: Offerte", "AW: Offerte"),
        ("Rechnung: 5", "AW: Rechnung: 5"),
    ],
)
def test_the_subject_is_the_offers_behind_one_aw(subject: str, expected: str):
    assert reply_subject(subject) == expected


def test_values_are_never_read_as_a_template_or_as_html():
    offer = make_line(subject="{{ name }} <b>&amp; {% if %}")
    parts = write_parts(
        make_mail(customer_name="<script>alert(1)</script> {{ x }}", offers=(offer,))
    )
    assert "<script>" not in parts.html
    assert "&lt;script&gt;" in parts.html
    assert "{{ name }} <b>&amp; {% if %}" in parts.text


NASTY = (
    "\r\nBcc: x@evil.example", "\nBcc: x@evil.example\n\nbody", "\x00", "\x0b\x0c\x85\u2028\u2029",
    "=?utf-8?q?=0d=0aBcc:_x?=", "=?broken", '"quoted" <a@b.example>', "Ä" * 300, "x" * 1200, "日本語" * 40, "\ud800",
    "a, b; c: <d>", "\u202eevil", "😀" * 80, " \t ", "", ".", "\r\n.\r\n", "%s {}", "'",
)  # fmt: skip


def make_nasty(seed: int) -> ReminderMail:
    random = Random(seed)

    def text() -> str:
        return "".join(
            random.choice([*NASTY, "Angebot", " 17 "]) for _ in range(random.randrange(1, 4))
        )

    sender = replace(SENDER, salesperson_name=text(), company=text(), legal_notice=text())
    lines = tuple(
        make_line(
            text(),
            subject=text(),
            message_id=random.choice(["<a@b.example>", text(), "<" + "y" * 990 + "@z>"]),
        )
        for _ in range(random.choice([1, 1, 3]))
    )
    return make_mail(
        random.choice(LANGUAGES), random.choice([1, 2, 3]), customer_name=text(), customer_company=text(),
        sender=sender, offers=lines, subject_text=random.choice(["", "{{ offer_subject }} {{ name }}"]),
    )  # fmt: skip


def test_no_name_or_subject_adds_a_header_or_breaks_the_mail():
    for seed in range(200):
        mail = build_message(make_nasty(seed))
        assert find_faults(mail) == [], seed
        assert b"evil" not in re_headers(mail, b"bcc")


def re_headers(mail: bytes, name: bytes) -> bytes:
    head = mail.partition(b"\r\n\r\n")[0].lower()
    return b"".join(line for line in head.split(b"\r\n") if line.startswith(name + b":"))


def check_all(offers: int) -> None:
    for language in LANGUAGES:
        for step in (1, 2, 3):
            for number in range(offers):
                random = Random(f"{language}{step}{number}")
                name = random.choice(
                    [
                        "Jörg Bühler",
                        "Zoë O’Neill-Müller",
                        "A. B.",
                        "",
                        "名前",
                        "Dr. med. " + "x" * 90,
                    ]
                )
                line = make_line(
                    f"AN {number}/ä",
                    subject=random.choice(["Offre n° 5 – façade", "Angebot " * 20, "Ü" * 150]),
                )
                mail = make_mail(
                    language, step, customer_name=name, offers=(line,) * random.choice([1, 2])
                )
                assert find_faults(build_message(mail)) == []


def test_every_default_mail_passes_the_header_checker():
    check_all(offers=10)


@pytest.mark.torture
def test_every_default_mail_passes_the_header_checker_for_many_offers():
    check_all(offers=200)


def test_the_checker_finds_faults():
    good = build_message(make_mail())
    assert find_faults(good.replace(b"Auto-Submitted: auto-generated\r\n", b""))
    assert find_faults(good.replace(b"\r\nTo:", b"\r\nBcc: x@y.example\r\nTo:"))
    assert find_faults(good.replace(b"Subject: ", b"Subject: " + b"x" * 1000))
    assert find_faults(good.replace(b"Subject: ", "Subject: ü".encode()))
    assert find_faults(good.replace(b"\r\nTo:", b"\nTo:"))


@pytest.mark.parametrize("key", TEXTS, ids=str)
def test_the_default_texts_have_no_mistake(key: tuple[str, int]):
    subject, text = TEXTS[key]
    compile_text(text)
    compile_text(subject)


def test_every_placeholder_that_is_listed_can_be_used():
    text = " ".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS)
    assert "AN-2026-1" in write_parts(make_mail(body_text=text)).text


@pytest.mark.parametrize(
    "text", ["{{ a.b }}", "{% for x in name %}{% endfor %}", "{% extends 'x' %}", "{% debug %}"]
)
def test_a_text_can_reach_nothing_but_its_placeholders(text: str):
    with pytest.raises(MailTextError):
        compile_text(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ name|default:kunde }}", "Line 1: “kunde” is not a placeholder"),
        ("A\n{{ 'x'|add:foo }}", "Line 2: “foo” is not a placeholder"),
        ("A\n{{ count|divisibleby:0 }}", "Line 2: this cannot be filled in"),
        (
            "{% if several %}{{ count|divisibleby:0 }}{% endif %}",
            "Line 1: this cannot be filled in",
        ),
        ("A\n{{ name", "Line 2: “{{” has no counterpart."),
        ("A {{ name }}\n\n{ { name } }", "Line 3: “{ {” has no counterpart."),
        ("name }}", "Line 1: “}}” has no counterpart."),
        ("{% if several %}x", "Line 1: {% if %} has no end."),
        ("A\n{% inlcude 'x' %}", "Line 2: {% inlcude %} cannot be used here, only {% if %}."),
        ("{{ name|shout }}", "Line 1: there is no filter “shout”."),
        ("{{ }}", "Line 1: this cannot be read."),
        ("{{ name name }}", "Line 1: this cannot be read."),
    ],
)
def test_a_mistake_in_a_text_is_named_with_its_line(text: str, complaint: str):
    with override("en"), pytest.raises(MailTextError) as caught:
        compile_text(text)
    assert str(caught.value).startswith(complaint)


def test_a_text_that_cannot_be_filled_in_is_a_mistake_of_that_text():
    with pytest.raises(MailTextError):
        render("{{ count|divisibleby:count }}", {"count": 0})


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", "1. März 2026"),
        ("en", "1 March 2026"),
        ("fr", "1er mars 2026"),
        ("it", "1 marzo 2026"),
    ],
)
def test_days_are_written_as_people_write_them(language: str, expected: str):
    assert write_date(date(2026, 3, 1), language) == expected
