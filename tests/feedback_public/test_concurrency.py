"""Over HTTP, against several processes: one link takes one answer, and robots take none."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import requests

from tests.feedback_public import make
from tests.feedback_public.live import BROWSER, Service

# On PostgreSQL too: these tests touch its database through the service.
pytestmark = pytest.mark.django_db

PREFETCH = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"}


def post(service: Service, token, data=None, headers=BROWSER) -> requests.Response:
    return requests.post(f"{service.url}/feedback/{token}", data=data, headers=headers, timeout=60)


def race_for_one_link(service: Service, pool: ThreadPoolExecutor, number: int) -> Counter[int]:
    """Send 200 answers at once for one link, every second one a decline; return how often each
    status came.
    """
    token = service.invite()[0]
    answers = [
        make.answer_data(token, "interested"),
        make.answer_data(token, "declined", reason="price", comment=f"Runde {number}"),
    ]
    responses = pool.map(
        lambda index: post(service, token, answers[index % 2]).status_code, range(200)
    )
    return Counter(responses)


def check_races(service: Service, rounds: int) -> None:
    stored = len(service.answers())
    with ThreadPoolExecutor(50) as pool:
        for number in range(rounds):
            statuses = race_for_one_link(service, pool, number)
            # The winner's answer is thanked for a hundred times, the other one refused a hundred
            # times.
            assert statuses == {200: 100, 409: 100}
    assert len(service.answers()) == stored + rounds


def test_of_200_simultaneous_answers_one_is_stored(service):
    check_races(service, rounds=2)


@pytest.mark.torture
def test_of_200_simultaneous_answers_one_is_stored_twenty_times(service):
    check_races(service, rounds=20)


def test_of_simultaneous_clicks_on_undecided_one_is_stored(service):
    token = service.invite()[0]
    data = make.answer_data(token, "undecided")
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: post(service, token, data).status_code, range(20))) == {200}
    assert (
        sum(one["digest"] == make.invitation_item(token)["digest"] for one in service.answers())
        == 1
    )


def test_of_simultaneous_one_clicks_one_is_stored(service):
    token = service.invite()[0]
    with ThreadPoolExecutor(20) as pool:
        statuses = pool.map(
            lambda _: (
                post(service, f"{token}/opt-out", {"List-Unsubscribe": "One-Click"}).status_code
            ),
            range(20),
        )
        assert set(statuses) == {200}
    assert (
        sum(one["digest"] == make.invitation_item(token)["digest"] for one in service.answers())
        == 1
    )


def fetch(
    service: Service, method: str, path: str, headers: dict[str, str], body: str = ""
) -> None:
    """One request as programs send it; with a bare connection, because there are tens of thousands
    of them.
    """
    connection = HTTPConnection(service.url.removeprefix("http://"), timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body or None, headers | kind)
    assert connection.getresponse().status < 500
    connection.close()


def visit_like_a_scanner(service: Service, token) -> None:
    """Eight of the nine profiles; the ninth is a browser, in test_browser.py."""
    path = f"/feedback/{token}"
    for address in (path, f"{path}?a=interested", f"{path}/opt-out"):
        for method in ("GET", "HEAD", "OPTIONS", "HEAD", "GET"):
            fetch(service, method, address, {})
        fetch(service, "GET", address, PREFETCH)
        # No stamp, nothing at all, and everything a robot finds to click, at once.
        for body in ("answer=interested", "", "answer=declined&reason=price&website=x&opt_out="):
            fetch(service, "POST", address, {}, body)
    for _ in range(20):
        fetch(service, "GET", path, {})


def check_scanners(service: Service, count: int) -> None:
    tokens = service.invite(count)
    before = len(service.answers())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda token: visit_like_a_scanner(service, token), tokens))
    assert len(service.answers()) == before
    acknowledged = {one["uid"] for one in service.answers()}
    service.api("POST", "feedbacks/ack", json={"uids": list(acknowledged)})
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda token: post(service, token, make.answer_data(token)).status_code, tokens
            )
        )
    assert statuses == [200] * count
    assert service.api("GET", "status").json()["waiting_answers"] == count
    service.drain()


def test_scanners_use_up_no_link(service):
    check_scanners(service, 10)


@pytest.mark.torture
def test_scanners_use_up_none_of_1000_links(service):
    check_scanners(service, 1000)
