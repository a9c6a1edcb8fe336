#!/usr/bin/env python
"""Run a command of the profile that the environment or the env file names."""

from __future__ import annotations

import sys

from crm import profile


def main() -> None:
    profile.load()
    from django.core.management import execute_from_command_line  # noqa: PLC0415  (the profile must be known first)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
