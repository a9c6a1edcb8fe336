"""A token is a key: it must not stand in any log, whatever goes wrong."""

from __future__ import annotations

import logging
import re
import socket
import sys
from urllib.parse import quote, urlsplit

import pytest
import requests

from feedback import links
from feedback.public.logs import MaskingFormatter, mask
from tests.feedback_public import live, make
from tests.feedback_public.live import BROWSER, Service

TOKEN = "0e37df36-f698-41e6-8dd4-cb9ced3df976"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /feedback/{TOKEN} HTTP/1.1",
        f"/feedback/{TOKEN}/opt-out?lang=de",
        f"Referer: https://feedback.example/feedback/{TOKEN}",
        f"/FEEDBACK {TOKEN.upper()}",
        TOKEN.replace("-", "%2D"),
        TOKEN.replace("-", ""),
        f"%2Ffeedback%2F{TOKEN}",
        f"/feedback/{TOKEN[:30]}",
        f"UUID('{TOKEN}')",
    ],
)
def test_a_token_is_masked_in_any_spelling(text):
    assert not set(re.findall(r"[0-9a-fA-F]{8,}", mask(text).replace("feedback", "")))


@pytest.mark.parametrize(
    "text",
    [
        "GET /static/feedback_public/form.css",
        "PUT /api/invitations",
        "id 2026-09-03 12:00",
        "feedback/public/views.py",
    ],
)
def test_what_is_no_token_stays(text):
    assert mask(text) == text


def test_a_traceback_is_masked_too():
    try:
        raise ValueError(f"bad {TOKEN}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "At %s", (TOKEN,), None)
        record.exc_info = sys.exc_info()
    text = MaskingFormatter("{message}", style="{").format(record)
    assert "ValueError" in text
    assert TOKEN not in text


@pytest.fixture(scope="module")
def small_service(tmp_path_factory):
    """One with limits, so that their page is among the errors."""
    with live.serve(tmp_path_factory.mktemp("canary"), FEEDBACK_RATE_OPT_OUT="1/h") as service:
        yield service


def send_raw(service: Service, request: bytes) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        connection.settimeout(2)
        try:
            while connection.recv(65536):
                pass
        except TimeoutError:
            pass


def use_in_every_way(service: Service, token: str) -> set[int]:
    """Send requests with the token to every page and error there is; return the statuses that
    came.
    """
    url = f"{service.url}/feedback/{token}"
    referer = {**BROWSER, "Referer": url, "User-Agent": f"Robot {token}"}
    data = make.answer_data(token)
    statuses = set()
    for path in ("", "/", "/opt-out", "?lang=fr", "/nothing", f"?token={token}", "." * 20):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "BREW"):
            statuses.add(requests.request(method, url + path, headers=referer).status_code)
    for path in (
        token.upper(),
        quote(token.replace("-", "%2D")),
        token[:-1],
        token + "0",
        f"%00{token}",
    ):
        statuses.add(requests.get(f"{service.url}/feedback/{path}", headers=referer).status_code)
    statuses.add(requests.get(f"{service.url}/api/{token}").status_code)
    statuses.add(
        requests.get(f"{service.url}/api/feedbacks?since={token}", headers=referer).status_code
    )
    statuses.add(service.api("GET", f"feedbacks?since={token}").status_code)
    statuses.add(requests.get(url, headers={**referer, "Host": "elsewhere.example"}).status_code)
    statuses.add(requests.post(url, data={"comment": "x" * 70_000}, headers=referer).status_code)
    statuses.add(
        requests.post(
            url, data=b"--x", headers={**referer, "Content-Type": "multipart/form-data"}
        ).status_code
    )
    statuses.add(requests.post(url, data=data, headers=referer).status_code)
    statuses.add(
        requests.post(url, data={**data, "answer": "declined", "reason": "price"}).status_code
    )
    for line in (
        b"GET /feedback/%s HTTP/9.9\r\n\r\n",
        b"G@T /feedback/%s\r\n\r\n",
        b"GET /feedback/%s HTTP/1.1\r\nA B\r\n\r\n",
    ):
        send_raw(service, line % token.encode())
    return statuses


@pytest.mark.django_db
def test_a_canary_token_is_in_no_log(small_service):
    (token,) = small_service.invite()
    unknown = str(links.new_token())
    statuses = use_in_every_way(small_service, str(token)) | use_in_every_way(
        small_service, unknown
    )
    assert statuses >= {200, 204, 400, 401, 404, 405, 409, 410, 413, 422, 429}
    check_log(small_service, str(token), unknown)


@pytest.mark.torture
@pytest.mark.django_db
def test_a_canary_token_is_in_no_log_after_1000_requests(small_service):
    (token,) = small_service.invite()
    for _ in range(15):
        use_in_every_way(small_service, str(token))
    check_log(small_service, str(token))


@pytest.mark.django_db
def test_a_canary_token_is_in_no_log_when_the_database_is_gone(tmp_path):
    with live.serve(tmp_path, workers=1, CONN_MAX_AGE="0") as service:
        (token,) = service.invite()
        break_database(service)
        response = requests.get(f"{service.url}/feedback/{token}", headers=BROWSER)
        assert response.status_code == 500
        assert "<h1>" in response.text
        assert service.api("GET", "status").json()["error"] == "error"
        assert "Traceback" in service.log
        check_log(service, str(token))


def break_database(service: Service) -> None:
    """Take the tables away from the running service."""
    service.run("migrate", "feedback_public", "zero", "--verbosity=0")


def check_log(service: Service, *tokens: str) -> None:
    log = service.log.lower()
    assert "/feedback/…" in log
    for token in tokens:
        for spelling in (token, token.replace("-", ""), token.replace("-", "%2d"), token[:23]):
            assert spelling not in log
