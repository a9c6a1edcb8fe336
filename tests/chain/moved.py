"""Run a command on a clock that is CLOCK_OFFSET seconds off: `python -m tests.chain.moved
import_offers`.
"""

from __future__ import annotations

import os
import sys
import time

import time_machine

from crm import profile


def main() -> None:
    with time_machine.travel(time.time() + float(os.environ["CLOCK_OFFSET"]), tick=True):
        profile.load()
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
