from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.core.models import JobRun
from feedback import links
from feedback.public import services
from feedback.public.models import FormContent, RegisteredLink, SubmittedAnswer
from feedback.public.services import Submission
from tests.feedback_public import make

pytestmark = pytest.mark.django_db


def put(office, path, body, **headers):
    return office.put(
        f"/api/{path}", json.dumps(body, default=str), content_type="application/json", **headers
    )


def item(token, **fields):
    found = make.invitation_item(token, **fields)
    return found | {"expires_at": found["expires_at"].isoformat()}


def test_invitations_are_stored_once_however_often_they_are_sent(office):
    body = {"schema": 1, "invitations": [item(links.new_token()), item(links.new_token())]}
    for _ in range(2):
        response = put(office, "invitations", body)
        assert response.json() == {"stored": 2, "answered": []}
    assert RegisteredLink.objects.count() == 2


def test_of_doubles_in_one_call_the_last_counts(office):
    token = links.new_token()
    put(office, "invitations", {"invitations": [item(token), item(token, state="revoked")]})
    assert RegisteredLink.objects.get().state == "revoked"


def test_an_invitation_can_be_extended_and_revoked(office):
    token, _ = make.make_invitation()
    later = timezone.now() + timedelta(days=90)
    put(office, "invitations", {"invitations": [item(token, expires_at=later, state="revoked")]})
    invitation = RegisteredLink.objects.get()
    assert (invitation.state, invitation.expires_at) == ("revoked", later)


def test_an_answered_invitation_is_never_revived(office):
    token, invitation = make.make_invitation()
    services.store_answer(invitation.digest, Submission("interested"), now=timezone.now())
    response = put(office, "invitations", {"invitations": [item(token)]})
    assert response.json() == {"stored": 1, "answered": [links.digest(token)]}
    again = services.store_answer(invitation.digest, Submission("declined"), now=timezone.now())
    assert again is services.SubmissionOutcome.CONFLICT


def test_more_than_1000_invitations_at_once_are_refused(office):
    one = item(links.new_token())
    response = put(office, "invitations", {"invitations": [one] * 1001})
    assert response.status_code == 400
    assert response.json()["error"] == "bad_request"


def test_a_fault_is_named_with_its_place(office):
    response = put(
        office,
        "invitations",
        {"invitations": [item(links.new_token()), item(links.new_token(), digest="x")]},
    )
    assert response.status_code == 400
    assert response.json()["detail"].startswith("invitations.1.digest: ")
    assert not RegisteredLink.objects.exists()


def test_the_form_replaces_what_was_there(office):
    assert put(office, "form", make.form_content()).json() == {"stored": 3}
    put(office, "form", make.form_content(company="Neu AG"))
    assert FormContent.objects.get().content["company"] == "Neu AG"


@pytest.mark.parametrize("key", ["", "abc", "A" * 44, "ä"])
def test_a_form_without_a_working_key_is_refused(office, key):
    response = put(office, "form", make.form_content(public_key=key))
    assert response.status_code == 400
    assert "public_key" in response.json()["detail"]


def test_answers_come_oldest_first_until_they_are_acknowledged(office):
    for _ in range(3):
        _, invitation = make.make_invitation()
        services.store_answer(
            invitation.digest, Submission("declined", reason="price"), now=timezone.now()
        )
    page = office.get("/api/feedbacks?limit=2").json()
    assert page["remaining"] == 1
    assert page["schema"] == 1
    assert [one["reason"] for one in page["feedbacks"]] == ["price", "price"]
    assert page["feedbacks"][0]["submitted_at"] < page["feedbacks"][1]["submitted_at"]
    body = {"uids": [one["uid"] for one in page["feedbacks"]]}
    for _ in range(2):
        assert office.post("/api/feedbacks/ack", body, content_type="application/json").json() == {
            "acknowledged": 2
        }
    assert len(office.get("/api/feedbacks").json()["feedbacks"]) == 1


def test_since_brings_back_what_was_acknowledged(office):
    start = timezone.now()
    uids = []
    for days in (3, 2, 1):
        _, invitation = make.make_invitation()
        services.store_answer(
            invitation.digest, Submission("interested"), now=start - timedelta(days=days)
        )
        uids.append(str(invitation.answers.get().uid))
    services.acknowledge(uids, now=start)
    assert office.get("/api/feedbacks").json()["feedbacks"] == []
    since = (start - timedelta(days=2)).isoformat()
    page = office.get("/api/feedbacks", {"since": since, "limit": "1"}).json()
    assert [one["uid"] for one in page["feedbacks"]] == [uids[1]]
    assert page["remaining"] == 1
    rest = office.get("/api/feedbacks", {"since": page["feedbacks"][-1]["submitted_at"]}).json()
    assert [one["uid"] for one in rest["feedbacks"]] == uids[1:]


def test_a_pull_leaves_its_time_and_nothing_else(office):
    _, invitation = make.make_invitation()
    services.store_answer(invitation.digest, Submission("interested"), now=timezone.now())
    before = list(SubmittedAnswer.objects.values())
    office.get("/api/feedbacks")
    assert list(SubmittedAnswer.objects.values()) == before
    assert JobRun.objects.get(name="pull").succeeded_at is not None


def test_status_tells_the_figures(office):
    make.make_invitation()
    status = office.get("/api/status").json()
    assert status["invitations"] == 1
    assert status["waiting_answers"] == 0
    assert status["last_pull_at"] is None
    assert status["schema"] == 1


def test_a_gzip_body_is_taken(office):
    body = gzip.compress(json.dumps(make.form_content()).encode())
    response = office.put(
        "/api/form", body, content_type="application/json", HTTP_CONTENT_ENCODING="gzip"
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"invitations": NaN}', {}, 400),
        (b"[]", {}, 400),
        (b"null", {}, 400),
        (b"{}", {"content_type": "text/plain"}, 415),
        (b"{}", {"HTTP_CONTENT_ENCODING": "br"}, 415),
        (b"{}", {"HTTP_CONTENT_ENCODING": "gzip"}, 400),
        (gzip.compress(b"{}")[:-4], {"HTTP_CONTENT_ENCODING": "gzip"}, 400),
        (gzip.compress(b" " * 50_000_000), {"HTTP_CONTENT_ENCODING": "gzip"}, 413),
        (b" " * (5 * 1024 * 1024 + 1), {}, 413),
    ],
    ids=[
        "cut",
        "not-utf8",
        "deep",
        "nan",
        "list",
        "null",
        "text",
        "brotli",
        "no-gzip",
        "cut-gzip",
        "bomb",
        "large",
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(office, body, headers, status):
    response = office.put(
        "/api/invitations", body, **{"content_type": "application/json", **headers}
    )
    assert response.status_code == status
    assert set(response.json()) == {"error", "detail"}
    assert response.json()["detail"].endswith(".")


def test_an_unknown_address_of_the_api_is_json(office):
    response = office.get("/api/nothing")
    assert response.status_code == 404
    assert response.json()["error"] == "not_found"
