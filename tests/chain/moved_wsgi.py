"""The public service on a clock that is CLOCK_OFFSET seconds off."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

import time_machine

from crm.wsgi import application as real


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with time_machine.travel(time.time() + float(os.environ["CLOCK_OFFSET"]), tick=True):
        return list(real(environ, start_response))
