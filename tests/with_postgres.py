"""Run a command on a throw-away PostgreSQL: `python -m tests.with_postgres pytest …`.

The server is there before the command starts, so that Django's settings find it in DATABASE_URL.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.lacks import find_missing, is_ci, note
from tests.servers import postgres


def main() -> int:
    if missing := find_missing("postgres"):
        note(*missing)
        print(f"Not tested on PostgreSQL: this machine lacks {missing[0]}.")
        return 1 if is_ci() else 0
    with postgres() as url:
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(sys.argv[1:], check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
