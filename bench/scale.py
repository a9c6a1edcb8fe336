"""Two worker machines on one PostgreSQL beside one: `python -m bench.scale [COUNT]`, 4,000 by default. Only for root.

Each machine is a network namespace with an address of its own; database, public service and mail receiver are in a
third one, and the workers reach them over the line between. Import: one folder for each machine, half of the mails in
each (one machine takes both); links registered, answers pulled and reminders sent: both run the same command. Prints
rows per second. All share the processors of this machine, so that the factor says more than the rates.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.reminders_send import NOW, fill
from tests.feedback.live import API_KEY, PublicService, public_service
from tests.servers import free_port, postgres, stop, wait_for_port

COUNT = 4_000
HUB = f"nfb{os.getpid()}-hub"
# What listens on the hub's loopback interface answers to the workers too, who are to be seen as local.
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
            ip(
                "-n",
                HUB,
                "link",
                "add",
                f"w{worker}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                namespace(worker),
            )
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

    from feedback.backoffice import sync
    from reminders.sending import send_due

    steps = {
        "fill": lambda: fill(int(arguments[0])),
        "import": lambda: [call_command("import_offers", folder=folder, verbosity=0) for folder in arguments],
        "sync": sync.sync,
        "send": lambda: send_due(lambda: NOW),
    }
    print("ready", flush=True)
    sys.stdin.readline()
    steps[step]()


def timed(env: dict[str, str], step: str, per_worker: list[list[str]]) -> float:
    """Start a step on as many workers as there are lists of arguments; return the seconds until the last is done."""
    children = []
    for worker, arguments in enumerate(per_worker, 1):
        seen = {name: value.replace("127.0.0.1", f"10.78.{worker}.1") for name, value in env.items()}
        command = ["ip", "netns", "exec", os.environ["WORKERS"].format(worker), sys.executable, "-m", "bench.scale"]
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


def fresh_database(url: str, name: str, env: dict[str, str]) -> dict[str, str]:
    """Make a migrated database of its own; return the environment that names it."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    fresh = env | {"DATABASE_URL": url.rpartition("/")[0] + f"/{name}"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], env=fresh, check=True)
    return fresh


def measure(
    count: int, workers: int, *, url: str, env: dict[str, str], service: PublicService, folder: Path
) -> list[float]:
    """Return the rows per second of import, links, answers and reminders with so many workers."""
    from bench.office import write_mails

    folders = [str(folder / f"{workers}-{half}") for half in (1, 2)]
    for half, path in enumerate(folders):
        write_mails(Path(path), count // 2, first=half * count // 2)
    env = fresh_database(url, f"scale{workers}", env)
    shares = [[path] for path in folders] if workers == 2 else [folders]
    nothing: list[list[str]] = [[]] * workers
    seconds = [timed(env, "import", shares), timed(env, "sync", nothing)]
    service.give_answers(open_links(env["DATABASE_URL"]), threads=2)
    seconds.append(timed(env, "sync", nothing))
    timed(env, "fill", [[str(count)]])
    seconds.append(timed(env, "send", nothing))
    assert count_sent(env["DATABASE_URL"]) == count
    return [count / took for took in seconds]


def open_links(url: str) -> list[dict[str, str]]:
    import psycopg

    with psycopg.connect(url) as connection:
        digests = connection.execute(
            "SELECT digest FROM feedback_invitation WHERE registered_at IS NOT NULL"
        ).fetchall()
    return [{"digest": digest, "kind": "declined", "reason": "price", "sealed_comment": ""} for (digest,) in digests]


def count_sent(url: str) -> int:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM reminders_reminder WHERE state = 'sent'").fetchone()
    return row[0] if row else 0


def run(count: int) -> None:
    """Everything, inside the hub."""
    port = free_port()
    sink = subprocess.Popen([sys.executable, "-m", "bench.reminders_send", "--sink", str(port)])
    try:
        with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as name, postgres() as url:
            wait_for_port(port, sink)
            with public_service(Path(name), workers=2, ALLOWED_HOSTS="*") as service:
                env = {
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "crm.settings.test",
                    "EMAIL_URL": f"smtp://127.0.0.1:{port}",
                    "FEEDBACK_API_URL": service.url,
                    "FEEDBACK_API_KEY": API_KEY,
                    "REMINDERS_PER_MINUTE": "0",
                    "REMINDERS_MAX_PER_RUN": "1000000",
                    "LOG_LEVEL": "ERROR",
                }
                rates = [
                    measure(count, workers, url=url, env=env, service=service, folder=Path(name)) for workers in (1, 2)
                ]
        for what, one, two in zip(
            ("mails imported", "links registered", "answers pulled", "reminders sent"), *rates, strict=True
        ):
            print(f"  {what:17} {one:7,.0f}/s with one worker machine, {two:7,.0f}/s with two: factor {two / one:.2f}")
    finally:
        stop(sink)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--work"]:
        work(*arguments[1:])
    elif arguments[:1] == ["--inside"]:
        run(int(arguments[1]))
    else:
        with machines():
            inside = ["ip", "netns", "exec", HUB, sys.executable, "-m", "bench.scale", "--inside"]
            env = {**os.environ, "WORKERS": f"{HUB}-{{}}"}
            subprocess.run([*inside, *(arguments or [str(COUNT)])], env=env, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
