from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
import time_machine
from django.core.cache import caches
from django.db import DatabaseError

from crm.core import client_address
from feedback import links
from tests.feedback_public import live, make

pytestmark = pytest.mark.django_db

# Every header that some proxy or framework takes for the client's address.
SPOOFED = [
    "X-Forwarded-For",
    "X-Real-IP",
    "X_Real_IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Forwarded",
    "Forwarded-For",
    "Forwarded",
    "CF-Connecting-IP",
    "True-Client-IP",
    "X-Originating-IP",
    "Remote-Addr",
]


@pytest.fixture
def limited(settings):
    """Low limits within one minute that does not pass: at its turn the counting starts again."""
    settings.FEEDBACK_RATE_FORM = "5/m"
    settings.FEEDBACK_RATE_ANSWER = "3/m"
    settings.FEEDBACK_RATE_OPT_OUT = "3/m"
    settings.FEEDBACK_RATE_API = "4/m"
    with time_machine.travel(datetime(2026, 9, 14, 10, tzinfo=UTC), tick=False):
        yield settings


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("get", "form", 5), ("post", "form", 3), ("post", "opt-out", 3), ("get", "opt-out", 5)],
)
def test_beyond_the_limit_a_page_says_when_to_come_again(client, limited, method, path, allowed):
    make.make_form()
    token, _ = make.make_invitation()
    url = f"/feedback/{token}" + ("/opt-out" if path == "opt-out" else "")
    responses = [getattr(client, method)(url) for _ in range(allowed + 2)]
    assert [response.status_code == 429 for response in responses] == [False] * allowed + [True] * 2
    assert 1 <= int(responses[-1]["Retry-After"]) <= 60
    assert "Bitte" in responses[-1].content.decode()


def test_the_api_is_limited_with_a_json_error(office, limited):
    statuses = [office.get("/api/status").status_code for _ in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    response = office.get("/api/status")
    assert response.json()["error"] == "too_many_requests"
    assert int(response["Retry-After"]) >= 1


def test_wrong_keys_are_limited_without_locking_the_office_out(client, office, limited):
    statuses = [
        client.get("/api/status", HTTP_AUTHORIZATION="Api-Key wrong").status_code for _ in range(6)
    ]
    assert statuses == [401] * 4 + [429] * 2
    assert office.get("/api/status").status_code == 200


@pytest.mark.parametrize("header", SPOOFED)
def test_a_client_cannot_choose_the_address_it_is_counted_by(client, limited, header):
    name = "HTTP_" + header.upper().replace("-", "_")
    statuses = [
        client.get("/feedback/x", **{name: f"203.0.113.{number}"}).status_code
        for number in range(7)
    ]
    assert statuses == [410] * 5 + [429] * 2


@pytest.mark.parametrize("header", SPOOFED)
def test_a_client_cannot_choose_the_network_it_calls_from(office, settings, header):
    settings.FEEDBACK_API_ALLOWED_NETWORKS = ["203.0.113.0/24"]
    name = "HTTP_" + header.upper().replace("-", "_")
    response = office.get("/api/status", **{name: "203.0.113.7"})
    assert response.status_code == 403
    assert response.json()["error"] == "forbidden"


def test_a_configured_proxy_names_the_client(office, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.FEEDBACK_API_ALLOWED_NETWORKS = ["203.0.113.0/24"]
    assert office.get("/api/status", HTTP_X_REAL_IP="203.0.113.7").status_code == 200
    assert office.get("/api/status", HTTP_X_REAL_IP="::ffff:203.0.113.7").status_code == 200
    assert office.get("/api/status", HTTP_X_REAL_IP="198.51.100.7").status_code == 403
    assert office.get("/api/status", HTTP_X_REAL_IP="nonsense").status_code == 403
    assert office.get("/api/status").status_code == 403


def test_a_proxy_on_a_unix_socket_has_to_be_configured_too(rf, settings):
    request = rf.get("/", REMOTE_ADDR="", HTTP_X_REAL_IP="203.0.113.7")
    assert client_address.client_address(request) is None
    settings.TRUSTED_PROXIES = ["unix"]
    assert str(client_address.client_address(request)) == "203.0.113.7"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "None"),
    ],
)
def test_limits_count_an_address_or_its_network(rf, address, key):
    assert (
        client_address.rate_key(client_address.client_address(rf.get("/", REMOTE_ADDR=address)))
        == key
    )


@pytest.mark.parametrize("error", [DatabaseError, ConnectionError, RuntimeError])
def test_an_answer_passes_when_the_counters_cannot_be_reached(
    client, limited, monkeypatch, caplog, error
):
    def fail(*args, **kwargs):
        raise error("down")

    monkeypatch.setattr(type(caches["counters"]), "add", fail)
    token, _ = make.make_invitation()
    response = client.post(f"/feedback/{token}", make.answer_data(token), **make.BROWSER)
    assert response.status_code == 200
    assert "counters" in caplog.text


def test_with_four_processes_exactly_the_limit_passes(tmp_path):
    token = links.new_token()
    with (
        live.serve(tmp_path, workers=4, FEEDBACK_RATE_FORM="120/h") as service,
        ThreadPoolExecutor(16) as pool,
    ):
        # Every guess gets the same page, until the limit says to come again; spoofed addresses do
        # not help.
        headers = [dict.fromkeys(SPOOFED, f"198.51.100.{number}") for number in range(200)]
        responses = list(
            pool.map(
                lambda headers: requests.get(f"{service.url}/feedback/{token}", headers=headers),
                headers,
            )
        )
        assert Counter(response.status_code for response in responses) == {410: 120, 429: 80}
        assert len({response.text for response in responses if response.status_code == 410}) == 1


@pytest.mark.torture
def test_10000_guessed_tokens_get_the_same_answer_then_429(tmp_path):
    with (
        live.serve(tmp_path, workers=4, FEEDBACK_RATE_FORM="500/h") as service,
        ThreadPoolExecutor(16) as pool,
    ):
        responses = list(
            pool.map(
                lambda _: requests.get(f"{service.url}/feedback/{links.new_token()}"), range(10_000)
            )
        )
        assert Counter(response.status_code for response in responses) == {410: 500, 429: 9500}
        assert len({response.text for response in responses if response.status_code == 410}) == 1
