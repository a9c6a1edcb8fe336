from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from crm.accounts.models import OwnCompany
from feedback.backoffice.models import Answer, DeclineReason, SyncState
from feedback.backoffice.notify_salespeople import Notices, notify_salespeople
from tests.make import make_offer, make_user
from tests.servers import free_port
from tests.smtp_server import SmtpServer, smtp_server

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 16, 12, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def inbox(settings: Any) -> Iterator[SmtpServer]:
    with smtp_server() as server:
        settings.EMAIL_BACKEND = "crm.core.mail_backend.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def make_answer(**fields: Any) -> Answer:
    offer = fields.pop("offer", None) or make_offer(salesperson=make_user())
    return Answer.objects.create(
        **{"offer": offer, "kind": "declined", "answered_at": NOW} | fields
    )


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_the_salesperson_is_told_at_once_with_words_reason_and_link(inbox: SmtpServer) -> None:
    answer = make_answer(
        comment="Leider 10 % zu teuer.", reason=DeclineReason.objects.get(code="price")
    )
    assert notify_salespeople(NOW) == Notices(sent=1)
    (mail,) = inbox.mails
    text = text_of(mail)
    assert inbox.recipients == [[answer.offer.salesperson.email]]
    assert answer.offer.number in mail["Subject"]
    assert "Leider 10 % zu teuer." in text
    assert "Der Preis ist zu hoch" in text
    assert f"https://nachfass.test/admin/offers/offer/{answer.offer_id}/change/" in text
    assert mail["Auto-Submitted"] == "auto-generated"


def test_it_is_told_once(inbox: SmtpServer) -> None:
    make_answer()
    notify_salespeople(NOW)
    assert notify_salespeople(NOW + timedelta(hours=1)) == Notices()
    assert len(inbox.mails) == 1


def test_several_within_five_minutes_make_one_mail(inbox: SmtpServer) -> None:
    salesperson = make_user()
    answers = [make_answer(offer=make_offer(salesperson=salesperson)) for _ in range(3)]
    notify_salespeople(NOW)
    answers += [make_answer(offer=make_offer(salesperson=salesperson)) for _ in range(2)]
    assert notify_salespeople(NOW + timedelta(minutes=4)) == Notices()
    assert notify_salespeople(NOW + timedelta(minutes=5)) == Notices(sent=1)
    first, second = (text_of(mail) for mail in inbox.mails)
    assert all(answer.offer.number in first for answer in answers[:3])
    assert all(answer.offer.number in second for answer in answers[3:])


def test_each_salesperson_gets_a_mail_of_their_own_answers(inbox: SmtpServer) -> None:
    first, second = make_answer(), make_answer()
    assert notify_salespeople(NOW) == Notices(sent=2)
    told = dict(zip([to[0] for to in inbox.recipients], map(text_of, inbox.mails), strict=True))
    assert second.offer.number not in told[first.offer.salesperson.email]


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Angebot öffnen"), ("en", "Open the offer")]
)
def test_it_is_written_in_the_language_of_the_salesperson(
    inbox: SmtpServer, language: str, words: str
) -> None:
    make_answer(offer=make_offer(salesperson=make_user(language=language)))
    notify_salespeople(NOW)
    page = inbox.mails[0].get_body(("html",))
    assert page is not None
    assert words in page.get_content()


def test_an_offer_that_nobody_holds_is_told_to_the_company(inbox: SmtpServer) -> None:
    OwnCompany.objects.create(pk=1, name="Muster", email="info@muster-metallbau.example")
    make_answer(offer=make_offer())
    notify_salespeople(NOW)
    assert inbox.recipients == [["info@muster-metallbau.example"]]


def test_who_has_left_is_not_written_to(inbox: SmtpServer, settings: Any) -> None:
    settings.ADMINS = [("Admin", "admin@muster-metallbau.example")]
    make_answer(offer=make_offer(salesperson=make_user(is_active=False)))
    notify_salespeople(NOW)
    assert inbox.recipients == [["admin@muster-metallbau.example"]]


def test_an_answer_that_a_person_recorded_is_not_told(inbox: SmtpServer) -> None:
    make_answer(channel="phone", notified_at=NOW)
    assert notify_salespeople(NOW) == Notices()


def test_a_mail_server_that_refuses_loses_nothing(inbox: SmtpServer) -> None:
    make_answer()
    inbox.script = {"final dot": b"451 try later\r\n"}
    notices = notify_salespeople(NOW)
    assert (notices.sent, notices.failed) == (0, 1)
    assert "try later" in notices.problem
    inbox.script = {}
    assert notify_salespeople(NOW + timedelta(minutes=1)) == Notices(sent=1)


def test_a_mail_server_that_is_down_loses_nothing(settings: Any) -> None:
    settings.EMAIL_BACKEND = "crm.core.mail_backend.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    answer = make_answer()
    assert notify_salespeople(NOW).failed == 1
    answer.refresh_from_db()
    assert answer.notified_at is None


def test_two_runs_at_once_tell_once(inbox: SmtpServer) -> None:
    make_answer()
    SyncState.objects.create(pk=1, notifying_until=NOW + timedelta(minutes=5))
    assert notify_salespeople(NOW) == Notices()
    assert notify_salespeople(NOW + timedelta(minutes=5)) == Notices(sent=1)


def test_a_run_that_dies_after_the_mail_does_not_hold_up_the_next(
    inbox: SmtpServer, monkeypatch: Any
) -> None:
    make_answer()

    def die(mail: EmailMultiAlternatives) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", die)
        with pytest.raises(KeyboardInterrupt):
            notify_salespeople(NOW)
    assert notify_salespeople(NOW) == Notices(sent=1)


def test_line_breaks_in_a_name_do_not_break_the_mail(inbox: SmtpServer) -> None:
    offer = make_offer(salesperson=make_user())
    offer.customer.company = "Firma\r\nBcc: all@example.com"
    offer.customer.save()
    make_answer(offer=offer)
    notify_salespeople(NOW)
    assert inbox.mails[0]["Bcc"] is None
    assert len(inbox.recipients[0]) == 1
