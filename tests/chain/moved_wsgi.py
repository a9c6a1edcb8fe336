"""The public service on a clock that is CLOCK_OFFSET seconds off, or as many as the file CLOCK_FILE says right now."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import time_machine

from crm.wsgi import application as real


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with time_machine.travel(time.time() + _offset(), tick=True):
        return list(real(environ, start_response))


def _offset() -> float:
    if path := os.environ.get("CLOCK_FILE"):
        return float(Path(path).read_text(encoding="ascii"))
    return float(os.environ["CLOCK_OFFSET"])
