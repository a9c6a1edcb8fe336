"""What tests need besides Python and the packages, and what of it this machine lacks.

A test names its need by a marker, such as `@pytest.mark.browser`. `make test` leaves such tests
out, `make test-all` runs them. Where a program is missing they are skipped and it is named in one
line at the end; with CI=true it is an error. Over several runs of pytest the names are gathered in
the file that the variable LACKS names, and `python -m tests.lacks FILE` says them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

# By marker: the programs that its tests start, each with its Debian package.
PROGRAMS = {
    "browser": {"chromium": "chromium"},
    "machine": {
        "systemd-nspawn": "systemd-container",
        "ip": "iproute2",
        "nft": "nftables",
        "nginx": "nginx-light",
        "openssl": "openssl",
        "curl": "curl",
        "certbot": "certbot",
        "pebble": "pebble",
    },
    "openssl": {"openssl": "openssl"},
    "postgres": {"initdb": "postgresql"},
    "redis": {"redis-server": "redis-server"},
}
OTHER_NAMES = {"chromium": "google-chrome"}


def is_ci() -> bool:
    return os.environ.get("CI") == "true"


def find_program(name: str) -> Path | None:
    """Return where a program lies, also outside PATH where Debian puts it, or None."""
    # Each version of PostgreSQL has its own folder; the newest comes first.
    servers = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parts[-2])
    )
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *map(str, servers)])
    found = shutil.which(name, path=places) or shutil.which(
        OTHER_NAMES.get(name, name), path=places
    )
    return Path(found) if found else None


@cache
def find_missing(need: str) -> list[str]:
    """Return in words what this machine lacks for the tests with this marker."""
    missing = [
        f"{program} (apt-get install {package})"
        for program, package in PROGRAMS[need].items()
        if find_program(program) is None
    ]
    if need == "machine" and not missing and not _may_make_machines():
        missing.append("the right to make namespaces and mounts (root, outside most containers)")
    return missing


def _may_make_machines() -> bool:
    """Whether we are root and root is really root here: inside most containers it is not."""
    inside = ["sh", "-c", "mount -t tmpfs tmpfs /mnt && ip link set lo up"]
    command = ["unshare", "--mount", "--net", "--pid", "--fork", *inside]
    return (
        os.geteuid() == 0
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


def note(what: str) -> None:
    """Remember that something was not tested for want of `what`, where LACKS names a file."""
    if path := os.environ.get("LACKS"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(what + "\n")


def main(path: Path) -> int:
    if not path.exists():
        print("All checks passed.")
        return 0
    missing = ", ".join(sorted(set(path.read_text(encoding="utf-8").splitlines())))
    print(f"All checks passed that this machine can run. It lacks {missing}.")
    return 1 if is_ci() else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
