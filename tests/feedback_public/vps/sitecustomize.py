"""Hides from the service under test every package that requirements/public.txt does not install.

Python runs this file at its start, because live.py puts this folder on PYTHONPATH and the names
into HIDDEN_MODULES. So the tests run what the VPS runs, also where Django REST framework would pick
up whatever else it finds.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder

HIDDEN = frozenset(os.environ.get("HIDDEN_MODULES", "").split())


class Hiding(MetaPathFinder):
    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"{name} is not among requirements/public.txt", name=name)


if HIDDEN:
    sys.meta_path.insert(0, Hiding())  # type: ignore[arg-type]
