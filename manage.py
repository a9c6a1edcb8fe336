#!/usr/bin/env python
"""Run a command of the profile that the environment or the env file names."""

from __future__ import annotations

import sys

from crm import profile


def main() -> None:
    from django.conf import settings  # noqa: PLC0415  (the profile must be known before any setting is read)
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    if sys.argv[1:2] == ["make_keys"]:
        # The first secrets are made before anything is configured.
        settings.configure(INSTALLED_APPS=["crm.operations"])
    else:
        profile.load()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
