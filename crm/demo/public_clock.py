"""The public service with a clock that `demo_data` sets: WSGI for loading the demo alone, never for
a real machine.

Before each request the loader writes the time into a file. So an answer of last March was really
given in March: the form's stamp, the expiry of the link and the moment of the answer all come from
the public service's own code.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import time_machine

from crm.wsgi import application as real_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

CLOCK_FILE = Path(os.environ["DEMO_CLOCK_FILE"])


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    with time_machine.travel(float(CLOCK_FILE.read_text(encoding="ascii")), tick=True):
        return list(real_application(environ, start_response))
