from __future__ import annotations

import hashlib

import pytest

from feedback.public.api.authentication import is_known_key

pytestmark = pytest.mark.django_db

CALLS = [
    ("put", "/api/invitations"),
    ("put", "/api/form"),
    ("get", "/api/feedbacks"),
    ("post", "/api/feedbacks/ack"),
    ("get", "/api/status"),
    ("options", "/api/status"),
    ("delete", "/api/form"),
]


@pytest.mark.parametrize(
    "header", ["", "Api-Key", "Api-Key ", "Api-Key wrong", "Bearer key-for-tests", "Api-Key ä\x00"]
)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_the_key_nothing_is_looked_at(client, method, path, header):
    # A body that is no JSON at all: were it read, the answer would be 400.
    body = (
        {} if method in ("get", "options") else {"data": b"{", "content_type": "application/json"}
    )
    response = getattr(client, method)(path, **body, HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized"
    assert response["WWW-Authenticate"] == "Api-Key"


def test_the_network_is_checked_before_the_key(client, settings):
    settings.FEEDBACK_API_ALLOWED_NETWORKS = ["203.0.113.0/24"]
    response = client.get("/api/status", HTTP_AUTHORIZATION="Api-Key wrong")
    assert response.status_code == 403


def test_two_keys_are_valid_at_once(settings):
    settings.FEEDBACK_API_KEY_HASHES = [hashlib.sha256(key).hexdigest() for key in (b"old", b"new")]
    assert is_known_key("old")
    assert is_known_key("new")
    assert not is_known_key("other")


def test_without_a_configured_key_nobody_is_known(settings):
    settings.FEEDBACK_API_KEY_HASHES = []
    assert not is_known_key("")
    assert not is_known_key("key-for-tests")


def test_a_method_that_is_not_there_is_a_json_error(office):
    response = office.delete("/api/form")
    assert response.status_code == 405
    assert response.json()["error"] == "method_not_allowed"
