"""Real servers for the tests: each starts on a free loopback port and stops again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class MissingBinaryError(Exception):
    """The machine lacks a program that a test needs."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, seconds: float = 20) -> None:
    """Return when something answers on the port. Raises RuntimeError when the process ends or time
    runs out.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(
                f"{process.args} ended with {process.returncode} before it listened."
            )
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} does not listen on port {port} after {seconds} s.")


def stop(process: subprocess.Popen[bytes], *, seconds: float = 10) -> None:
    """End a process that we started: politely, then for sure."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_postgres() -> Path | None:
    """Return the folder of the newest installed PostgreSQL server, or None."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])
    )
    return versions[-1].parent if versions else None


@contextmanager
def postgres() -> Iterator[str]:
    """Start a throw-away PostgreSQL server and yield its URL.

    Never runs as root: as root it hands the server to the user `postgres`, who exists wherever
    Debian's package is. TCP instead of a socket path, because URL parsers lower-case a path in the
    place of the host.
    """
    binaries = find_postgres()
    if binaries is None:
        raise MissingBinaryError("PostgreSQL (apt-get install postgresql)")
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="nachfass-postgres-"))
    try:
        if as_postgres:
            shutil.chown(folder, "postgres")
        data, port = folder / "data", free_port()
        subprocess.run(
            [
                *as_postgres,
                binaries / "initdb",
                "--no-sync",
                "-A",
                "trust",
                "-U",
                "nachfass",
                "-E",
                "UTF8",
                "-D",
                data,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options |= {"synchronous_commit": "off", "full_page_writes": "off", "max_connections": 200}
        arguments = [f"-c{name}={value}" for name, value in options.items()]
        with (folder.with_suffix(".log")).open("wb") as log:
            server = subprocess.Popen(
                [*as_postgres, binaries / "postgres", "-D", data, *arguments],
                stdout=log,
                stderr=log,
                cwd="/",
            )
            try:
                wait_for_port(port, server)
                # It listens a moment before it takes connections.
                while subprocess.run(
                    [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False
                ).returncode:
                    time.sleep(0.05)
                yield f"postgres://nachfass@127.0.0.1:{port}/postgres"
            finally:
                stop(server)
        folder.with_suffix(".log").unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
