"""Real servers for the tests: each starts on a free loopback port and stops again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

from tests.lacks import find_program

Result = TypeVar("Result")
# Below the ports that the kernel gives to outgoing connections, so that a server which is stopped
# for a while finds its port free again. Each process of the tests begins at another place.
PORTS = range(15_000, 32_000)
_first = os.getpid() * 997 % len(PORTS)
_ports = cycle([*PORTS[_first:], *PORTS[:_first]])


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on right now."""
    for port in _ports:
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No port is free.")


def wait_until(
    condition: Callable[[], Result], *, seconds: float = 120, pause: float = 0.05
) -> Result:
    """Return what the condition returns as soon as that counts as true. Fails when time runs out,
    which it never does where all is well, however busy the machine is.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"It did not happen within {seconds} s."
        time.sleep(pause)
    return result


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when something answers on the port. Raises RuntimeError when the process ends."""

    def is_open() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}.")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(is_open)


def stop(process: subprocess.Popen[bytes], *, seconds: float = 10) -> None:
    """End a process that we started: politely, then for sure."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running(
    command: list[str | Path], port: int, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, wait until it listens on the port, and stop it at the end."""
    process = subprocess.Popen(command, **options)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        stop(process)


@contextmanager
def postgres() -> Iterator[str]:
    """Start a throw-away PostgreSQL server and yield its URL.

    Never runs as root: as root it hands the server to the user `postgres`, who exists wherever
    Debian's package is. TCP instead of a socket path, because URL parsers lower-case a path in the
    place of the host.
    """
    program = find_program("initdb")
    assert program is not None, "This machine lacks PostgreSQL (apt-get install postgresql)."
    initdb = program.resolve()
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="nachfass-postgres-"))
    data, port = folder / "data", free_port()
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options |= {"max_connections": 200}
    settings = [f"-c{name}={value}" for name, value in options.items()]
    ready = [initdb.with_name("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    try:
        if as_postgres:
            shutil.chown(folder, "postgres")
        make = [*as_postgres, initdb, "--no-sync", "-A", "trust", "-U", "nachfass", "-E", "UTF8"]
        subprocess.run([*make, "-D", data], check=True, stdout=subprocess.DEVNULL, cwd="/")
        command = [*as_postgres, initdb.with_name("postgres"), "-D", data, *settings]
        with (
            folder.with_suffix(".log").open("wb") as log,
            running(command, port, stdout=log, stderr=log, cwd="/"),
        ):
            # It listens a moment before it takes connections.
            wait_until(lambda: subprocess.run(ready, check=False).returncode == 0)
            yield f"postgres://nachfass@127.0.0.1:{port}/postgres"
        folder.with_suffix(".log").unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Start a Redis server and yield its URL."""
    program, port = find_program("redis-server"), free_port()
    assert program is not None, "This machine lacks Redis (apt-get install redis-server)."
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with running(command, port, stdout=subprocess.DEVNULL):
        yield f"redis://127.0.0.1:{port}"
