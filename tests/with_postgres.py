"""Run a command on a throw-away PostgreSQL: `python -m tests.with_postgres pytest …`.

The server is there before the command starts, so that Django's settings find it in DATABASE_URL.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.lacks import note
from tests.servers import MissingBinaryError, postgres


def main() -> int:
    try:
        with postgres() as url:
            return subprocess.run(
                sys.argv[1:], check=False, env={**os.environ, "DATABASE_URL": url}
            ).returncode
    except MissingBinaryError as error:
        note(str(error))
        print(f"Not tested on PostgreSQL, because this machine lacks it: {error}.")
        return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
