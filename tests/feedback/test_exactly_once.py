"""Whatever happens on the way, each answer is stored once."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.db import connection, connections
from django.utils import timezone

from crm.backoffice.changes import follow_changes
from crm.operations.backups import make_backup, restore_backup
from feedback.backoffice import sync
from feedback.backoffice.api_client import ApiClient, SyncError
from feedback.backoffice.models import Answer, Invitation, SyncState
from offers.models import Customer, Offer
from tests.commands import ROOT, clean_env, database_url
from tests.feedback.dying_office import MOMENTS
from tests.feedback.fault_proxy import fault_proxy
from tests.make import make_offer, set_steps_after_restore
from tests.public_service import API_KEY, PublicService, public_service

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.restarts, pytest.mark.slow]


def make_links(count: int) -> list[Invitation]:
    customer = Customer.objects.create(email="kunde@kunde.example")
    offers = [make_offer(customer=customer) for _ in range(count)]
    follow_changes(offers)
    return list(Invitation.objects.filter(offer__in=offers).order_by("pk"))


def kind_of(link: Invitation) -> str:
    """What the customer of this link answers."""
    return "declined" if link.pk % 2 else "interested"


def answers_for(links: list[Invitation]) -> list[dict[str, Any]]:
    return [{"digest": link.digest, "kind": kind_of(link), "reason": ""} for link in links]


def assert_each_is_stored_once(links: list[Invitation], url: str) -> None:
    """Every link has one answer with its effect here, and nothing waits there."""
    digests = sorted(Answer.objects.values_list("invitation__digest", flat=True))
    assert digests == sorted(link.digest for link in links)
    statuses = dict(Invitation.objects.values_list("pk", "offer__status"))
    assert all(statuses[link.pk] == kind_of(link) for link in links)
    assert set(
        Invitation.objects.filter(pk__in=[link.pk for link in links]).values_list(
            "state", flat=True
        )
    ) == {"answered"}
    with ApiClient(url, API_KEY) as client:
        assert client.get_feedbacks().feedbacks == []


def pull_until_all_is_here(count: int, *, runs: int = 200) -> None:
    """Run after run, as the schedule does; each may fail."""
    for _run in range(runs):
        try:
            sync.pull(after_store=follow_changes)
        except SyncError:
            continue
        if Answer.objects.count() >= count:
            return
    raise AssertionError(f"{Answer.objects.count()} of {count} answers after {runs} runs.")


@pytest.mark.parametrize(
    ("count", "page"),
    [(200, 10), pytest.param(10_000, 50, marks=pytest.mark.torture)],
    ids=["200", "10000"],
)
def test_all_answers_come_through_a_bad_line(
    vps: PublicService, settings: Any, monkeypatch: pytest.MonkeyPatch, count: int, page: int
) -> None:
    links = make_links(count)
    sync.sync(after_store=follow_changes)
    vps.give_answers(answers_for(links))
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", page)
    with fault_proxy(vps.url, seed=20261122) as proxy:
        settings.FEEDBACK_API_URL = proxy.url
        pull_until_all_is_here(count)
    assert all(proxy.seen[fault] for fault in ("cut_before", "cut_after", "error", "cut_json"))
    assert_each_is_stored_once(links, vps.url)


def test_links_are_registered_through_a_bad_line(
    vps: PublicService, settings: Any, monkeypatch: Any
) -> None:
    links = make_links(60)
    monkeypatch.setattr("feedback.wire.MAX_INVITATIONS", 3)
    with fault_proxy(vps.url, seed=7) as proxy:
        settings.FEEDBACK_API_URL = proxy.url
        for _run in range(50):
            try:
                sync.sync(after_store=follow_changes)
                break
            except SyncError:
                continue
    assert not Invitation.objects.filter(registered_at=None).exists()
    vps.give_answers(answers_for(links))
    settings.FEEDBACK_API_URL = vps.url
    sync.pull(after_store=follow_changes)
    assert_each_is_stored_once(links, vps.url)


def test_twenty_customers_answer_while_the_office_pulls(
    vps: PublicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = make_links(60)
    sync.sync(after_store=follow_changes)
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 7)
    writers = Thread(target=vps.give_answers, args=[answers_for(links)], kwargs={"threads": 20})
    writers.start()
    while writers.is_alive():
        sync.pull(after_store=follow_changes)
        writers.join(0.05)
    sync.pull(after_store=follow_changes)
    assert_each_is_stored_once(links, vps.url)


def test_four_offices_at_once_store_each_answer_once(
    vps: PublicService, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = make_links(120)
    sync.sync(after_store=follow_changes)
    vps.give_answers(answers_for(links))
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 11)

    def pull(_number: int) -> int:
        try:
            return sync.pull(after_store=follow_changes).stored
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(pull, range(4))) == 120
    assert_each_is_stored_once(links, vps.url)


def office_env(url: str) -> dict[str, str]:
    """The environment of office processes that work on the database of this test."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        "DATABASE_URL": database_url(),
        "FEEDBACK_API_URL": url,
    }
    return clean_env() | settings | {"LOG_LEVEL": "ERROR"}


@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.torture)])
def test_an_office_killed_at_any_moment_loses_and_doubles_nothing(
    vps: PublicService, rounds: int
) -> None:
    *pulling, registered = MOMENTS
    moments = pulling * rounds
    random.Random(rounds).shuffle(moments)
    # Links come after all answers, so these runs would leave nothing to pull for the others.
    moments += [registered] * rounds
    answered = make_links(8 * len(moments))
    sync.sync(after_store=follow_changes)
    vps.give_answers(answers_for(answered))
    customer = Customer.objects.get()
    follow_changes([make_offer(customer=customer) for _ in range(8 * len(moments))])
    done = subprocess.run(
        [sys.executable, "-m", "tests.feedback.dying_office", "1", *moments],
        env=office_env(vps.url),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) == len(moments)
    sync.sync(after_store=follow_changes)
    assert_each_is_stored_once(answered, vps.url)
    assert not Invitation.objects.filter(registered_at=None).exists()
    assert Offer.objects.filter(needs_review="").count() == 16 * len(moments)


@dataclass(frozen=True)
class DyingService:
    """A public service that is killed at planned moments, one a line of the file `plan`."""

    service: PublicService
    plan: Path

    def until_all_has_come(self, moments: list[str], act: Callable[[], object]) -> None:
        """Do something again and again until the service has died at all the moments, then once
        undisturbed.

        It fails while the service starts again, as it does at a customer's; a limit keeps a hanging
        test from lasting.
        """
        self.plan.write_text("\n".join(moments))
        deadline = time.monotonic() + 180 + 10 * len(moments)
        while True:
            is_undisturbed = not self.plan.read_text()
            assert time.monotonic() < deadline, f"Left: {self.plan.read_text().split()}"
            with suppress(SyncError, requests.ConnectionError):
                act()
                if is_undisturbed:
                    return
            time.sleep(0.05)


@contextmanager
def public_database() -> Iterator[dict[str, str]]:
    """The setting that puts the public service on the kind of database that the office of this test
    has.
    """
    if connection.vendor == "sqlite":
        yield {}
        return
    name = f"dying_{uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield {"DATABASE_URL": database_url(name)}
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["no", "yes"], ids=["worker", "whole"])
def dying(
    db: None, request: pytest.FixtureRequest, tmp_path: Path, settings: Any
) -> Iterator[DyingService]:
    plan = tmp_path / "plan"
    plan.touch()
    how = {"DYING_PLAN": str(plan), "DYING_WHOLE": str(request.param)}
    how["DJANGO_SETTINGS_MODULE"] = "crm.settings.test_public"  # no collected static files
    with (
        public_database() as database,
        public_service(
            tmp_path, program="tests.feedback.dying_service", **how, **database
        ) as service,
    ):
        settings.FEEDBACK_API_URL = service.url
        yield DyingService(service, plan)


@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.torture)])
def test_a_public_service_killed_at_any_moment_loses_and_doubles_nothing(
    dying: DyingService, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    """Killed while links are registered, while customers answer, and while answers are fetched and
    acknowledged.
    """
    links = make_links(4 * rounds)
    monkeypatch.setattr("feedback.wire.MAX_INVITATIONS", 2)
    monkeypatch.setattr("feedback.wire.MAX_FEEDBACKS", 2)

    def register() -> None:
        Invitation.objects.filter(pk__in=[link.pk for link in links[:4]]).update(registered_at=None)
        sync.sync(after_store=follow_changes)

    dying.until_all_has_come(["PUT before", "PUT after"] * rounds, register)
    assert not Invitation.objects.filter(registered_at=None).exists()

    waiting = iter(links)
    link = next(waiting)

    def answer() -> None:
        nonlocal link
        dying.service.answer(link.token, kind_of(link))
        link = next(waiting, link)

    dying.until_all_has_come(["FORM before", "FORM after"] * rounds, answer)
    for left in (link, *waiting):
        dying.service.answer(left.token, kind_of(left))

    fetching = ["GET before", "GET after", "POST before", "POST after"] * rounds
    dying.until_all_has_come(
        fetching, lambda: sync.sync(after_store=follow_changes, since=links[0].created_at)
    )
    assert_each_is_stored_once(links, dying.service.url)


def test_an_office_restored_from_a_backup_of_ten_days_ago_gets_everything_back(
    vps: PublicService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = make_links(60)
    sync.sync(after_store=follow_changes)
    ten_days_ago = timezone.now() - timedelta(days=10)
    SyncState.objects.update(pulled_at=ten_days_ago)
    backup = make_backup(tmp_path, now=ten_days_ago, keep=1)
    vps.give_answers(answers_for(links))
    spread_over_ten_days(vps)
    assert sync.sync(after_store=follow_changes).stored == 60
    set_steps_after_restore(
        monkeypatch, [partial(sync.replay_after_restore, after_store=follow_changes)]
    )
    (sentence,) = restore_backup(backup)
    assert "60" in sentence
    # Nobody is told again of what they were told before.
    assert not Answer.objects.filter(notified_at=None).exists()
    assert_each_is_stored_once(links, vps.url)


def spread_over_ten_days(vps: PublicService) -> None:
    """Date the answers back, as if some had come on each of the last ten days."""
    with closing(sqlite3.connect(vps.env["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        for day in range(10):
            moment = (datetime.now(UTC) - timedelta(days=day)).strftime("%Y-%m-%d %H:%M:%S")
            database.execute(
                "UPDATE feedback_public_submittedanswer SET submitted_at = ? WHERE id % 10 = ?",
                [moment, day],
            )
        database.commit()


def test_the_database_going_away_acknowledges_nothing(vps: PublicService) -> None:
    from django.db import OperationalError

    links = make_links(3)
    sync.sync(after_store=follow_changes)
    vps.give_answers(answers_for(links))

    def lose_the_database(offers: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        sync.pull(after_store=lose_the_database)
    assert not Answer.objects.exists()
    assert sync.pull(after_store=follow_changes).stored == 3
    assert_each_is_stored_once(links, vps.url)
