"""The page of a question about a mail, and the questions on Today."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import User
from crm.backoffice.questions import find_place, find_questions
from crm.backoffice.today import Section, build_today
from crm.core.admin_base import change_url, find_acts
from offers.models import MailFolder, Offer, SenderRule, SourceFile
from tests.make import make_customer, make_offer, make_user
from tests.offers.imports import import_folders
from tests.offers.mails import make_folder, write_mail

pytestmark = pytest.mark.django_db
State, Reason = SourceFile.State, SourceFile.Reason
SENT_AT = timezone.now() - timedelta(days=3)
PDF = (
    "--b\r\nContent-Type: text/plain\r\n\r\n<b>Guten Tag</b>\r\n--b\r\nContent-Type: application/pdf\r\n"
    'Content-Disposition: attachment; filename="Plan <4>.pdf"\r\n\r\nJVBERi0x\r\n--b--\r\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return make_folder(tmp_path)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True, language="en"))
    return client


def send(folder: MailFolder, name: str = "a", **fields: Any) -> SourceFile:
    defaults = {"subject": f"Ihr Angebot {name}", "sent_at": SENT_AT, "to": "keller@kunde.example"}
    write_mail(Path(folder.path), f"{name}.eml", **defaults | fields)
    import_folders([folder])
    return SourceFile.objects.get(folder=folder, name=f"{name}.eml")


def show(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def answer(client: Client, file: SourceFile, code: str, *, of: str = "", **data: str) -> Any:
    url = reverse("admin:offers_sourcefile_answer", args=[file.pk]) + of
    filled = {f"{code}-{name}": value for name, value in data.items()}
    response = client.post(url, {"choice": code, **filled})
    file.refresh_from_db()
    return response


def take_back(client: Client, file: SourceFile) -> None:
    client.post(reverse("admin:offers_sourcefile_take_back", args=[file.pk]))
    file.refresh_from_db()


def find_section(user: User, *, everyone: bool = False) -> Section:
    sections = build_today(user, now=timezone.now(), everyone=everyone).sections
    return next(section for section in sections if section.icon == "rule")


def test_the_page_shows_the_mail_the_question_and_its_answers(
    staff: Client, folder: MailFolder
) -> None:
    file = send(folder, headers='Content-Type: multipart/mixed; boundary="b"', body=PDF)
    page = show(staff, change_url(file))
    assert "but no number was found." in page
    assert "&lt;b&gt;Guten Tag&lt;/b&gt;" in page
    assert "Plan &lt;4&gt;.pdf" in page
    assert 'value="keller@kunde.example"' in page
    for words in ("It is an offer", "It belongs to an offer", "It is no offer of ours"):
        assert words in page
    assert "Import log entry" in page
    assert "Check again" in show(staff, f"{change_url(file)}?details")


def test_an_answer_leads_to_the_next_question_and_at_last_to_today(
    staff: Client, folder: MailFolder
) -> None:
    files = [send(folder, name) for name in ("a", "b", "c")]
    seen = []
    url = change_url(files[2])
    for file in reversed(files):
        page = show(staff, url)
        seen.append(next(f"{number} of 3" for number in (1, 2, 3) if f"{number} of 3" in page))
        response = answer(staff, file, "no_offer", of="?of=3")
        assert file.state == State.NOT_AN_OFFER
        url = response.headers["Location"]
    assert seen == ["1 of 3", "2 of 3", "3 of 3"]
    assert urlsplit(url).path == reverse("admin:index")
    assert "Take back" in show(staff, url)


def test_a_skipped_question_stays_open(staff: Client, folder: MailFolder) -> None:
    files = [send(folder, name) for name in ("a", "b")]
    user = User.objects.get()
    place = find_place(user, files[1])
    assert (place.number, place.total, place.next_key) == (1, 2, files[0].pk)
    assert f'href="{change_url(files[0])}?of=2"' in show(staff, change_url(files[1]))
    assert find_place(user, files[0], "2").next_key is None
    assert find_questions(user).count() == 2


def test_a_mail_becomes_an_offer_with_what_the_person_enters(
    staff: Client, folder: MailFolder
) -> None:
    file = send(folder)
    response = answer(staff, file, "offer", number="", email="keller@kunde.example")
    assert response.status_code == 200
    assert "This field is required" in response.content.decode()
    assert file.state == State.REVIEW
    answer(staff, file, "offer", number="4711", email="Nora@Kunde.example")
    offer = Offer.objects.get()
    assert (file.state, offer.number, offer.customer.email) == (
        State.OFFER,
        "4711",
        "nora@kunde.example",
    )
    assert offer.follow_up.next_at is not None
    assert offer.invitations.exists()
    assert find_acts(offer).exists()


def test_a_decision_is_taken_back_at_once_and_from_the_import_log(
    staff: Client, folder: MailFolder
) -> None:
    offer = make_offer(
        number="AN-2026-0815", customer=make_customer(email="keller@kunde.example"), sent_at=SENT_AT
    )
    file = send(folder, subject="Auftragsbestätigung zum Angebot AN-2026-0815")
    offer.refresh_from_db()
    assert (file.offer, bool(offer.needs_review)) == (offer, True)
    for by_dialog in (False, True):
        answer(staff, file, "ordered")
        offer.refresh_from_db()
        assert (offer.status, offer.needs_review) == ("ordered", "")
        if by_dialog:
            url = reverse("admin:offers_sourcefile_undo", args=[file.pk])
            staff.post(url, {"_form_submitted": "True"})
        else:
            take_back(staff, file)
        offer.refresh_from_db()
        file.refresh_from_db()
        assert (file.state, offer.status, bool(offer.needs_review)) == ("review", "open", True)
        assert offer.follow_up.because == "in_review"
    assert "Take the decision back" not in show(staff, f"{change_url(file)}?details")


def test_an_offer_leads_to_the_question_that_holds_it(staff: Client, folder: MailFolder) -> None:
    customer = make_customer(email="keller@kunde.example")
    offer = make_offer(number="AN-2026-0815", customer=customer, sent_at=SENT_AT)
    file = send(folder, subject="Auftragsbestätigung zum Angebot AN-2026-0815")
    assert f'href="{change_url(file)}"' in show(staff, change_url(offer))
    page = show(staff, change_url(file))
    assert f'href="{change_url(offer)}"' in page
    assert "Its reminders wait for your answer." in page


def test_the_likely_offers_are_offered_and_another_can_be_named(
    staff: Client, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)
    customer = make_customer(email="keller@kunde.example")
    first, second = (
        make_offer(number=number, customer=customer, sent_at=SENT_AT - timedelta(days=1))
        for number in ("4711", "4712")
    )
    other = make_offer(number="4999")
    ours = {"sender": "keller@kunde.example", "to": "p.vogt@muster-metallbau.example"}
    files = [send(folder, name, subject="Ihr Schreiben", **ours) for name in ("a", "b")]
    page = show(staff, change_url(files[0]))
    assert f'value="{first.pk}"' in page
    assert f'value="{second.pk}"' in page
    response = answer(staff, files[0], "replied")
    assert "Choose the offer" in response.content.decode()
    answer(staff, files[0], "replied", offer=str(second.pk))
    answer(staff, files[1], "replied", offer="other", other="4999")
    assert [file.offer for file in files] == [second, other]
    second.refresh_from_db()
    assert second.follow_up.because == "replied"


def test_always_makes_a_rule_that_can_be_removed(staff: Client, folder: MailFolder) -> None:
    fields: dict[str, Any] = {"to": "verkauf@lieferant.example"}
    fields["subject"] = "Rückfrage zu Ihrem Angebot 30-4711"
    file = send(folder, **fields)
    assert "lieferant.example are theirs" in show(staff, change_url(file))
    answer(staff, file, "theirs")
    assert not SenderRule.objects.exists()
    take_back(staff, file)
    answer(staff, file, "theirs", always="on")
    rule = SenderRule.objects.get()
    assert rule.address == "lieferant.example"
    fields["sent_at"] = SENT_AT + timedelta(hours=1)
    assert send(folder, "b", **fields).state == State.NOT_AN_OFFER
    assert "lieferant.example" in show(staff, reverse("admin:offers_senderrule_changelist"))
    url = reverse("admin:offers_senderrule_delete", args=[rule.pk])
    staff.post(url, {"post": "yes"})
    fields["sent_at"] = SENT_AT + timedelta(hours=2)
    assert send(folder, "c", **fields).state == State.REVIEW


def test_always_answers_the_same_questions_that_are_open(staff: Client, folder: MailFolder) -> None:
    fields: dict[str, Any] = {"subject": "Rückfrage zu Ihrem Angebot 30-4711"}
    theirs = {"to": "verkauf@lieferant.example"}
    file = send(folder, "a", **fields, **theirs)
    same = send(folder, "b", **fields, **theirs, sent_at=SENT_AT + timedelta(hours=1))
    other = send(folder, "c", **fields, to="x@fremd.example")
    for state in (State.NOT_AN_OFFER, State.REVIEW):
        if file.state == State.REVIEW:
            answer(staff, file, "theirs", always="on")
        else:
            take_back(staff, file)
        same.refresh_from_db()
        other.refresh_from_db()
        assert (file.state, same.state, other.state) == (state, state, State.REVIEW)


def test_who_may_only_look_sees_no_answers(client: Client, folder: MailFolder) -> None:
    file = send(folder)
    user = make_user(language="en")
    user.user_permissions.add(Permission.objects.get(codename="view_sourcefile"))
    client.force_login(user)
    assert "It is an offer" not in show(client, change_url(file))
    assert answer(client, file, "no_offer").status_code == 403
    assert file.state == State.REVIEW


def test_an_unknown_answer_and_a_link_change_nothing(staff: Client, folder: MailFolder) -> None:
    file = send(folder)
    answer(staff, file, "nonsense")
    staff.get(reverse("admin:offers_sourcefile_answer", args=[file.pk]))
    staff.get(reverse("admin:offers_sourcefile_take_back", args=[file.pk]))
    file.refresh_from_db()
    assert file.state == State.REVIEW


def test_the_second_of_two_people_is_told_that_the_question_is_answered(
    staff: Client, folder: MailFolder
) -> None:
    file = send(folder)
    answer(staff, file, "no_offer")
    answer(staff, file, "offer", number="4711", email="keller@kunde.example")
    assert (file.state, Offer.objects.count()) == (State.NOT_AN_OFFER, 0)


def test_a_salesperson_sees_own_questions_and_those_of_nobody(folder: MailFolder) -> None:
    vogt = make_user(is_superuser=True, email="P.Vogt@muster-metallbau.example")
    make_user(email="m.meier@muster-metallbau.example")
    make_offer(salesperson=vogt)
    for name, sender in (("a", "p.vogt"), ("b", "m.meier"), ("c", "info")):
        send(folder, name, sender=f"{sender}@muster-metallbau.example")
    section = find_section(vogt)
    assert [row.title for row in section.rows] == ["Ihr Angebot a", "Ihr Angebot c"]
    section = find_section(vogt, everyone=True)
    assert [row.title[-1] for row in section.rows] == ["a", "c", "b"]
    manager = make_user(is_superuser=True)
    assert find_section(manager).number == 3


def test_a_received_mail_belongs_to_whoever_got_it_or_made_the_offer(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)
    vogt = make_user(is_superuser=True, email="p.vogt@muster-metallbau.example")
    customer = make_customer(email="keller@kunde.example")
    sent_at = SENT_AT - timedelta(days=1)
    for _number in range(2):
        make_offer(customer=customer, sent_at=sent_at)
    held = make_offer(salesperson=vogt, message_id="<offer@x>", sent_at=sent_at)
    asked = {"sender": "keller@kunde.example", "subject": "Ihr Schreiben"}
    mine = send(folder, "a", to="p.vogt@muster-metallbau.example", **asked)
    info = send(folder, "b", to="info@muster-metallbau.example", **asked)
    stranger = send(
        folder, "c", sender="x@fremd.example", subject="Ja", headers="In-Reply-To: <offer@x>"
    )
    assert stranger.offer == held
    assert list(find_questions(vogt)) == [stranger, mine, info]


def test_many_questions_of_one_kind_within_an_hour_are_one_line(
    client: Client, folder: MailFolder
) -> None:
    manager = make_user(is_superuser=True, language="en")
    for number in range(11):
        write_mail(Path(folder.path), f"{number}.eml", subject=f"Ihr Angebot {'x' * number}")
    send(folder, "x", subject="Rückfrage zu Ihrem Angebot 30-4711")
    section = find_section(manager)
    assert (section.number, len(section.rows)) == (12, 2)
    client.force_login(manager)
    many = section.rows[0]
    query = parse_qs(urlsplit(many.link).query)
    assert query == {"state__exact": ["review"], "reason__exact": ["no_number"]}
    assert len(client.get(many.link).context["cl"].result_list) == 11
    SourceFile.objects.filter(name="0.eml").update(first_seen_at=SENT_AT)
    assert len(find_section(manager).rows) == 6


def test_an_offer_to_check_without_an_open_question_is_on_today() -> None:
    user = make_user(is_superuser=True)
    offer = make_offer(needs_review="Nach dem Abschluss kam eine neuere Mail.")
    sections = build_today(user, now=timezone.now()).sections
    rows = [row for section in sections for row in section.rows if row.link == change_url(offer)]
    assert len(rows) == 1
