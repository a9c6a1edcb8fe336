"""Whole machines for the tests: this machine's own Debian below a throw-away layer, booted with its
own systemd.

What a test installs, starts and breaks in there is gone with the layer; the machine that runs the
tests keeps nothing of it. Only for root on Linux. Each machine lives in a network namespace that
the test made (`tests/deploy/network.py`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.commands import ROOT

# Where a machine sees this checkout, which may lie in a folder that a machine has of its own, such
# as /tmp.
SOURCE = Path("/srv/nachfass-source")
WHEELS = ROOT / "var" / "wheels"
# Packages that an earlier run installed in a machine. A clean checkout, such as that of CI, has
# none and installs them.
KEPT = ROOT / "var" / "machines"
PACKAGES = "opt/nachfass/venvs"


def fetch_wheels(profile: str) -> Path:
    """Return where a machine sees the pinned packages of a profile, because it reaches no package
    index.
    """
    folder = WHEELS / profile
    lock = ROOT / "requirements" / f"{profile}.txt"
    stamp = folder / ".of"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        shutil.rmtree(folder, ignore_errors=True)
        command = ["/usr/bin/python3", "-m", "pip", "download", "--quiet", "--dest", folder]
        subprocess.run([*command, "--require-hashes", "-r", lock], check=True)
        # One package of the office comes as source, and is built where it is installed.
        subprocess.run([*command, "setuptools", "wheel"], check=True)
        stamp.write_text(lock.read_text())
    return SOURCE / folder.relative_to(ROOT)


class Machine:
    """A booted machine. `name` is its host name, `namespace` the network it is in."""

    def __init__(self, name: str, namespace: str, folder: Path) -> None:
        self.name, self.namespace, self.folder = name, namespace, folder
        self.root = folder / "root"
        self.process: subprocess.Popen[bytes] | None = None
        self.leader = 0

    def boot(self) -> None:
        """Return when systemd has started what is enabled."""
        command = [
            "systemd-nspawn",
            "--quiet",
            "--boot",
            "--register=no",
            "--keep-unit",
            "--link-journal=no",
        ]
        command += [
            "--resolv-conf=off",
            "--timezone=off",
            "--console=pipe",
            f"--directory={self.root}",
        ]
        command += [
            f"--bind-ro={ROOT}:{SOURCE}",
            f"--machine={self.name}-{os.getpid()}",
            f"--uuid={os.urandom(16).hex()}",
        ]
        command += [f"--network-namespace-path=/run/netns/{self.namespace}"]
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "console.log").read_text()
            children = (
                Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
                .read_text()
                .split()
            )
            if children:
                self.leader = int(children[0])
                state = self.try_run("systemctl", "is-system-running").stdout.strip()
                if state in ("running", "degraded"):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not boot: {(self.folder / 'console.log').read_text()}")

    def crash(self) -> None:
        """Cut the power: every process of the machine is gone at once, nobody is asked."""
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.kill(self.leader or self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def command(self, *command: str, **env: str) -> list[str]:
        """Return the command line that runs `command` as root inside the machine."""
        settings = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": "/dev/null",
            **env,
        }
        inside = ["nsenter", "-t", str(self.leader), "-a", "-r", "-w", "env", "-i"]
        return [*inside, *(f"{name}={value}" for name, value in settings.items()), *command]

    def try_run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command, **env), check=False, capture_output=True, text=True
        )

    def run(self, *command: str, **env: str) -> str:
        """Run a command inside and return what it said. Raises RuntimeError with its words when it
        fails.
        """
        done = self.try_run(*command, **env)
        if done.returncode:
            raise RuntimeError(
                f"{self.name}: {command} failed:\n{done.stdout}\n{done.stderr}\n{self.journal()}"
            )
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run a command of Nachfass as its user does, the way docs/install_vps.md says."""
        inside = (
            "cd /opt/nachfass/current && exec runuser -u nachfass -- .venv/bin/python manage.py"
        )
        return self.run("bash", "-c", f'{inside} "$@"', "manage", *arguments)

    def journal(self) -> str:
        return self.try_run("journalctl", "--no-pager", "--lines=60", "--unit=nachfass-*").stdout

    def path(self, inside: str) -> Path:
        """Return where a file of the machine lies, seen from outside."""
        return self.root / inside.lstrip("/")


def keep_packages(made: Machine) -> None:
    """Keep what was installed for later machines of this name: they find it where install.sh looks
    for it.
    """
    for packages in made.path(PACKAGES).iterdir():
        kept = KEPT / made.name / PACKAGES / packages.name
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = KEPT / f"{packages.name}.{os.getpid()}"
            subprocess.run(["cp", "-a", packages, unfinished], check=True)
            unfinished.rename(kept)


@contextmanager
def machine(name: str, namespace: str) -> Iterator[Machine]:
    """Boot a machine and throw it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"nachfass-{name}-"))
    layers = folder / "layers"
    (folder / "root").mkdir()
    layers.mkdir()
    with ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, folder)
        # Not below the root that it lies on: an overlay must not contain itself.
        mount(cleanup, layers, "-t", "tmpfs", "tmpfs")
        (layers / "upper").mkdir()
        (layers / "work").mkdir()
        if (KEPT / name).exists():
            subprocess.run(["cp", "-a", f"{KEPT / name}/.", layers / "upper"], check=True)
        options = f"lowerdir=/,upperdir={layers / 'upper'},workdir={layers / 'work'}"
        mount(cleanup, folder / "root", "-t", "overlay", "overlay", "-o", options)
        made = Machine(name, namespace, folder)
        cleanup.callback(made.crash)
        made.boot()
        yield made


def mount(cleanup: ExitStack, place: Path, *what: str) -> None:
    subprocess.run(["mount", *what, place], check=True)
    cleanup.callback(subprocess.run, ["umount", place], check=True)
