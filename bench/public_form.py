"""The form's speed and memory beside a minimal Flask service, on the same cores in the same run.

    python -m bench.public_form [--requests 4000] [--links 20000] [--rounds 3] [--redis]

Wanted: requests per second of GET and POST at least Flask's, p99 under 50 ms at half the top rate,
resident memory at most 1.3 times Flask's, 10,000 invitations registered and 10,000 answers pulled
in under 10 s each. The rounds alternate between the two, and the best of each counts: what else
runs on the machine only ever takes away. gunicorn runs both from the file of the VPS. The yardstick
counts its limits in the memory of each process, so that with two of them twice the limit passes;
ours counts over all processes in the database. With --redis both count in a Redis.
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
from pathlib import Path
from urllib.parse import urlencode, urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test_public")

import django

django.setup()

from bench import http_load  # noqa: E402  (Django must be set up first)
from bench.http_load import Load  # noqa: E402
from tests.feedback_public import live, make  # noqa: E402
from tests.public_packages import GUNICORN  # noqa: E402
from tests.servers import free_port, stop, wait_for_port  # noqa: E402

# High enough to be never reached; counted all the same, which is what costs.
LIMITS = {f"FEEDBACK_RATE_{name}": "10000000/h" for name in ("FORM", "ANSWER", "OPT_OUT", "API")}
WORKERS = 2


def main() -> int:
    options = parse_arguments()
    folder = Path(tempfile.mkdtemp(prefix="nachfass-bench-"))
    (folder / "ours").mkdir()
    with (
        limits_store(options) as store,
        live.serve(folder / "ours", workers=WORKERS, is_logging=False, **store) as ours,
    ):
        start = time.perf_counter()
        tokens = [str(token) for token in ours.invite(options.links)]
        registered = time.perf_counter() - start
        with serve_flask(folder, tokens) as flask:
            ports = {"Nachfass": urlsplit(ours.url).port, "Flask": flask[0]}
            processes = {"Nachfass": ours.process.pid, "Flask": flask[1]}
            best, cpu = measure(ports, processes, tokens, options)
            half = half_rate(ports, tokens, best, options)
            memory = {name: rss(pid) for name, pid in processes.items()}
        start = time.perf_counter()
        pulled, seconds_per_page = pull_all(ours)
        seconds = time.perf_counter() - start
    for what in ("GET", "POST"):
        show(what, best, half, cpu)
    print(
        f"resident per process: Nachfass {memory['Nachfass']:.0f} MiB, Flask {memory['Flask']:.0f} MiB,",
        end=" ",
    )
    print(f"{memory['Nachfass'] / memory['Flask']:.2f} times")
    print(
        f"registered {options.links} invitations: {registered * 10_000 / options.links:.1f} s per 10,000",
        end=" ",
    )
    print("(sealing the cards in the office included)")
    print(
        f"pulled and acknowledged {pulled} answers: {seconds * 10_000 / max(pulled, 1):.1f} s per 10,000,",
        end=" ",
    )
    print(f"slowest page {max(seconds_per_page):.2f} s")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--links", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--redis", action="store_true", help="count the limits of both in a Redis")
    return parser.parse_args()


@contextmanager
def limits_store(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Yield the settings of ours for the limits; with --redis a server runs meanwhile, and Flask is
    told of it.
    """
    if not options.redis:
        yield LIMITS
        return
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    os.environ["BENCH_LIMITS_URL"] = url
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--loglevel",
        "warning",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield LIMITS | {"CACHE_URL": url}
    finally:
        stop(process)


@contextmanager
def serve_flask(folder: Path, tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Start the yardstick on the same tokens; yield its port and process id."""
    os.environ["BENCH_DATABASE_URL"] = f"sqlite:///{folder / 'flask.sqlite3'}"
    from bench import flask_form

    flask_form.fill(tokens)
    port = free_port()
    arguments = [f"--config={GUNICORN}", f"--workers={WORKERS}", f"--bind=127.0.0.1:{port}"]
    with (folder / "flask.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *arguments, "bench.flask_form:app"],
            stdout=log,
            stderr=log,
        )
    try:
        wait_for_port(port, process)
        yield port, process.pid
    finally:
        stop(process)


def measure(
    ports: dict[str, int], processes: dict[str, int], tokens: list[str], options: argparse.Namespace
) -> tuple[dict[tuple[str, str], Load], dict[tuple[str, str], float]]:
    """Return the best round of each service and method, and the least CPU milliseconds of the
    workers per request.

    Every POST takes a link of its own.
    """
    best: dict[tuple[str, str], Load] = {}
    cpu: dict[tuple[str, str], float] = {}
    for number in range(options.rounds):
        fresh = tokens[number * options.requests : (number + 1) * options.requests]
        for name, port in ports.items():
            for what in ("GET", "POST"):
                before = cpu_seconds(processes[name])
                load = http_load.run(port, build(what, fresh))
                spent = 1000 * (cpu_seconds(processes[name]) - before) / len(fresh)
                cpu[name, what] = min(spent, cpu.get((name, what), spent))
                if set(load.statuses) != {200}:
                    raise SystemExit(f"{name} {what} answered {load.statuses}.")
                if (name, what) not in best or load.per_second > best[name, what].per_second:
                    best[name, what] = load
    return best, cpu


def half_rate(
    ports: dict[str, int],
    tokens: list[str],
    best: dict[tuple[str, str], Load],
    options: argparse.Namespace,
) -> dict[tuple[str, str], Load]:
    """Return the run at half of each one's top rate."""
    fresh = tokens[options.rounds * options.requests :][: options.requests]
    return {
        (name, what): http_load.run(
            port, build(what, fresh), per_second=best[name, what].per_second / 2
        )
        for name, port in ports.items()
        for what in ("GET", "POST")
    }


def build(what: str, tokens: list[str]) -> list[bytes]:
    if what == "GET":
        return [http_load.get(f"/feedback/{token}") for token in tokens]
    return [
        http_load.post(
            f"/feedback/{token}",
            urlencode(
                make.answer_data(
                    token, "declined", reason="price", comment="Das war uns leider zu teuer."
                )
            ),
        )
        for token in tokens
    ]


def pull_all(service: live.Service) -> tuple[int, list[float]]:
    """Pull and acknowledge until nothing waits; return how many came and the seconds of each
    page.
    """
    count, seconds = 0, []
    while True:
        start = time.perf_counter()
        page = service.api("GET", "feedbacks").json()["feedbacks"]
        if not page:
            return count, seconds or [0.0]
        uids = {"uids": [one["uid"] for one in page]}
        service.api("POST", "feedbacks/ack", json=uids).raise_for_status()
        seconds.append(time.perf_counter() - start)
        count += len(page)


def rss(pid: int) -> float:
    """Return the resident MiB of the largest worker."""
    output = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(pid)], check=True, capture_output=True, text=True
    ).stdout
    return max(int(size) for size in output.split()) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of the workers so far: unlike the rate it hardly depends on what else
    runs.
    """
    total = 0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def show(
    what: str,
    best: dict[tuple[str, str], Load],
    half: dict[tuple[str, str], Load],
    cpu: dict[tuple[str, str], float],
) -> None:
    for name in ("Nachfass", "Flask"):
        top, calm = best[name, what], half[name, what]
        print(
            f"{what:4} {name:8} {top.per_second:7.0f}/s   at half of it p50 {calm.percentile(0.5):5.1f} ms,"
            f" p99 {calm.percentile(0.99):5.1f} ms,"
            f" CPU {cpu[name, what]:.2f} ms per request"
        )
    print(
        f"{what:4} ratio {best['Nachfass', what].per_second / best['Flask', what].per_second:.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
