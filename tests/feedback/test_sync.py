from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from crm.accounts.models import OwnCompany
from crm.backoffice.changes import follow_changes
from crm.core.models import JobRun
from feedback import links, sealing
from feedback.backoffice import sync
from feedback.backoffice.api_client import ApiClient, ContractError, UnreachableError
from feedback.backoffice.links import revoke_link
from feedback.backoffice.models import Answer, DeclineReason, Invitation, RejectedAnswer, SyncState
from tests.make import make_offer, make_user
from tests.public_service import API_KEY, PublicService
from tests.servers import free_port

pytestmark = pytest.mark.django_db


def make_links(count: int) -> list[Invitation]:
    offers = [make_offer() for _ in range(count)]
    follow_changes(offers)
    return list(Invitation.objects.filter(offer__in=offers))


def sealed(comment: str, settings: Any) -> str:
    public_key = sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    return sealing.seal_message(sealing.Message(comment=comment), public_key)


def test_an_answer_comes_back_with_its_words(vps: PublicService, settings: Any) -> None:
    OwnCompany.objects.create(pk=1, name="Muster Metallbau AG")
    (link,) = make_links(1)
    sync.sync(after_store=follow_changes)
    vps.give_answers(
        [
            {
                "digest": link.digest,
                "kind": "declined",
                "reason": "price",
                "sealed_comment": sealed("zu teuer", settings),
            }
        ]
    )
    result = sync.sync(after_store=follow_changes)
    link.refresh_from_db()
    answer = Answer.objects.get()
    assert (result.stored, link.state, link.offer.status) == (1, "answered", "declined")
    assert (answer.reason.code, answer.comment, answer.channel) == ("price", "zu teuer", "link")


def test_a_second_sync_has_nothing_to_do(vps: PublicService) -> None:
    make_links(3)
    assert sync.sync(after_store=follow_changes).registered == 3
    assert sync.sync(after_store=follow_changes) == sync.SyncResult()


def test_the_form_is_sent_again_only_when_it_changed(vps: PublicService) -> None:
    assert sync.sync(after_store=follow_changes).is_form_sent
    assert not sync.sync(after_store=follow_changes).is_form_sent
    DeclineReason.objects.filter(code="price").update(label_de="Zu teuer")
    assert sync.sync(after_store=follow_changes).is_form_sent


def test_a_salespersons_new_phone_number_reaches_the_card(vps: PublicService) -> None:
    salesperson = make_user(phone="+49 89 1")
    offer = make_offer(salesperson=salesperson)
    follow_changes([offer, make_offer()])
    sync.sync(after_store=follow_changes)
    salesperson.phone = "+49 89 2"
    salesperson.save()
    assert sync.sync(after_store=follow_changes).registered == 1
    link = offer.invitations.get()
    page = requests.get(links.form_url(vps.url, link.token), timeout=10).text
    assert "+49 89 2" in page
    assert sync.sync(after_store=follow_changes) == sync.SyncResult()


def test_links_go_in_pages(vps: PublicService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.wire.MAX_INVITATIONS", 10)
    make_links(25)
    assert sync.sync(after_store=follow_changes).registered == 25
    assert not Invitation.objects.filter(registered_at=None).exists()


def test_what_changes_while_it_is_sent_is_sent_again(
    vps: PublicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    (link,) = make_links(1)
    put = ApiClient.put_invitations

    def put_while_a_person_revokes(client: ApiClient, invitations: Any) -> set[str]:
        answered = put(client, invitations)
        revoke_link(link)
        return answered

    monkeypatch.setattr(ApiClient, "put_invitations", put_while_a_person_revokes)
    assert sync.sync(after_store=follow_changes).registered == 0
    monkeypatch.setattr(ApiClient, "put_invitations", put)
    assert sync.sync(after_store=follow_changes).registered == 1


def test_a_link_that_is_refused_does_not_hold_up_the_others(
    vps: PublicService, caplog: pytest.LogCaptureFixture
) -> None:
    links = make_links(7)
    Invitation.objects.filter(pk=links[3].pk).update(
        expires_at=timezone.now() + timedelta(days=365 * 500)
    )
    result = sync.sync(after_store=follow_changes)
    assert (result.registered, result.refused) == (6, 1)
    assert f"The link of offer {links[3].offer_id} was refused" in caplog.text


def test_a_refused_form_does_not_hold_up_links(
    vps: PublicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_links(2)
    monkeypatch.setattr(sync, "build_form", lambda: {"company": None})
    with pytest.raises(ContractError):
        sync.sync(after_store=follow_changes)
    assert not Invitation.objects.filter(registered_at=None).exists()


def test_the_longest_offer_fits_into_its_card(vps: PublicService) -> None:
    emoji = "\N{HEAVY BLACK HEART}\N{PILE OF POO}" * 250
    follow_changes([make_offer(number=emoji[:100], subject=emoji[:500], sender_name=emoji[:200])])
    assert sync.sync(after_store=follow_changes).refused == 0


def test_freshness_is_known_only_when_the_pull_ran_to_its_end(
    vps: PublicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    (link,) = make_links(1)
    sync.sync(after_store=follow_changes)
    vps.give_answers([{"digest": link.digest, "kind": "interested"}])
    SyncState.objects.update(pulled_at=None)

    def lose_the_line(client: ApiClient, uids: object) -> None:
        raise UnreachableError("The line is lost.")

    with monkeypatch.context() as patch:
        patch.setattr(ApiClient, "acknowledge", lose_the_line)
        with pytest.raises(UnreachableError):
            sync.pull(after_store=follow_changes)
    assert SyncState.get().pulled_at is None
    assert Answer.objects.count() == 1


def test_fresh_answers_are_not_pulled_again(settings: Any) -> None:
    settings.FEEDBACK_API_URL = f"http://127.0.0.1:{free_port()}"
    now = timezone.now()
    SyncState.objects.create(pk=1, pulled_at=now - timedelta(minutes=5))
    assert sync.ensure_fresh(900, now, after_store=follow_changes)


def test_old_answers_are_pulled_now(vps: PublicService) -> None:
    now = timezone.now()
    SyncState.objects.create(pk=1, pulled_at=now - timedelta(hours=1))
    assert sync.ensure_fresh(900, now, after_store=follow_changes)
    assert SyncState.get().pulled_at >= now


@pytest.mark.parametrize(
    "pulled", [None, timedelta(hours=-1), timedelta(hours=1)], ids=["never", "old", "future"]
)
def test_what_cannot_be_pulled_is_not_fresh(settings: Any, pulled: timedelta | None) -> None:
    settings.FEEDBACK_API_URL = f"http://127.0.0.1:{free_port()}"
    now = timezone.now()
    SyncState.objects.create(pk=1, pulled_at=pulled and now + pulled)
    assert not sync.ensure_fresh(900, now, after_store=follow_changes)


def test_a_poisoned_answer_is_acknowledged_and_does_not_come_again(vps: PublicService) -> None:
    lost, kept = make_links(2)
    sync.sync(after_store=follow_changes)
    vps.give_answers([{"digest": link.digest, "kind": "interested"} for link in (lost, kept)])
    lost.delete()
    result = sync.sync(after_store=follow_changes)
    assert (result.stored, result.rejected) == (1, 1)
    assert sync.sync(after_store=follow_changes) == sync.SyncResult()
    assert RejectedAnswer.objects.count() == 1


def test_what_the_public_service_has_and_the_office_lost_comes_back_by_itself(
    vps: PublicService,
) -> None:
    links = make_links(3)
    sync.sync(after_store=follow_changes)
    vps.give_answers([{"digest": links[0].digest, "kind": "interested"}])
    sync.sync(after_store=follow_changes)
    Answer.objects.all().delete()
    Invitation.objects.update(state="active", registered_at=None)
    assert sync.sync(after_store=follow_changes).stored == 1


def test_replayed_pages_go_on_from_the_last_answer(
    vps: PublicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = make_links(12)
    sync.sync(after_store=follow_changes)
    vps.give_answers([{"digest": link.digest, "kind": "interested"} for link in links])
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 5)
    assert (
        sync.sync(after_store=follow_changes, since=timezone.now() - timedelta(days=1)).stored == 12
    )


def test_a_new_public_service_is_told_everything_again(vps: PublicService) -> None:
    make_links(2)
    sync.sync(after_store=follow_changes)
    result = sync.sync(after_store=follow_changes, resend=True)
    assert (result.registered, result.is_form_sent) == (2, True)


def test_the_command_says_what_it_did(vps: PublicService) -> None:
    make_links(2)
    said = call_command("sync_feedback")
    assert said == (
        "Fertig, 0 Rückmeldungen gespeichert, 0 abgewiesen, 2 Links angemeldet, Formular gesendet,"
        " 0 Mails an Verkäufer."
    )
    assert JobRun.objects.get(name="sync_feedback").summary == said


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("FEEDBACK_API_KEY", "wrong", "FEEDBACK_API_KEY"),
        ("FEEDBACK_API_KEY", "", "FEEDBACK_API_KEY"),
        ("FEEDBACK_API_URL", "", "FEEDBACK_API_URL"),
        ("FEEDBACK_SEALING_PRIVATE_KEY", "short", "FEEDBACK_SEALING_PRIVATE_KEY"),
    ],
)
def test_what_a_person_must_set_right_is_one_sentence(
    vps: PublicService, settings: Any, setting: str, value: str, said: str
) -> None:
    setattr(settings, setting, value)
    with pytest.raises(CommandError, match=said):
        call_command("sync_feedback")
    error = JobRun.objects.get(name="sync_feedback").error
    assert said in error
    assert "\n" not in error


def test_a_public_service_that_is_down_is_caught_up_with_later(
    vps: PublicService, settings: Any
) -> None:
    (link,) = make_links(1)
    settings.FEEDBACK_API_URL = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(CommandError, match=r"127\.0\.0\.1"):
        call_command("sync_feedback")
    link.refresh_from_db()
    assert link.registered_at is None
    settings.FEEDBACK_API_URL = vps.url
    call_command("sync_feedback")
    link.refresh_from_db()
    assert link.registered_at is not None


def test_a_mistyped_date_is_one_sentence() -> None:
    with pytest.raises(CommandError, match="--since takes a date"):
        call_command("sync_feedback", since="gestern")


def test_nothing_is_logged_of_what_customers_say(
    vps: PublicService, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (link,) = make_links(1)
    sync.sync(after_store=follow_changes)
    words = sealed("streng-vertraulich", settings)
    vps.give_answers([{"digest": link.digest, "kind": "interested", "sealed_comment": words}])
    with caplog.at_level("DEBUG"):
        sync.sync(after_store=follow_changes)
    assert Answer.objects.get().comment == "streng-vertraulich"
    for secret in ("streng-vertraulich", str(link.token), link.offer.customer.email, API_KEY):
        assert secret not in caplog.text
