"""Rates of a worker machine on PostgreSQL: two machines beside one, and one beside more and more
offers. Only for root.

`python -m bench.scale [--count 4000]` compares two with one; `--growth 1000000` measures one beside
1,000, 10,000, … offers with a ledger row, a link and a follow-up each, written by the database
itself. Each machine is a network namespace with an address of its own; database, public service and
mail receiver are in a third one, and the workers reach them over the line between. Import: one
folder for each machine, half of the mails in each (one machine takes both); links registered,
answers pulled and reminders sent: both run the same command. Prints rows per second, the best of
two rounds where machines are compared. All share the processors of this machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.reminders_send import NOW, add_due
from tests.public_service import API_KEY, public_service
from tests.servers import free_port, postgres, stop, wait_for_port

COUNT = 4_000
STEPS = ("mails imported", "links registered", "answers pulled", "reminders sent")
HUB = f"nfb{os.getpid()}-hub"
# What listens on the hub's loopback interface answers to the workers too, who are to be seen as
# local.
NAT = """
table inet bench {
  chain incoming { type nat hook prerouting priority -100; ip daddr 10.78.0.0/16 dnat ip to 127.0.0.1; }
  chain local { type nat hook input priority 100; ip saddr 10.78.0.0/16 snat ip to 127.0.0.1; }
}
"""


def namespace(worker: int) -> str:
    return f"{HUB}-{worker}"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@contextmanager
def machines() -> Iterator[None]:
    """Make the hub and two workers, each with a line of its own to the hub."""
    names = [HUB, namespace(1), namespace(2)]
    try:
        for name in names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        for worker in (1, 2):
            peer = ["peer", "name", "eth0", "netns", namespace(worker)]
            ip("-n", HUB, "link", "add", f"w{worker}", "type", "veth", *peer)
            for place, device, last in ((HUB, f"w{worker}", 1), (namespace(worker), "eth0", 2)):
                ip("-n", place, "address", "add", f"10.78.{worker}.{last}/24", "dev", device)
                ip("-n", place, "link", "set", device, "up")
        inside = ["ip", "netns", "exec", HUB]
        subprocess.run([*inside, "sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1"], check=True)
        subprocess.run([*inside, "nft", "-f", "-"], input=NAT, text=True, check=True)
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def work(step: str, *arguments: str) -> None:
    """One worker: get ready, wait for the starting signal, do it."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from feedback.backoffice import sync
    from reminders.sending.run import send_due

    steps = {
        "grow": lambda: grow(int(arguments[0])),
        "due": lambda: add_due(int(arguments[0])),
        "import": lambda: [
            call_command("import_offers", folder=folder, verbosity=0) for folder in arguments
        ],
        "sync": sync.sync,
        "send": lambda: send_due(lambda: NOW),
    }
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    steps[step]()


def grow(count: int) -> None:
    """Add offers that were imported long ago, each with its ledger row, a link and a follow-up of
    another day.
    """
    from django.core.management.color import no_style
    from django.db import connection

    from bench.reminders_plan import copy_rows, fill
    from feedback.backoffice.models import Invitation
    from offers.models import Customer, MailFolder, Offer, SourceFile
    from reminders.models import FollowUp

    fill(count)
    folder = MailFolder.objects.create(name="old", path="/nowhere")
    offer = Offer.objects.order_by("pk")[0]
    FollowUp.objects.create(
        offer=offer, next_at=NOW + timedelta(days=3), next_step=1, because="step_due"
    )
    row = SourceFile.objects.create(
        folder=folder,
        name="0",
        size=1,
        mtime_ns=1,
        state="offer",
        reason=SourceFile.Reason.NEW_NUMBER,
        offer=offer,
        fingerprint="0",
    )
    of = {"offer_id": f"{offer.pk} + n"}
    copy_rows(FollowUp, count, {"id": f"{FollowUp.objects.get().pk} + n"} | of)
    text = {"name": "n::text", "message_id": "'<' || n || '@x>'", "number": "'A' || n"}
    text |= dict.fromkeys(("fingerprint", "header_hash"), "md5(n::text) || md5((-n)::text)")
    copy_rows(SourceFile, count, {"id": f"{row.pk} + n"} | of | text)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(
            no_style(), [Customer, Offer, Invitation, FollowUp, SourceFile]
        ):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


def timed(env: dict[str, str], step: str, per_worker: list[list[str]]) -> float:
    """Start a step on as many workers as there are lists of arguments; return the seconds until the
    last is done.
    """
    children = []
    for worker, arguments in enumerate(per_worker, 1):
        seen = {
            name: value.replace("127.0.0.1", f"10.78.{worker}.1") for name, value in env.items()
        }
        command = [
            "ip",
            "netns",
            "exec",
            os.environ["WORKERS"].format(worker),
            sys.executable,
            "-m",
            "bench.scale",
        ]
        children.append(
            subprocess.Popen(
                [*command, "--work", step, *arguments],
                env=seen,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n", step
    start = time.perf_counter()
    for child in children:
        child.communicate("\n")
    assert not any(child.returncode for child in children), step
    return time.perf_counter() - start


@dataclass(frozen=True)
class Hub:
    """What the worker machines reach: a PostgreSQL with a migrated database `empty`, and a mail
    receiver (in `env`).
    """

    postgres: str
    env: dict[str, str]
    folder: Path

    def address(self, name: str) -> str:
        return f"{self.postgres.rpartition('/')[0]}/{name}"

    def ask(self, name: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement in a database; return its rows."""
        with psycopg.connect(self.address(name), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def measure(hub: Hub, name: str, count: int, *, workers: int = 1, beside: int = 0) -> list[float]:
    """Return the rows per second of STEPS in a new office, which has `beside` offers already."""
    from bench.office import write_mails

    folders = [str(hub.folder / f"{name}-{half}") for half in (1, 2)]
    for half, path in enumerate(folders):
        write_mails(Path(path), count // 2, first=half * count // 2)
    hub.ask("postgres", f"CREATE DATABASE {name} TEMPLATE empty")
    place = hub.folder / name
    place.mkdir()
    with public_service(place, workers=2, ALLOWED_HOSTS="*") as service:
        env = {**hub.env, "DATABASE_URL": hub.address(name), "FEEDBACK_API_URL": service.url}
        # The first sync of an office sends the form and looks at all cards.
        timed(env, "sync", [[]])
        if beside:
            timed(env, "grow", [[str(beside)]])
        nothing: list[list[str]] = [[]] * workers
        imported = timed(env, "import", [[path] for path in folders] if workers == 2 else [folders])
        timed(env, "due", [[str(count)]])
        hub.ask(
            name,
            f"UPDATE feedback_invitation SET registered_at = NULL WHERE offer_id IN ({DUE_OFFERS})",
        )
        registered = timed(env, "sync", nothing)
        service.give_answers(answers_of(hub, name), threads=2)
        pulled = timed(env, "sync", nothing)
        assert hub.ask(name, "SELECT count(*) FROM feedback_answer") == [(count,)]
        hub.ask(name, "UPDATE feedback_syncstate SET pulled_at = %s", NOW)
        sent = timed(env, "send", nothing)
    assert hub.ask(name, "SELECT count(*) FROM reminders_reminder WHERE state = 'sent'") == [
        (count,)
    ]
    return [count / imported, 2 * count / registered, count / pulled, count / sent]


DUE_OFFERS = "SELECT id FROM offers_offer WHERE starts_with(message_id, '<an-')"


def answers_of(hub: Hub, name: str) -> list[dict[str, str]]:
    """What the customers of the imported offers say."""
    links = "SELECT digest FROM feedback_invitation JOIN offers_offer ON offers_offer.id = offer_id"
    imported = hub.ask(name, f"{links} WHERE strpos(message_id, '.6AA79CAD@') > 0")
    return [
        {"digest": digest, "kind": "declined", "reason": "price", "sealed_comment": ""}
        for (digest,) in imported
    ]


def compare(hub: Hub, count: int) -> None:
    """Print the rates of one machine and of two, the best of two rounds."""
    measure(hub, "warm", count // 10)
    rounds = [
        measure(hub, f"round{number}", count, workers=workers)
        for number, workers in enumerate((1, 2, 2, 1))
    ]
    one = [max(rates) for rates in zip(rounds[0], rounds[3], strict=True)]
    two = [max(rates) for rates in zip(rounds[1], rounds[2], strict=True)]
    for what, alone, both in zip(STEPS, one, two, strict=True):
        print(
            f"  {what:17} {alone:7,.0f}/s with one machine, {both:7,.0f}/s with two: factor {both / alone:.2f}"
        )


def show_growth(hub: Hub, count: int, largest: int) -> None:
    """Print the rates of one machine beside more and more offers."""
    measure(hub, "warm", count // 10)
    size = 1_000
    while size <= largest:
        rates = measure(hub, f"beside{size}", count, beside=size)
        said = ", ".join(f"{what} {rate:,.0f}/s" for what, rate in zip(STEPS, rates, strict=True))
        print(f"  beside {size:9,} offers: {said}", flush=True)
        hub.ask("postgres", f"DROP DATABASE beside{size}")
        size *= 10


@contextmanager
def hub_services() -> Iterator[Hub]:
    """Start what the workers reach."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as name, postgres() as url:
        sink = subprocess.Popen([sys.executable, "-m", "bench.reminders_send", "--sink", str(port)])
        try:
            wait_for_port(port, sink)
            env = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "crm.settings.test",
                "EMAIL_URL": f"smtp://127.0.0.1:{port}",
                "FEEDBACK_API_KEY": API_KEY,
                "REMINDERS_PER_MINUTE": "0",
                "REMINDERS_MAX_PER_RUN": "1000000",
                "LOG_LEVEL": "ERROR",
            }
            hub = Hub(url, env, Path(name))
            hub.ask("postgres", "CREATE DATABASE empty")
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(migrate, env={**env, "DATABASE_URL": hub.address("empty")}, check=True)
            yield hub
        finally:
            stop(sink)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--work"]:
        work(*arguments[1:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--count", type=int, default=COUNT, help="mails, answers and reminders of each measurement"
    )
    parser.add_argument(
        "--growth",
        type=int,
        metavar="OFFERS",
        help="measure one machine beside up to so many offers",
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        with hub_services() as hub:
            if options.growth:
                show_growth(hub, options.count, options.growth)
            else:
                compare(hub, options.count)
    else:
        with machines():
            inside = [
                "ip",
                "netns",
                "exec",
                HUB,
                sys.executable,
                "-m",
                "bench.scale",
                "--inside",
                *arguments,
            ]
            subprocess.run(inside, env={**os.environ, "WORKERS": f"{HUB}-{{}}"}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
