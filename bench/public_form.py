"""The form at 100 requests a second on one core, beside a minimal Flask service.

    python -m bench.public_form [--requests 1000] [--per-second 100]

Promised: p95 under 50 ms. Each service runs alone, with one gunicorn process from the file of the
VPS, bound to one core; the requests come from the others. The ratio compares processor time per
request, which hardly depends on what else runs on the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test_public")

import django

django.setup()

from bench import http_load  # noqa: E402  (Django must be set up first)
from tests.feedback_public import live, make  # noqa: E402
from tests.public_packages import GUNICORN  # noqa: E402
from tests.servers import free_port, stop, wait_for_port  # noqa: E402

CORES = sorted(os.sched_getaffinity(0))
# High enough to be never reached; counted all the same, which is what costs.
LIMITS = {f"FEEDBACK_RATE_{name}": "10000000/h" for name in ("FORM", "ANSWER", "OPT_OUT", "API")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--per-second", type=float, default=100)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nachfass-bench-"))
    with ExitStack() as stack:
        with on_one_core():
            service = stack.enter_context(live.serve(folder, workers=1, is_logging=False, **LIMITS))
        tokens = [str(token) for token in service.invite(options.requests)]
        port = urlsplit(service.url).port or 0
        ours = measure("Nachfass", port, service.process.pid, tokens, options.per_second)
    with serve_flask(folder, tokens) as (port, pid):
        flask = measure("Flask", port, pid, tokens, options.per_second)
    for what in ours:
        print(f"{what:4} takes {ours[what] / flask[what]:.2f} times the processor time of Flask")
    return 0


@contextmanager
def on_one_core() -> Iterator[None]:
    """Bind what is started within to the first core, and this process to the others afterwards."""
    os.sched_setaffinity(0, CORES[:1])
    yield
    os.sched_setaffinity(0, CORES[1:] or CORES)


@contextmanager
def serve_flask(folder: Path, tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Start the yardstick on the same tokens; yield its port and process id."""
    os.environ["BENCH_DATABASE_URL"] = f"sqlite:///{folder / 'flask.sqlite3'}"
    from bench import flask_form

    flask_form.fill(tokens)
    port = free_port()
    arguments = [f"--config={GUNICORN}", "--workers=1", f"--bind=127.0.0.1:{port}"]
    with (folder / "flask.log").open("wb") as log, on_one_core():
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
    name: str, port: int, pid: int, tokens: list[str], per_second: float
) -> dict[str, float]:
    """Print the latencies of GET and POST; return the processor milliseconds per request of each.

    Every POST takes a link of its own.
    """
    processor = {}
    for what in ("GET", "POST"):
        before = cpu_seconds(pid)
        load = http_load.run(port, build(what, tokens), per_second=per_second)
        if set(load.statuses) != {200}:
            raise SystemExit(f"{name} {what} answered {load.statuses}.")
        processor[what] = 1000 * (cpu_seconds(pid) - before) / len(tokens)
        print(
            f"{what:4} {name:8} at {load.per_second:.0f}/s: p50 {load.percentile(0.5):5.1f} ms,"
            f" p95 {load.percentile(0.95):5.1f} ms, processor {processor[what]:.2f} ms per request"
        )
    return processor


def build(what: str, tokens: list[str]) -> list[bytes]:
    """Return the requests for the form, or for its answer."""
    if what == "GET":
        return [http_load.get(f"/feedback/{token}") for token in tokens]
    words = {"reason": "price", "comment": "Das war uns leider zu teuer."}
    return [
        http_load.post(
            f"/feedback/{token}", urlencode(make.answer_data(token, "declined", **words))
        )
        for token in tokens
    ]


def cpu_seconds(pid: int) -> float:
    """Return the processor time of the workers so far."""
    total = 0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
