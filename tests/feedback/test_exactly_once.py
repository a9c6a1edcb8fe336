"""Whatever happens on the way, each answer is stored once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections

from feedback.backoffice import sync
from feedback.backoffice.client import Client, SyncError
from feedback.backoffice.models import Answer, Invitation
from offers.models import Customer, Offer
from offers.services import announce
from tests.feedback.dying_office import MOMENTS
from tests.feedback.fault_proxy import fault_proxy
from tests.feedback.live import API_KEY, ROOT, PublicService, clean_env, public_service
from tests.make import make_offer

pytestmark = pytest.mark.django_db(transaction=True)


def make_links(count: int) -> list[Invitation]:
    customer = Customer.objects.create(email="kunde@kunde.example")
    offers = [make_offer(customer=customer) for _ in range(count)]
    announce(offers)
    return list(Invitation.objects.filter(offer__in=offers).order_by("pk"))


def answers_for(links: list[Invitation]) -> list[dict[str, Any]]:
    return [
        {"digest": link.digest, "kind": "declined" if link.pk % 2 else "interested", "reason": ""} for link in links
    ]


def assert_each_is_stored_once(links: list[Invitation], url: str) -> None:
    """Every link has one answer with its effect here, and nothing waits there."""
    digests = sorted(Answer.objects.values_list("invitation__digest", flat=True))
    assert digests == sorted(link.digest for link in links)
    statuses = dict(Invitation.objects.values_list("pk", "offer__status"))
    assert all(statuses[link.pk] == ("declined" if link.pk % 2 else "interested") for link in links)
    assert set(Invitation.objects.filter(pk__in=[link.pk for link in links]).values_list("state", flat=True)) == {
        "answered"
    }
    with Client(url, API_KEY) as client:
        assert client.get_feedbacks().feedbacks == []


def pull_until_all_is_here(count: int, *, runs: int = 200) -> None:
    """Run after run, as the schedule does; each may fail."""
    for _run in range(runs):
        try:
            sync.pull()
        except SyncError:
            continue
        if Answer.objects.count() >= count:
            return
    raise AssertionError(f"{Answer.objects.count()} of {count} answers after {runs} runs.")


@pytest.mark.parametrize(
    ("count", "page"), [(200, 10), pytest.param(10_000, 50, marks=pytest.mark.torture)], ids=["200", "10000"]
)
def test_all_answers_come_through_a_bad_line(
    vps: PublicService, settings: Any, monkeypatch: pytest.MonkeyPatch, count: int, page: int
) -> None:
    links = make_links(count)
    sync.sync()
    vps.give_answers(answers_for(links))
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", page)
    with fault_proxy(vps.url, seed=20261122) as proxy:
        settings.FEEDBACK_API_URL = proxy.url
        pull_until_all_is_here(count)
    assert all(proxy.seen[fault] for fault in ("cut_before", "cut_after", "error", "cut_json"))
    assert_each_is_stored_once(links, vps.url)


def test_links_are_registered_through_a_bad_line(vps: PublicService, settings: Any, monkeypatch: Any) -> None:
    links = make_links(60)
    monkeypatch.setattr("feedback.wire.MAX_INVITATIONS", 3)
    with fault_proxy(vps.url, seed=7) as proxy:
        settings.FEEDBACK_API_URL = proxy.url
        for _run in range(50):
            try:
                sync.sync()
                break
            except SyncError:
                continue
    assert not Invitation.objects.filter(registered_at=None).exists()
    vps.give_answers(answers_for(links))
    settings.FEEDBACK_API_URL = vps.url
    sync.pull()
    assert_each_is_stored_once(links, vps.url)


def test_twenty_customers_answer_while_the_office_pulls(vps: PublicService, monkeypatch: pytest.MonkeyPatch) -> None:
    links = make_links(300)
    sync.sync()
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 7)
    writers = Thread(target=vps.give_answers, args=[answers_for(links)], kwargs={"threads": 20})
    writers.start()
    while writers.is_alive():
        sync.pull()
        writers.join(0.05)
    sync.pull()
    assert_each_is_stored_once(links, vps.url)


def test_four_offices_at_once_store_each_answer_once(vps: PublicService, monkeypatch: pytest.MonkeyPatch) -> None:
    links = make_links(120)
    sync.sync()
    vps.give_answers(answers_for(links))
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 11)

    def pull(_number: int) -> int:
        try:
            return sync.pull().stored
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(pull, range(4))) == 120
    assert_each_is_stored_once(links, vps.url)


def office_env(url: str) -> dict[str, str]:
    """The environment of office processes that work on the database of this test."""
    database = connection.settings_dict
    where = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        where = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    settings = {"DJANGO_SETTINGS_MODULE": "crm.settings.test", "DATABASE_URL": where, "FEEDBACK_API_URL": url}
    return clean_env() | settings | {"LOG_LEVEL": "ERROR"}


@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.torture)])
def test_an_office_killed_at_any_moment_loses_and_doubles_nothing(vps: PublicService, rounds: int) -> None:
    *pulling, registered = MOMENTS
    moments = pulling * rounds
    random.Random(rounds).shuffle(moments)
    # Links come after all answers, so these runs would leave nothing to pull for the others.
    moments += [registered] * rounds
    answered = make_links(8 * len(moments))
    sync.sync()
    vps.give_answers(answers_for(answered))
    customer = Customer.objects.get()
    announce([make_offer(customer=customer) for _ in range(8 * len(moments))])
    done = subprocess.run(
        [sys.executable, "-m", "tests.feedback.dying_office", "1", *moments],
        env=office_env(vps.url),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) == len(moments)
    sync.sync()
    assert_each_is_stored_once(answered, vps.url)
    assert not Invitation.objects.filter(registered_at=None).exists()
    assert Offer.objects.filter(needs_review="").count() == 16 * len(moments)


@pytest.fixture
def dying_service(tmp_path: Path, settings: Any) -> Iterator[tuple[PublicService, Path]]:
    plan = tmp_path / "plan"
    plan.touch()
    with public_service(tmp_path, application="tests.feedback.dying_wsgi:application", DYING_PLAN=str(plan)) as service:
        settings.FEEDBACK_API_URL = service.url
        yield service, plan


@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.torture)])
def test_a_public_side_killed_at_any_moment_loses_and_doubles_nothing(
    dying_service: tuple[PublicService, Path], monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    service, plan = dying_service
    links = make_links(4 * rounds)
    monkeypatch.setattr("feedback.wire.MAX_INVITATIONS", 2)
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 2)
    for _round in range(rounds):
        plan.write_text("PUT before\nPUT after\n")
        while plan.read_text():
            Invitation.objects.filter(pk__in=[link.pk for link in links[:4]]).update(registered_at=None)
            sync.sync(resend=True)
    assert not Invitation.objects.filter(registered_at=None).exists()
    service.give_answers(answers_for(links))
    moments = ["GET before", "GET after", "POST before", "POST after"] * rounds
    plan.write_text("\n".join(moments))
    pull_until_all_is_here(len(links))
    while plan.read_text():
        sync.sync(since=links[0].created_at)
    assert_each_is_stored_once(links, service.url)


def test_the_database_going_away_acknowledges_nothing(vps: PublicService, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    links = make_links(3)
    sync.sync()
    vps.give_answers(answers_for(links))

    def lose_the_database(offers: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr("offers.services.announce", lose_the_database)
        with pytest.raises(OperationalError):
            sync.pull()
    assert not Answer.objects.exists()
    assert sync.pull().stored == 3
    assert_each_is_stored_once(links, vps.url)
