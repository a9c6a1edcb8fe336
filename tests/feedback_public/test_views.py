from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from feedback import links, sealing
from feedback.public import services
from feedback.public.models import FormContent, RegisteredLink, SubmittedAnswer
from feedback.public.services import Submission
from tests.feedback_public import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("form")]


def post(client, token, answer="interested", **fields):
    return client.post(
        f"/feedback/{token}", make.answer_data(token, answer, **fields), **make.BROWSER
    )


def test_the_form_names_the_offer_and_preselects_nothing(client):
    token, _ = make.make_invitation()
    page = client.get(f"/feedback/{token}").content.decode()
    for text in (
        "AN-2026-0412",
        "3. September 2026",
        "Geländer Treppenhaus Süd",
        "Petra Vogt",
        "Preis zu hoch",
    ):
        assert text in page
    assert "checked" not in page
    assert "selected" not in page


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("de", "3. September 2026"),
        ("en", "3 September 2026"),
        ("fr", "3 septembre 2026"),
        ("it", "3 settembre 2026"),
    ],
)
def test_the_day_is_written_as_in_the_language(client, language, day):
    token, _ = make.make_invitation(language=language)
    assert day in client.get(f"/feedback/{token}").content.decode()


def test_an_interested_answer_is_stored_with_its_words_sealed(client):
    token, _ = make.make_invitation()
    response = post(client, token, comment="Bitte bald", phone="+49 170 1234567")
    answer = SubmittedAnswer.objects.get()
    assert response.status_code == 200
    assert (answer.kind, answer.suspect) == ("interested", False)
    assert "Bitte" not in answer.sealed_comment
    assert sealing.open_message(answer.sealed_comment, make.PRIVATE_KEY) == sealing.Message(
        "Bitte bald", "+49 170 1234567"
    )


def test_declining_takes_a_reason(client):
    token, _ = make.make_invitation()
    response = post(client, token, "declined")
    assert response.status_code == 422
    assert not SubmittedAnswer.objects.exists()
    assert post(client, token, "declined", reason="price").status_code == 200
    assert SubmittedAnswer.objects.get().reason == "price"


def test_another_reason_asks_for_a_comment(client):
    token, _ = make.make_invitation()
    assert post(client, token, "declined", reason="other").status_code == 422
    assert (
        post(client, token, "declined", reason="other", comment="Umbau verschoben").status_code
        == 200
    )


def test_a_reason_that_is_not_on_the_list_is_refused(client):
    token, _ = make.make_invitation()
    assert post(client, token, "declined", reason="nonsense").status_code == 422


def test_a_form_without_a_choice_is_shown_again_with_what_was_typed(client):
    token, _ = make.make_invitation()
    response = post(client, token, "", comment="Was ich schrieb")
    assert response.status_code == 422
    assert "Was ich schrieb" in response.content.decode()
    assert not SubmittedAnswer.objects.exists()


def test_the_same_answer_again_is_thanked_for_again(client):
    token, _ = make.make_invitation()
    assert [post(client, token).status_code for _ in range(2)] == [200, 200]
    assert SubmittedAnswer.objects.count() == 1


def test_another_answer_gets_409_with_what_was_recorded(client):
    token, _ = make.make_invitation()
    post(client, token, "declined", reason="price")
    response = post(client, token)
    assert response.status_code == 409
    assert "Preis zu hoch" in response.content.decode()
    assert SubmittedAnswer.objects.get().kind == "declined"


def test_an_answered_link_shows_what_was_recorded(client):
    token, _ = make.make_invitation()
    post(client, token)
    response = client.get(f"/feedback/{token}")
    assert response.status_code == 200
    assert "<form" not in response.content.decode()


def test_unknown_expired_revoked_and_mutilated_links_get_one_and_the_same_page(client):
    expired, _ = make.make_invitation(
        expires_at=timezone.now() - timedelta(seconds=1), language="it"
    )
    revoked, _ = make.make_invitation(state="revoked", language="fr")
    texts = [expired, revoked, links.new_token(), "nonsense", str(revoked)[:20]]
    responses = [client.get(f"/feedback/{text}") for text in texts]
    responses += [client.post(f"/feedback/{text}", {"answer": "interested"}) for text in texts]
    assert {response.status_code for response in responses} == {410}
    assert len({(response.content, str(response.headers)) for response in responses}) == 1


@pytest.mark.parametrize("ending", ["", "/", ".", ")", ">", "%20"])
def test_a_link_with_a_stray_character_behind_it_works(client, ending):
    token, _ = make.make_invitation()
    assert client.get(f"/feedback/{str(token).upper()}{ending}").status_code == 200


def test_undecided_leaves_the_link_valid(client):
    token, _ = make.make_invitation()
    day = timezone.localdate() + timedelta(days=30)
    assert post(client, token, "undecided", ask_again_on=day.isoformat()).status_code == 200
    assert SubmittedAnswer.objects.get().ask_again_on == day
    assert post(client, token).status_code == 200
    assert set(SubmittedAnswer.objects.values_list("kind", flat=True)) == {
        "undecided",
        "interested",
    }


def test_undecided_without_a_date_is_asked_again_in_two_weeks(client):
    token, _ = make.make_invitation()
    post(client, token, "undecided")
    assert SubmittedAnswer.objects.get().ask_again_on == timezone.localdate() + timedelta(days=14)


@pytest.mark.parametrize(("days", "status"), [(0, 422), (1, 200), (90, 200), (91, 422), (-1, 422)])
def test_the_day_to_ask_again_lies_from_tomorrow_to_90_days_on(client, days, status):
    token, _ = make.make_invitation()
    day = timezone.localdate() + timedelta(days=days)
    assert post(client, token, "undecided", ask_again_on=day.isoformat()).status_code == status
    assert post(client, token, "undecided", ask_again_on=f"{day:%d.%m.%Y}").status_code == status


def test_a_double_click_on_undecided_counts_once(client):
    token, _ = make.make_invitation()
    data = make.answer_data(token, "undecided")
    for _ in range(2):
        assert client.post(f"/feedback/{token}", data).status_code == 200
    assert SubmittedAnswer.objects.count() == 1


def test_undecided_answers_of_one_link_are_bounded(client):
    token, invitation = make.make_invitation()
    for number in range(services.MAX_UNDECIDED):
        services.store_answer(
            invitation.digest, Submission("undecided", form_id=str(number)), now=timezone.now()
        )
    response = post(client, token, "undecided")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert SubmittedAnswer.objects.count() == services.MAX_UNDECIDED
    assert post(client, token).status_code == 200


@pytest.mark.parametrize("seconds", [0, 1.9, 86_401, -5])
@time_machine.travel(datetime(2026, 9, 14, 10, tzinfo=UTC), tick=False)
def test_a_stamp_too_young_or_too_old_shows_the_form_again_with_what_was_typed(client, seconds):
    token, _ = make.make_invitation()
    stamp = make.make_stamp(token, seconds=seconds)
    response = post(client, token, stamp=stamp, comment="Das soll bleiben")
    assert response.status_code == 422
    assert "Das soll bleiben" in response.content.decode()
    assert not SubmittedAnswer.objects.exists()


@pytest.mark.parametrize(
    "stamp", ["", "x", ":", "a:b:c", "zz:zz", "ffffffffffffffffffff:x", "\x00"]
)
def test_a_forged_stamp_is_refused(client, stamp):
    token, _ = make.make_invitation()
    assert post(client, token, stamp=stamp).status_code == 422
    assert not SubmittedAnswer.objects.exists()


def test_the_stamp_of_another_link_is_refused(client):
    token, _ = make.make_invitation()
    other, _ = make.make_invitation()
    assert post(client, token, stamp=make.make_stamp(other)).status_code == 422


def test_a_filled_honeypot_is_refused_but_loses_nothing(client):
    token, _ = make.make_invitation()
    response = post(client, token, website="https://spam.example", comment="Echt")
    assert response.status_code == 422
    assert "Echt" in response.content.decode()
    assert "spam.example" not in response.content.decode()


@pytest.mark.parametrize(
    ("seconds", "headers"),
    [
        (3, make.BROWSER),
        (60, {"HTTP_USER_AGENT": "Mozilla/5.0"}),
        (60, {"HTTP_ACCEPT_LANGUAGE": "de"}),
        (60, make.BROWSER | {"HTTP_USER_AGENT": "Mozilla/5.0 HeadlessChrome/140"}),
    ],
    ids=["hasty", "no-language", "no-agent", "headless"],
)
def test_an_answer_that_looks_like_a_robots_is_kept_but_marked(client, seconds, headers):
    token, _ = make.make_invitation()
    data = make.answer_data(token) | {"stamp": make.make_stamp(token, seconds=seconds)}
    assert client.post(f"/feedback/{token}", data, **headers).status_code == 200
    assert SubmittedAnswer.objects.get().suspect


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(client, method):
    token, _ = make.make_invitation()
    before = list(RegisteredLink.objects.values())
    for path in (
        f"/feedback/{token}",
        f"/feedback/{token}?a=declined",
        f"/feedback/{token}/opt-out",
    ):
        assert getattr(client, method)(path).status_code in (200, 204)
    assert list(RegisteredLink.objects.values()) == before
    assert not SubmittedAnswer.objects.exists()


def test_other_methods_are_refused(client):
    token, _ = make.make_invitation()
    assert client.put(f"/feedback/{token}").status_code == 405


def test_one_click_opt_out_needs_one_post(client):
    token, _ = make.make_invitation()
    for _ in range(2):
        response = client.post(f"/feedback/{token}/opt-out", {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert not response.cookies
    assert SubmittedAnswer.objects.get().kind == "opted_out"


def test_opting_out_works_with_an_expired_or_answered_link(client):
    expired, _ = make.make_invitation(expires_at=timezone.now() - timedelta(days=3))
    answered, invitation = make.make_invitation()
    services.store_answer(invitation.digest, Submission("interested"), now=timezone.now())
    for token in (expired, answered):
        assert client.post(f"/feedback/{token}/opt-out", {"opt_out": "yes"}).status_code == 200
    assert SubmittedAnswer.objects.filter(kind="opted_out").count() == 2


def test_opting_out_again_after_the_office_knows_is_delivered_again(client):
    token, _ = make.make_invitation()
    client.post(f"/feedback/{token}/opt-out", {"opt_out": "yes"})
    first = SubmittedAnswer.objects.get()
    services.acknowledge([first.uid], now=timezone.now())
    client.post(f"/feedback/{token}/opt-out", {"opt_out": "yes"})
    again = SubmittedAnswer.objects.get()
    assert again.uid != first.uid
    assert again.acknowledged_at is None


def test_an_empty_post_opts_nobody_out(client):
    token, _ = make.make_invitation()
    response = client.post(f"/feedback/{token}/opt-out")
    assert "<button" in response.content.decode()
    assert not SubmittedAnswer.objects.exists()


def test_an_unknown_link_cannot_opt_out(client):
    response = client.post(
        f"/feedback/{links.new_token()}/opt-out", {"List-Unsubscribe": "One-Click"}
    )
    assert response.status_code == 410


def test_too_large_a_form_is_refused(client):
    token, _ = make.make_invitation()
    assert post(client, token, comment="x" * 70_000).status_code == 413


def test_a_comment_over_2000_characters_is_shown_again(client):
    token, _ = make.make_invitation()
    assert post(client, token, comment="x" * 2001).status_code == 422
    assert post(client, token, comment="x\r\n" * 1000).status_code == 200


def test_a_torn_multipart_form_is_refused(client):
    token, _ = make.make_invitation()
    response = client.post(f"/feedback/{token}", b"--x\r\ntorn", content_type="multipart/form-data")
    assert response.status_code == 400


def test_every_page_forbids_to_keep_and_to_follow(client):
    token, _ = make.make_invitation()
    for path in (f"/feedback/{token}", "/feedback/x", "/nothing", f"/feedback/{token}/opt-out"):
        response = client.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"].startswith("noindex")
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert not response.cookies


def test_a_nul_byte_is_left_out_of_what_the_office_gets(client):
    token, _ = make.make_invitation()
    assert "Bitte\0" not in post(client, token, "", comment="Bitte\0 bald").content.decode()
    assert post(client, token, comment="Bitte\0 bald", phone="\0").status_code == 200
    sealed = SubmittedAnswer.objects.get().sealed_comment
    assert sealing.open_message(sealed, make.PRIVATE_KEY) == sealing.Message(comment="Bitte bald")


def test_a_card_with_fields_of_a_newer_office_is_read(client, monkeypatch):
    monkeypatch.setattr(sealing, "asdict", lambda card: {**asdict(card), "currency": "CHF"})
    token, _ = make.make_invitation()
    assert "AN-2026-0412" in client.get(f"/feedback/{token}").content.decode()


def test_a_damaged_card_leaves_a_form_that_works(client):
    token, _ = make.make_invitation(card="damaged")
    assert client.get(f"/feedback/{token}").status_code == 200
    assert post(client, token).status_code == 200


def test_the_form_works_before_the_office_has_sent_its_texts(client):
    FormContent.objects.all().delete()
    token, _ = make.make_invitation()
    page = client.get(f"/feedback/{token}").content.decode()
    assert "<textarea" not in page
    assert "<select" not in page
    assert post(client, token, "declined", comment="geht ohne Schlüssel nicht").status_code == 200
    assert SubmittedAnswer.objects.get().sealed_comment == ""
    assert client.get("/feedback/x").status_code == 410
