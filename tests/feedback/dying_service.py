"""The public service that is killed at the moments that the file in DYING_PLAN names, one a line,
such as `GET after`.

`python -m tests.feedback.dying_service --config=… --bind=…` takes gunicorn's arguments. `FORM` is a
customer's POST, `GET`, `PUT` and `POST` are the office's calls. `before`: the request is there and
nothing is done yet. `after`: all is committed, the reply is not sent. DYING_WHOLE kills the arbiter
with its workers, as a power cut does, else the worker dies alone. Django is loaded once: each new
life is a fork.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gunicorn.app.wsgiapp import WSGIApplication

from crm.wsgi import application as real

PLAN = Path(os.environ["DYING_PLAN"])
IS_WHOLE = os.environ["DYING_WHOLE"] == "yes"


class Service(WSGIApplication):
    """gunicorn as from its command line, with the application that is loaded already."""

    def load_wsgiapp(self) -> Callable[..., Any]:
        return application


def main() -> None:
    """Start the service anew each time it is killed, until it is told to stop."""
    while True:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            Service("%(prog)s APP").run()
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))  # noqa: B023 - the one of this round
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    request = "FORM" if environ["PATH_INFO"].startswith("/feedback/") else environ["REQUEST_METHOD"]
    die_at(f"{request} before")
    response = real(environ, start_response)
    die_at(f"{request} after")
    return response


def die_at(moment: str) -> None:
    """Kill this process, or all of the service, when it is the turn of the moment."""
    planned = PLAN.read_text().splitlines()
    if planned and planned[0] == moment:
        PLAN.write_text("".join(f"{line}\n" for line in planned[1:]))
        os.kill(0 if IS_WHOLE else os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
