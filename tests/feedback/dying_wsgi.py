"""The public service that is killed at the moments that the file in DYING_PLAN names, one a line, such as `GET after`.

`before`: the request is there and nothing is done yet. `after`: all is committed, the reply is not sent.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from crm.wsgi import application as real

PLAN = Path(os.environ["DYING_PLAN"])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    die_at(f"{environ['REQUEST_METHOD']} before")
    response = real(environ, start_response)
    die_at(f"{environ['REQUEST_METHOD']} after")
    return response


def die_at(moment: str) -> None:
    """Kill this process when it is the turn of the moment."""
    planned = PLAN.read_text().splitlines()
    if planned and planned[0] == moment:
        PLAN.write_text("".join(f"{line}\n" for line in planned[1:]))
        os.kill(os.getpid(), signal.SIGKILL)
