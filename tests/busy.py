"""Run a command while two other processes keep the processors busy: `python -m tests.busy 10 make test`.

The first argument says how often. The busy processes end with the command, and by themselves when
this program was killed. Returns how many of the runs failed.
"""

from __future__ import annotations

import subprocess
import sys
import time

BUSY_PROCESSES = 2
# Ends when standard input does: when its parent is gone.
BUSY = """
import select, sys
while not select.select([sys.stdin], [], [], 0)[0]:
    sum(range(1_000_000))
"""


def main(times: int, command: list[str]) -> int:
    busy = [
        subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE)
        for _ in range(BUSY_PROCESSES)
    ]
    failed = 0
    try:
        for number in range(1, times + 1):
            start = time.monotonic()
            code = subprocess.run(command, check=False).returncode
            failed += code != 0
            seconds = time.monotonic() - start
            print(
                f"Run {number} of {times}: {'failed' if code else 'passed'} in {seconds:.0f} s.",
                flush=True,
            )
    finally:
        for process in busy:
            process.communicate()
    return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
