"""Every released version, with a full database on both databases, becomes this one: nothing is lost
on the way, and offices and VPSs of two releases understand each other.

What a release left is in tests/data/releases (`make release-data`). This version is recorded too,
with few offers, so that the recording works on the day of a release and an update to the same
version changes nothing. A migration that changes what
was there says so: `changes_data = {"reminders_incident", "offers_offer.amount"}` names tables and
columns.
"""

from __future__ import annotations

import json
import lzma
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests

from crm.operations.secrets import Secrets
from tests.lacks import find_program
from tests.operations.releases.contents import Table, find_changes, read_postgres, read_sqlite
from tests.operations.releases.pair import Pair
from tests.operations.releases.record import HALVES, OUTCOME, RELEASES, drop_offer, record
from tests.operations.releases.wire import Exchange, find_breaches, played_back

ZURICH = ZoneInfo("Europe/Zurich")
PACKAGES = {
    "feedback": "feedback.backoffice",
    "feedback_public": "feedback.public",
    "core": "crm.core",
}
PACKAGES |= {"accounts": "crm.accounts"}
API = {"/api/invitations", "/api/form", "/api/feedbacks", "/api/feedbacks/ack", "/api/status"}
THIS = "this version"
RELEASED = sorted(path.name for path in RELEASES.glob("*/"))
pytestmark = [pytest.mark.slow, pytest.mark.postgres]


class Database(Protocol):
    """Where a release is restored. `url` is that of DATABASE_URL."""

    def url(self, half: str) -> str: ...
    def backup(self, release: Path, half: str) -> Path: ...
    def restore(self, release: Path, half: str) -> None: ...
    def read(self, half: str) -> dict[str, Table]: ...


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, half: str) -> str:
        return f"sqlite:///{self.folder / half}.sqlite3"

    def backup(self, release: Path, half: str) -> Path:
        path = self.folder / f"{half}.backup.sqlite3"
        path.write_bytes(lzma.decompress((release / f"{half}.sqlite3.xz").read_bytes()))
        return path

    def restore(self, release: Path, half: str) -> None:
        self.backup(release, half).rename(self.folder / f"{half}.sqlite3")

    def read(self, half: str) -> dict[str, Table]:
        return read_sqlite(self.folder / f"{half}.sqlite3")


class Postgres:
    def __init__(self, server: str) -> None:
        self.server, self.names = server, {half: f"{half}_{uuid4().hex}" for half in HALVES}

    def url(self, half: str) -> str:
        return f"{self.server.rpartition('/')[0]}/{self.names[half]}"

    def backup(self, release: Path, half: str) -> Path:
        return release / f"{half}.pgdump"

    def restore(self, release: Path, half: str) -> None:
        command = [
            find_program("pg_restore"),
            "--no-owner",
            f"--dbname={self.url(half)}",
            self.backup(release, half),
        ]
        subprocess.run(command, check=True)

    def read(self, half: str) -> dict[str, Table]:
        return read_postgres(self.url(half))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        yield Sqlite(tmp_path)
        return
    made = Postgres(request.getfixturevalue("postgres_server"))
    with psycopg.connect(made.server, autocommit=True) as connection:
        for name in made.names.values():
            connection.execute(f"CREATE DATABASE {name}".encode())
        yield made
        for name in made.names.values():
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This version, as `make release-data` records it."""
    folder = tmp_path_factory.mktemp("release")
    record(folder, offers=12)
    return folder


@pytest.fixture(params=[THIS, *RELEASED])
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of a release."""
    if request.param == THIS:
        return Path(request.getfixturevalue("recorded"))
    return RELEASES / str(request.param)


def make_pair(release: Path, folder: Path, database: Database, *, api: str = "") -> Pair:
    """The office and the VPS of a release, at the time at which it was recorded, with the keys of
    then.
    """
    keys = json.loads((release / "keys.json").read_text())
    pair = Pair(
        folder,
        Secrets(keys["office"], keys["public"]),
        now=datetime.fromisoformat(keys["recorded_at"]),
    )
    pair.write_env(api=api, **{half: database.url(half) for half in HALVES})
    return pair


def read_wire(release: Path) -> tuple[list[Exchange], list[list[str]]]:
    """Return the calls of the release and what its office made of the answers."""
    wire = json.loads(lzma.decompress((release / "wire.json.xz").read_bytes()))
    return [Exchange(**each) for each in wire["exchanges"]], wire["outcome"]


def declared_changes(old: Mapping[str, Table], new: Mapping[str, Table]) -> set[str]:
    """Return what the migrations between the two say they change."""
    applied = [set(tables["django_migrations"].only(["app", "name"])) for tables in (old, new)]
    changes: set[str] = set()
    for app, name in applied[1] - applied[0]:
        package = PACKAGES.get(app.strip("'"), app.strip("'"))
        migration: Any = import_module(f"{package}.migrations.{name.strip(chr(39))}").Migration
        changes |= getattr(migration, "changes_data", set())
    return changes


def upgrade(pair: Pair, database: Database, release: Path, half: str) -> list[str]:
    """Restore one half and migrate it; return what has changed without a migration saying so."""
    database.restore(release, half)
    old = database.read(half)
    pair.manage(half, "migrate", "--verbosity=0")
    new = database.read(half)
    return find_changes(old, new, declared_changes(old, new))


def a_week_later(pair: Pair) -> datetime:
    """Return a morning of a working day on which the first reminder of an offer of the recorded day
    is due.
    """
    assert pair.now is not None
    day = pair.now.astimezone(ZURICH).date() + timedelta(days=7)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(9, 30), ZURICH)


def test_every_row_is_kept_and_the_office_goes_on(
    release: Path, database: Database, tmp_path: Path
):
    pair = make_pair(release, tmp_path, database)
    assert {half: upgrade(pair, database, release, half) for half in HALVES} == {
        half: [] for half in HALVES
    }
    before = len(database.read("office")["offers_offer"].rows)
    _exchanges, outcome = read_wire(release)
    with pair.servers():
        pair.manage("office", "sync_feedback")
        assert json.loads(pair.call("office", OUTCOME)) == outcome, (
            "What customers wrote is read with the old key."
        )
        pair.set_clock(morning := a_week_later(pair))
        (tmp_path / "export").mkdir()
        drop_offer(tmp_path / "export", "AN-2026-7777", at=morning)
        code = (
            f"from tests.operations.releases import go_on; go_on.work({str(tmp_path / 'export')!r})"
        )
        done = json.loads(pair.call("office", code))
        assert done["offers"] == before + 1
        mails = [path.read_bytes() for path in (tmp_path / "sent").glob("*.eml")]
        assert done["sent"] == sum(b"\nX-Nachfass-Reminder:" in mail for mail in mails) > 0
        for token, number in done["links"]:
            page = requests.get(f"{pair.url}/feedback/{token}", timeout=30)
            assert (page.status_code, number in page.text) == (200, True), (
                "The card opens with the old link."
            )


def test_a_backup_of_it_is_restored_by_the_command(
    release: Path, database: Database, tmp_path: Path
):
    exchanges, outcome = read_wire(release)
    with played_back(exchanges, []) as address:
        pair = make_pair(release, tmp_path, database, api=address)
        said = pair.manage("office", "restore", str(database.backup(release, "office")), "--yes")
        assert said.startswith("Done")
        assert json.loads(pair.call("office", OUTCOME)) == outcome, (
            "The answers since then came back from the VPS."
        )


def test_its_office_gets_its_answers_from_a_new_vps(release: Path, tmp_path: Path):
    database = Sqlite(tmp_path)
    pair = make_pair(release, tmp_path, database)
    database.restore(release, "public")
    pair.manage("public", "migrate", "--verbosity=0")
    exchanges, _outcome = read_wire(release)
    assert {exchange.call[1] for exchange in exchanges} == API
    with pair.servers():
        for exchange in exchanges:
            reply = exchange.repeat(pair.url, pair.secrets.office["FEEDBACK_API_KEY"])
            assert reply.status_code == exchange.status, reply.text
            assert (
                find_breaches(exchange.response, reply.json(), f"{exchange.method} {exchange.path}")
                == []
            )


def test_its_vps_is_understood_by_a_new_office(release: Path, tmp_path: Path):
    exchanges, outcome = read_wire(release)
    seen: list[tuple[str, str, Any]] = []
    database = Sqlite(tmp_path)
    with played_back(exchanges, seen) as address:
        pair = make_pair(release, tmp_path, database, api=address)
        database.restore(release, "office")
        pair.manage("office", "migrate", "--verbosity=0")
        with pair.mailbox():
            pair.manage("office", "sync_feedback")
        assert json.loads(pair.call("office", OUTCOME)) == outcome
    (acknowledged,) = [
        content["uids"] for _method, path, content in seen if path == "/api/feedbacks/ack"
    ]
    recorded = [
        exchange.request["uids"] for exchange in exchanges if exchange.path == "/api/feedbacks/ack"
    ]
    assert acknowledged == recorded[0]


OLD = {"offers": Table(["id", "number", "amount"], [("1", "'A'", "5"), ("2", "'B'", "6")])}


@pytest.mark.parametrize(
    ("columns", "rows", "declared", "words"),
    [
        (["id", "number"], [("1", "'A'"), ("2", "'B'")], set(), "has lost amount"),
        (["id", "number", "amount"], [("1", "'A'", "5")], set(), "1 rows of offers are gone"),
        (
            ["id", "number", "amount"],
            [("1", "'A'", "5"), ("2", "'B'", "7")],
            set(),
            "1 rows of offers are gone",
        ),
        (["id", "number", "amount"], [*OLD["offers"].rows, ("3", "'C'", "7")], set(), "1 are new"),
        (["id", "number"], [("1", "'A'"), ("2", "'B'")], {"offers.amount"}, ""),
        (["id", "number", "amount"], [], {"offers"}, ""),
        (
            ["id", "amount", "number", "note"],
            [("1", "5", "'A'", "x"), ("2", "6", "'B'", "y")],
            set(),
            "",
        ),
    ],
    ids=[
        "column lost",
        "row lost",
        "value changed",
        "row added",
        "column declared",
        "table declared",
        "column added",
    ],
)
def test_what_a_migration_changes_without_saying_so_is_noticed(
    columns: list[str], rows: list[tuple[str, ...]], declared: set[str], words: str
):
    found = find_changes(OLD, {"offers": Table(columns, rows)}, declared)
    assert words in " ".join(found) if words else found == []


def test_an_answer_that_lacks_something_is_noticed():
    old = {"feedbacks": [{"uid": "1", "kind": "declined"}], "version": "1"}
    assert (
        find_breaches(
            old, {"feedbacks": [{"uid": "1", "kind": "declined", "more": 1}], "version": "2"}
        )
        == []
    )
    assert find_breaches(old, {"feedbacks": [{"uid": "1"}], "version": "2"}) == [
        "answer.feedbacks[0] has lost kind."
    ]
    assert find_breaches(old, {"feedbacks": [], "version": "2"}) != []
