from __future__ import annotations

import base64

import pytest
from django.test import Client

from crm.accounts import throttle
from tests.make import make_user

pytestmark = pytest.mark.django_db


def sign_in(
    client: Client, username: str, password: str = "wrong", address: str = "10.0.0.1"
) -> int:
    return client.post(
        "/admin/login/", {"username": username, "password": password}, REMOTE_ADDR=address
    ).status_code


def test_the_right_password_lets_in_and_forgets_the_attempts(client: Client) -> None:
    make_user(username="petra")
    for _n in range(throttle.PER_ACCOUNT - 1):
        assert sign_in(client, "petra") == 200
    assert sign_in(client, "petra", "a-long-password") == 302
    assert sign_in(client, "petra") == 200


def test_who_signs_in_without_a_page_in_mind_comes_to_today(client: Client) -> None:
    make_user(username="p.vogt")
    response = client.post(
        "/admin/login/", {"username": "p.vogt", "password": "a-long-password"}, follow=True
    )
    assert response.status_code == 200
    assert response.request["PATH_INFO"] == "/admin/"


def test_after_too_many_attempts_not_even_the_right_password_lets_in(client: Client) -> None:
    make_user(username="petra")
    for number in range(throttle.PER_ACCOUNT):
        sign_in(client, "petra", address=f"10.0.0.{number}")
    answer = client.post("/admin/login/", {"username": "PETRA", "password": "a-long-password"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
    assert answer.context["form"].has_error("__all__", "too_many")


def test_one_address_cannot_try_one_password_on_every_account(client: Client) -> None:
    for number in range(throttle.PER_ADDRESS):
        sign_in(client, f"user-{number}")
    make_user(username="petra")
    assert sign_in(client, "petra", "a-long-password") == 200
    assert sign_in(client, "petra", "a-long-password", address="10.0.0.2") == 302


@pytest.mark.parametrize(
    ("one", "other"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("2001:db8::1", "2001:db8::ffff"), ("", "not an address")],
)
def test_spellings_of_one_address_are_one_address(one: str, other: str, rf) -> None:  # type: ignore[no-untyped-def]
    assert (
        len({throttle.address_of(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)})
        == 1
    )


def test_behind_nginx_it_is_the_client_who_is_counted(rf, settings) -> None:  # type: ignore[no-untyped-def]
    request = rf.get(
        "/", REMOTE_ADDR="", HTTP_X_REAL_IP="10.0.0.1", HTTP_X_FORWARDED_FOR="10.0.0.9"
    )
    assert throttle.address_of(request) == "None"
    settings.TRUSTED_PROXIES = ["unix"]
    assert throttle.address_of(request) == "10.0.0.1"


def basic(username: str, password: str) -> dict[str, str]:
    return {
        "Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    }


class TestBasicAuth:
    @pytest.fixture(autouse=True)
    def _basic(self, settings) -> None:  # type: ignore[no-untyped-def]
        settings.STATS_AUTH = "basic"

    def test_a_wall_screen_sees_the_figures(self, client: Client) -> None:
        make_user(username="wand", is_superuser=True)
        assert client.get("/stats/", headers=basic("wand", "a-long-password")).status_code == 200
        assert (
            client.get("/stats/export.csv", headers=basic("wand", "a-long-password")).status_code
            == 200
        )

    def test_it_opens_nothing_else(self, client: Client) -> None:
        make_user(username="wand", is_superuser=True)
        assert client.get("/admin/", headers=basic("wand", "a-long-password")).status_code == 302

    @pytest.mark.parametrize(
        "header",
        ["", "Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"\xff").decode()],
    )
    def test_nonsense_is_asked_to_sign_in(self, client: Client, header: str) -> None:
        answer = client.get("/stats/", headers={"Authorization": header})
        assert (answer.status_code, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")

    def test_without_the_right_the_password_does_not_help(self, client: Client) -> None:
        make_user(username="wand")
        assert client.get("/stats/", headers=basic("wand", "a-long-password")).status_code == 403

    def test_guessing_is_slowed_down(self, client: Client) -> None:
        make_user(username="wand", is_superuser=True)
        for _n in range(throttle.PER_ACCOUNT):
            assert client.get("/stats/", headers=basic("wand", "wrong")).status_code == 401
        answer = client.get("/stats/", headers=basic("wand", "a-long-password"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")


def test_basic_auth_is_off_by_default(client: Client) -> None:
    make_user(username="wand", is_superuser=True)
    assert client.get("/stats/", headers=basic("wand", "a-long-password")).status_code == 302
