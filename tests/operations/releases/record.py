"""`make release-data`: a full database of each half on SQLite and PostgreSQL, and the calls between
the halves.

Written once for a release, into tests/data/releases/<version>; later releases are tested against
it. The tests record the version that they run in too. What is written is what an IT person of that
day had: backups, made by the command.
"""

from __future__ import annotations

import json
import lzma
import os
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from crm import __version__
from crm.demo.mail_files import MailFile, Person, message_id
from crm.demo.sample_data import SALESPEOPLE
from crm.operations.secrets import make_secrets
from tests.operations.releases.contents import read_sqlite
from tests.operations.releases.pair import ROOT, Pair
from tests.operations.releases.wire import Exchange, recorded
from tests.servers import postgres

RELEASES = ROOT / "tests" / "data" / "releases"
SEED = 1
HALVES = ("office", "public")
# Permissions are given to roles, never to single people; nothing goes wrong on the VPS.
MAY_BE_EMPTY = {"accounts_user_user_permissions", "core_incident"}
FILL = "from tests.operations.releases import fill; fill."
STATUS = (
    "from feedback.backoffice.api_client import ApiClient; ApiClient.from_settings().get_status()"
)
# What the office made of the answers that it fetched.
OUTCOME = """
import json
from feedback.backoffice.models import Answer
answers = Answer.objects.exclude(uid=None).order_by("uid").select_related("offer")
print(json.dumps([[str(each.uid), each.kind, each.offer.number, each.comment, each.phone, each.offer.status]
                  for each in answers]))
"""


def play(pair: Pair, offers: int) -> None:
    """A year of offers, what is rare, an offer whose link the VPS does not know yet, and answers
    nobody has fetched.
    """
    pair.write_env()
    for half in HALVES:
        pair.manage(half, "migrate", "--verbosity=0")
        pair.manage(half, "collectstatic", "--no-input", "--verbosity=0")
    pair.manage("office", "setup_schedules")
    pair.manage(
        "office", "demo_data", f"--folder={pair.folder}", f"--offers={offers}", f"--seed={SEED}"
    )
    with pair.servers():
        # However few offers the year has: one of these is erased, the others are answered below.
        for number in range(9901, 9906):
            drop_offer(pair.folder / "outgoing", f"AN-2026-{number}", at=datetime.now(UTC))
        pair.manage("office", "import_offers")
        pair.manage("office", "sync_feedback")
        pair.call("office", f"{FILL}rare()")
        pair.manage("office", "qcluster", "--run-once")
        pair.call("office", f"{FILL}answers()")
        drop_offer(pair.folder / "outgoing", "AN-2026-9999", at=datetime.now(UTC))
        pair.manage("office", "import_offers")
        pair.call("office", f"{FILL}leftovers()")
        pair.manage("public", "watch_pulls")


def drop_offer(folder: Path, number: str, *, at: datetime) -> None:
    """David exports one more offer mail."""
    salesperson = Person(SALESPEOPLE[0].name, SALESPEOPLE[0].email)
    customer = Person("Jörg Bühler", f"buehler@kunde-{number.lower()}.example")
    mail = MailFile(
        sender=salesperson,
        recipients=[customer],
        subject=f"Angebot Nr. {number} Stahltreppe",
        sent_at=at,
        message_id=message_id(int(number[-4:]), at),
        text="Guten Tag",
    )
    path = folder / f"{number}.eml"
    path.write_bytes(mail.content())
    os.utime(path, (at.timestamp() - 60,) * 2)


def save_backups(pair: Pair, target: Path) -> None:
    """Write a backup of each half from each database; the one on PostgreSQL has been moved there by
    the command.
    """
    with postgres() as server, psycopg.connect(server, autocommit=True) as connection:
        urls = {half: f"{server.rpartition('/')[0]}/{half}" for half in HALVES}
        for half in HALVES:
            connection.execute(f"CREATE DATABASE {half}".encode())
            backup = make_backup(pair, half)
            check_full(backup)
            (target / f"{half}.sqlite3.xz").write_bytes(
                lzma.compress(backup.read_bytes(), preset=9)
            )
            pair.manage(half, "move_database", "--to", urls[half])
        pair.write_env(**urls)
        for half in HALVES:
            (target / f"{half}.pgdump").write_bytes(make_backup(pair, half).read_bytes())
        pair.write_env()


def check_full(backup: Path) -> None:
    empty = {name for name, table in read_sqlite(backup).items() if not table.rows} - MAY_BE_EMPTY
    assert not empty, f"These tables have no row: {sorted(empty)}"


def make_backup(pair: Pair, half: str) -> Path:
    folder = Path(tempfile.mkdtemp(dir=pair.folder))
    pair.manage(half, "backup", str(folder))
    (backup,) = folder.iterdir()
    return backup


def record_wire(pair: Pair) -> dict[str, object]:
    """Let the office call the VPS in every way it does; return the exchanges and what it made of
    the answers.
    """
    exchanges: list[Exchange] = []
    with pair.servers(), recorded(pair.url, exchanges) as proxy:
        pair.write_env(api=proxy)
        pair.manage("office", "sync_feedback")
        pair.manage("office", "sync_feedback", "--since", "2020-01-01", "--resend")
        pair.call("office", STATUS)
        outcome = json.loads(pair.call("office", OUTCOME))
    return {"exchanges": [asdict(exchange) for exchange in exchanges], "outcome": outcome}


def record(target: Path, *, offers: int) -> None:
    """Write the backups and the calls of this version into the folder, and the keys to read them."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nachfass-release-") as folder:
        pair = Pair(Path(folder), make_secrets())
        play(pair, offers)
        now = datetime.now(UTC)
        save_backups(pair, target)
        wire = record_wire(pair)
        keys = {
            "recorded_at": now.isoformat(),
            "office": pair.secrets.office,
            "public": pair.secrets.public,
        }
    text = json.dumps(wire, ensure_ascii=False, indent=1).encode()
    (target / "wire.json.xz").write_bytes(lzma.compress(text, preset=9))
    (target / "keys.json").write_text(json.dumps(keys, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    target = RELEASES / __version__
    record(target, offers=50)
    sizes = {path.name: f"{path.stat().st_size // 1000} kB" for path in sorted(target.iterdir())}
    print(f"Done, backups and calls in {target.relative_to(ROOT)}: {sizes}.")


if __name__ == "__main__":
    main()
